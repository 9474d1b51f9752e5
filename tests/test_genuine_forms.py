"""Forms that genuine answers have had, though no document shows them: no rule may fail or warn about them."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import reply_from_value
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load

Json = dict[str, Any]
OPENAI = load("openai")
HEADERS = Headers((("content-type", "application/json"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")))
RED = {Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN}
CHOICE: Json = {"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}


def without(value: Json, *names: str, **members: Any) -> Json:
    return {name: member for name, member in value.items() if name not in names} | members


def faults(choice: Json) -> set[str]:
    """The rules that fail or warn about a chat completion with this choice."""
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    completion = {"id": "chatcmpl-1", "object": "chat.completion", "created": 784111777, "model": "m"}
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
    request = Request("POST", "/v1/chat/completions", Headers(), body)
    reply = reply_from_value(200, HEADERS, {**completion, "choices": [choice], "usage": usage})
    records = lint([Exchange("one", request, reply)], OPENAI)
    assert any(record.outcome is Outcome.PASSED for record in records)
    return {record.rule for record in records if record.outcome in RED}


@pytest.mark.parametrize(
    "choice",
    [
        CHOICE,
        without(CHOICE, "finish_reason", finish_details={"type": "max_tokens"}),
        without(CHOICE, "message", finish_reason="content_filter"),
    ],
    ids=["as documented", "details of the end (2023)", "a message that a filter took away"],
)
def test_a_choice_of_a_chat(choice: Json) -> None:
    assert faults(choice) == set()


@pytest.mark.parametrize("name", ["finish_reason", "message"])
def test_a_choice_that_lacks_it_without_a_reason(name: str) -> None:
    assert faults(without(CHOICE, name))
