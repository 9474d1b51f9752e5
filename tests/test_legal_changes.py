"""The mock's answers, changed in legal ways that no server of ours makes: no rule objects."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from hosted_flows import FLOWS
from legal_changes import CHANGES, in_streams, new_objections, objections
from mock_client import Client
from recorder_changes import LOSSES

Json = dict[str, Any]
DIALECT = "openai"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
REQUESTS: dict[str, Json] = {
    "text": {"input": "Count from 1 to 9."},
    "call": {"input": "The weather in Paris?", "tools": [WEATHER], "tool_choice": "required"},
    "reasoning": {"input": "Think. What is 2 + 2?", "reasoning": {"effort": "low", "summary": "auto"}},
    "cut": {"input": "Count from 1 to 300.", "max_output_tokens": 16},
    **{name: {"input": FLOWS[name][0], **FLOWS[name][1]} for name in ("web", "files", "code")},
}


@cache
def recorded() -> tuple[Json, ...]:
    """What the mock answers to each request, whole and streamed, and to a wrong one."""
    client, found = Client(dialect=DIALECT), []
    bodies = {f"{name} {stream}": {"model": "gpt-5", "stream": stream, **request}
              for name, request in REQUESTS.items() for stream in (False, True)}  # fmt: skip
    for name, body in {**bodies, "wrong": {"model": "gpt-5", "input": 3}}.items():
        reply = client.post("/responses", body)
        content: Json = {"sse": reply.raw.decode()} if body.get("stream") else {"body": reply.json}
        headers = {"content-type": "application/json"}
        request = {"method": "POST", "path": "/v1/responses", "headers": headers, "body": body}
        answer = {"status": reply.status, "headers": dict(reply.headers), **content}
        found.append({"id": name, "request": request, "response": answer})
    return tuple(found)


def test_the_recording_is_right_as_it_is() -> None:
    assert objections(recorded(), DIALECT) == {}


@pytest.mark.parametrize("name", CHANGES)
def test_no_rule_objects_to_a_legal_change(name: str) -> None:
    exchanges = recorded()
    changed = [CHANGES[name](exchange) for exchange in exchanges]
    assert any(new not in (None, old) for new, old in zip(changed, exchanges, strict=True))
    assert new_objections(CHANGES[name], exchanges, DIALECT) == {}


@cache
def from_a_recorder() -> tuple[Json, ...]:
    """The recording as one that somebody else made: what was lost there is looked for."""
    return tuple({**exchange, "capture": "wire"} for exchange in recorded())


@pytest.mark.parametrize("name", LOSSES)
def test_no_rule_objects_to_what_a_recorder_does(name: str) -> None:
    changed = [LOSSES[name](exchange) for exchange in from_a_recorder()]
    assert any(new is not None for new in changed)
    assert new_objections(LOSSES[name], from_a_recorder(), DIALECT, {}) == {}


def test_an_illegal_change_is_noticed() -> None:
    without_deltas = in_streams(
        lambda found: [each for each in found if each.name != "response.output_text.delta"]
    )
    new = new_objections(without_deltas, recorded(), DIALECT)
    assert "text True" in new["stream-text.deltas-add-up-to-the-text"]
