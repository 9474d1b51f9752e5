"""Answers that are cast in a mould are the bytes that the server composes, and are stored the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from antiphon_mockserver.api import responses
from antiphon_mockserver.model import plan
from antiphon_mockserver.model.speaker import DIRECTIVES
from antiphon_mockserver.response.plan import Context
from antiphon_mockserver.server.app import MockApp, make_app
from antiphon_mockserver.server.context import Request
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import load_concrete

HEADERS = {"authorization": "Bearer key", "content-type": "application/json"}
TOOL = {
    "type": "function",
    "name": "look",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "streamed": {"stream": True},
    "bare": {"stream": True, "stream_options": {"include_obfuscation": False}},
    "not stored": {"store": False},
    "instructed": {"instructions": "Always answer in capital letters.", "temperature": 0.5},
    "with a mark": {"instructions": "gap-of-the-text", "stream": True},
    "with probabilities": {"include": ["message.output_text.logprobs"]},
    "cut": {"max_output_tokens": 16},
    "with a tool": {"tools": [TOOL], "tool_choice": "none"},
    "with a title": {"metadata": {"input": "gap", "100%": "%b"}},
    "with a call": {"tools": [TOOL], "tool_choice": "required"},
    "with a streamed call": {"tools": [TOOL], "tool_choice": "required", "stream": True},
    "in a form": {"text": {"format": {"type": "json_object"}}, "stream": True},
    "with a thought": {"reasoning": {"effort": "low", "summary": "auto"}},
    "with a streamed thought": {"reasoning": {"effort": "low", "summary": "auto"}, "stream": True},
    "cut and streamed": {"max_output_tokens": 16, "stream": True},
    "continued": {"previous_response_id": "the newest"},
    "continued and streamed": {"previous_response_id": "the newest", "stream": True},
}
CONTINUED = [options for options in KINDS.values() if "previous_response_id" in options]
TURNS = [{"role": "user", "content": "hi"}, {"role": "user", "content": "9 + 1 in JSON"}]
ODD_TEXTS = ('Say "x\\y" — é \u2028 😀', "gap-of-the-nonce", "gap-of-the-output 3100000000000001")
PART = {"type": "input_text", "text": "Say hello to Ada. JSON"}
OUTPUTS = [
    {"type": "function_call", "call_id": "1", "name": "look", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "1", "output": "21"},
]
INPUTS: list[Any] = ["Say hello.", "Say hello.", *ODD_TEXTS, "", TURNS, "See https://example.com/a."]
INPUTS += [[{"role": "user", "content": f"Write {number} words of JSON."}] for number in (30, 31, 32)]
INPUTS += [[{"role": "user", "content": [PART]}] * count for count in (1, 1, 1, 2, 3)]
LAST_TEXTS = (
    "Hello, JSON!",
    "",
    "Say hello.",
    "Convert the previous answer to JSON.",
    "9 + 3",
    "Observation: 3",
)
INPUTS += [[*TURNS, {"role": "user", "content": text}] for text in LAST_TEXTS]
INPUTS += [[{"role": "developer", "content": "Speak JSON."}, {"role": "user", "content": "9"}]] * 3
INPUTS += [[*TURNS, *OUTPUTS], [*OUTPUTS, *TURNS], OUTPUTS[1:]]


def app(dialect: str, *, moulds: bool) -> MockApp:
    made = make_app(Settings(dialect=dialect))
    made.server = made.server if moulds else replace(made.server, moulds=None)
    return made


def talk(server: MockApp, options: dict[str, Any]) -> Iterator[tuple[int, bytes, bytes]]:
    """The answers to requests of one kind, and what is stored of the responses."""
    name = ""
    for given in INPUTS:
        members = {**options, "previous_response_id": name} if name and options in CONTINUED else options
        body = orjson.dumps({"model": "gpt-5-mini", "input": given, **members})
        answer = server.answer_at_once(Request("POST", "/responses", "", HEADERS), body)
        yield answer
        start = answer[2].find(b'"id":"') + 6
        name = answer[2][start : answer[2].find(b'"', start)].decode() if answer[0] == 200 else ""
        yield server.answer_at_once(Request("GET", f"/responses/{name}", "", HEADERS), b"")
        yield server.answer_at_once(Request("GET", f"/responses/{name}/input_items", "", HEADERS), b"")


@pytest.mark.parametrize("dialect", ["openai", "openresponses", "cloudglue", "bud"])
def test_what_is_cast_is_what_is_composed(dialect: str) -> None:
    cast, composed = app(dialect, moulds=True), app(dialect, moulds=False)
    for options in KINDS.values():
        assert [*talk(cast, options)] == [*talk(composed, options)]


def test_a_mould_is_made_for_the_second_request_of_a_kind() -> None:
    server = app("openai", moulds=True)
    moulds = server.server.moulds
    assert moulds is not None
    made = []
    for number in range(3):
        body = orjson.dumps({"model": "gpt-5-mini", "input": f"Say hello to {number}."})
        server.answer_at_once(Request("POST", "/responses", "", HEADERS), body)
        made.append(len(moulds))
    assert made == [0, 1, 1]


def create(server: MockApp, text: str, **options: Any) -> bytes | Iterator[bytes]:
    body = orjson.dumps({"model": "gpt-5-mini", "input": text, **options})
    return server.answer_at_once(Request("POST", "/responses", "", HEADERS), body)[2]


def test_of_a_request_of_a_known_kind_only_the_text_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    server = app("openai", moulds=True)
    for text in ("Say hello.", "Think."):
        create(server, text)
    monkeypatch.delattr(responses, "read_turn")
    assert b"You said: Ada" in create(server, "Ada")  # type: ignore[operator]
    assert b'"error"' in create(server, "Ada", temperature=1)  # type: ignore[operator]


def test_a_script_is_played_to_known_kinds_too() -> None:
    server = app("openai", moulds=True)
    for text in ("Say hello.", "Think.", "Ada"):
        create(server, text)
    server.play([{"answers": [{"text": "As the script says."}]}])
    for text in ("Say hello.", "Think.", "Ada"):
        assert b"As the script says." in create(server, text)  # type: ignore[operator]


class Notebook(dict[str, Any]):
    """A request that notes which of its members somebody looks at."""

    def __init__(self, members: dict[str, Any]) -> None:
        super().__init__(members)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    __getitem__ = get


def test_the_model_looks_at_no_other_member() -> None:
    dialect = load_concrete("openai")
    request = Notebook({"instructions": "Be brief."})
    for text in ("Say hello.", "What is my name?", "See https://example.com.", "Write 30 words."):
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        plan(Context(request, (message,), dialect))
    assert request.names == DIRECTIVES | {"instructions", "max_output_tokens"}


def test_moulds_are_bounded() -> None:
    server = app("openai", moulds=True)
    moulds = server.server.moulds
    assert moulds is not None
    for number in range(200):
        body = orjson.dumps({"model": f"model-{number // 2}", "input": f"Say hello to {number}."})
        server.answer_at_once(Request("POST", "/responses", "", HEADERS), body)
    assert len(moulds) == 64


CHATS: tuple[dict[str, Any], ...] = (
    {},
    {"stream": True, "stream_options": {"include_usage": True}},
    {"n": 2, "stop": ["o"]},
    {"tools": [{"type": "function", "function": {"name": "look"}}], "tool_choice": "required"},
    {"response_format": {"type": "json_object"}},
    {"store": True},
)


@pytest.mark.parametrize("options", CHATS, ids=lambda options: " ".join(options) or "plain")
def test_a_chat_of_a_known_kind_is_the_same(options: dict[str, Any]) -> None:
    system = {"role": "system", "content": "Be brief. JSON"}
    replies = []
    for moulds in (True, False):
        server = app("openai", moulds=moulds)
        for text in ("Say hello.", "9 + 1", "", "Say hello.", "Convert the previous answer to JSON."):
            messages = [system, {"role": "user", "content": text}]
            body = orjson.dumps({"model": "gpt-5-mini", "messages": messages, **options})
            replies.append(server.answer_at_once(Request("POST", "/chat/completions", "", HEADERS), body))
    assert replies[:5] == replies[5:]
    assert {status for status, _, _ in replies} == {200}
