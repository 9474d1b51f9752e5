"""Servers whose hosted tools differ from ours in a legal way are right: no rule fails or warns."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from antiphon_conformance.http.exchange import Headers
from antiphon_conformance.http.reply import read_reply
from antiphon_mockserver.mutants.stream_edits import leaving_out, renumber
from hosted_flows import FLOWS, exchange, objections
from mock_client import Client

Events = list[dict[str, Any]]
Change = Callable[[Events], Events]
STREAM = Headers((("content-type", "text/event-stream"),))


def everywhere(kind: str, change: Callable[[dict[str, Any]], object]) -> Change:
    """Changes each item of a type, where it is done and in the end."""

    def vary(events: Events) -> Events:
        for event in events:
            done = event["type"] == "response.output_item.done"
            ended = event.get("response", {}).get("output", ())
            for item in (*([event["item"]] if done else ()), *ended):
                if item["type"] == kind:
                    change(item)
        return events

    return vary


def at_once(event_type: str) -> Change:
    """Sends all deltas as one."""

    def vary(events: Events) -> Events:
        deltas = [event for event in events if event["type"] == event_type]
        deltas[0]["delta"] = "".join(event["delta"] for event in deltas)
        return renumber([event for event in events if event not in deltas[1:]])

    return vary


VARIATIONS: dict[str, tuple[str, Change]] = {
    "a search without the step of searching": ("web", leaving_out("response.web_search_call.searching")),
    "a search that Azure leaves searching": ("web", lambda events: everywhere(
        "web_search_call", lambda item: item.update(status="searching"))(
            leaving_out("response.web_search_call.completed")(events))),
    "a search that failed": ("files", lambda events: everywhere(
        "file_search_call", lambda item: item.update(status="failed", results=None))(
            leaving_out("response.file_search_call.completed")(events))),
    "a search without results": ("files", everywhere(
        "file_search_call", lambda item: item.update(results=[]))),
    "a program in one piece": ("plot", at_once("response.code_interpreter_call_code.delta")),
    "a program without outputs": ("plot", everywhere(
        "code_interpreter_call", lambda item: item.update(outputs=[]))),
    "a picture without partial images": ("picture", leaving_out(
        "response.image_generation_call.partial_image")),
    "a picture that Azure leaves generating": ("picture", lambda events: everywhere(
        "image_generation_call", lambda item: item.update(status="generating"))(
            leaving_out("response.image_generation_call.completed")(events))),
    "arguments of a server's call in one piece": ("server", at_once("response.mcp_call_arguments.delta")),
    "a command in one piece": ("shell", at_once("response.shell_call_command.delta")),
}  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_hosted_tool_that_differs_legally_is_right(client: Client, name: str) -> None:
    flow, vary = VARIATIONS[name]
    prompt, members, _ = FLOWS[flow]
    right = exchange(client, {"input": prompt, "stream": True, **members})
    assert right.answer.stream is not None
    before = [dict(event.data) for event in right.answer.stream.events]
    events = vary(deepcopy(before))
    assert events != before
    raw = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()
    assert objections(replace(right, reply=read_reply(200, STREAM, raw))) == {}
