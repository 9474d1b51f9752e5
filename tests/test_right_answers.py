"""A right server may differ from ours in every legal way, and no rule fails or warns.

Each variation comes as near to some rule as the law allows. It changes the answers of our right server; the
rules judge what came out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.scenarios.scenario import scenarios_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load
from inprocess import chats, documents, streams, traces, with_documents
from right_answers import BODIES, SPARSE
from right_chats import CHATS

Json = dict[str, Any]
DIALECTS = ("openai", "openresponses")
JSON_HEADERS = Headers((("content-type", "application/json"),))
SSE_HEADERS = Headers((("content-type", "text/event-stream"),))
RED = (Outcome.FAILED, Outcome.WARNED)


@cache
def creates(dialect: str) -> tuple[Exchange, ...]:
    """The completed answers of the right server, in one piece."""
    results = traces(dialect, scenarios_for(load(dialect)))
    exchanges = [exchange for trace in results for exchange in trace.exchanges.values()]
    return tuple(
        exchange
        for exchange in exchanges
        if exchange.ok and exchange.request.path == "/responses" and exchange.answer.stream is None
        and exchange.answer.fields.get("status") == "completed"
    )  # fmt: skip


HABITS = {"tool-calls.call-id-is-not-the-item-id"}
"""Rules on what one vendor does, which fail nobody else's server."""


def red_rules(exchanges: Iterable[Exchange], dialect: str) -> dict[str, str]:
    """The rules that fail or warn, with their first message."""
    records = lint(exchanges, load(dialect))
    return {
        record.rule: record.note or f"{record.findings[0].exchange}: {record.findings[0].message}"
        for record in records
        if record.outcome in RED and record.rule not in HABITS
    }


def with_body(exchange: Exchange, request: Json, body: Json) -> Exchange:
    raw = json.dumps(body).encode()
    asked = replace(exchange.request, body=request)
    reply = replace(exchange.answer, raw=raw, body=body)
    return replace(exchange, request=asked, reply=reply)


def varied_answers(dialect: str, variation: str) -> Iterator[Exchange]:
    for exchange in creates(dialect):
        request, body = deepcopy(dict(exchange.request.fields)), deepcopy(dict(exchange.answer.fields))
        (BODIES | SPARSE)[variation](request, body)
        yield with_body(exchange, request, body)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("variation", BODIES)
def test_a_right_answer_fails_no_rule(dialect: str, variation: str) -> None:
    assert red_rules(varied_answers(dialect, variation), dialect) == {}


@pytest.mark.parametrize("variation", SPARSE)
def test_a_sparse_answer_fails_no_rule(variation: str) -> None:
    assert red_rules(varied_answers("openai", variation), "openai") == {}


Event = dict[str, Any]
ADDED, DONE = "response.output_item.added", "response.output_item.done"
ENDS = ("response.completed", "response.incomplete", "response.failed")


def number(events: Iterable[Event]) -> list[Event]:
    return [{**event, "sequence_number": index} for index, event in enumerate(events)]


def as_stream(exchange: Exchange, events: Iterable[Event], dialect: str) -> Exchange:
    frames = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in number(events)]
    raw = "".join(frames).encode() + (b"data: [DONE]\n\n" if dialect == "openresponses" else b"")
    return replace(exchange, reply=read_reply(200, exchange.answer.headers, raw))


def _without_in_progress(events: list[Event]) -> list[Event]:
    return [event for event in events if event["type"] != "response.in_progress"]


def _counting_the_input_at_once(events: list[Event]) -> list[Event]:
    usage = next((event["response"]["usage"] for event in events if event["type"] in ENDS), None)
    for event in events:
        if event["type"] == "response.created" and usage:
            details = {name: dict.fromkeys(usage[name], 0) for name in usage if name.endswith("_details")}
            early = {**usage, **details, "output_tokens": 0, "total_tokens": usage["input_tokens"]}
            event["response"]["usage"] = early
    return events


def _added_as_completed(events: list[Event]) -> list[Event]:
    for event in events:
        if event["type"] == ADDED and event["item"].get("status"):
            event["item"]["status"] = "completed"
    return events


def _calls_at_once(events: list[Event]) -> list[Event]:
    """Calls that are added whole, without events on their arguments; none of them was cut."""
    finals = {event["output_index"]: event["item"] for event in events if event["type"] == DONE}
    if any(item.get("status") == "incomplete" for item in finals.values()):
        return events
    for event in events:
        if event["type"] == ADDED and event["item"]["type"] == "function_call":
            event["item"] = dict(finals[event["output_index"]])
    return [event for event in events if "function_call_arguments" not in event["type"]]


def _waiting_calls(events: list[Event]) -> list[Event]:
    for event in events:
        items = [event.get("item"), *event.get("response", {}).get("output", ())]
        for item in items:
            if item and item["type"] == "function_call":
                item["status"] = "in_progress"
    return events


def _one_piece(events: list[Event]) -> list[Event]:
    """One delta for each text."""
    pieces: dict[Any, Event] = {}
    output: list[Event] = []
    for event in events:
        key = (
            event["type"],
            event.get("output_index"),
            event.get("content_index"),
            event.get("summary_index"),
        )
        if event["type"].endswith("_text.delta") and key in pieces:
            pieces[key]["delta"] += event["delta"]
            pieces[key]["logprobs"] = [*pieces[key].get("logprobs", ()), *event.get("logprobs", ())]
            continue
        pieces[key] = event
        output.append(event)
    return output


def _empty_deltas(events: list[Event]) -> list[Event]:
    """An empty delta before each, without log probabilities and padding."""
    output: list[Event] = []
    for event in events:
        if event["type"].endswith(".delta"):
            output.append(
                {**event, "delta": "", "obfuscation": ""} | ({"logprobs": []} if "logprobs" in event else {})
            )
        output.append(event)
    return output


STREAMS: dict[str, Callable[[list[Event]], list[Event]]] = {
    "as it is": lambda events: events,
    "without in_progress": _without_in_progress,
    "counting the input at once": _counting_the_input_at_once,
    "added as completed": _added_as_completed,
    "calls at once": _calls_at_once,
    "calls that wait": _waiting_calls,
    "one piece for each text": _one_piece,
    "empty deltas": _empty_deltas,
    "a keep-alive after the end": lambda events: [*events, {"type": "acme:ping"}],
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("variation", STREAMS)
def test_a_right_stream_fails_no_rule(dialect: str, variation: str) -> None:
    varied = []
    for exchange in streams(dialect):
        stream = exchange.answer.stream
        events = [deepcopy(dict(event.data)) for event in stream.events] if stream else []
        varied.append(as_stream(exchange, STREAMS[variation](events), dialect))
    assert red_rules(varied, dialect) == {}


HOSTED: dict[str, list[Json]] = {
    "a search that Azure leaves searching": [
        {"type": "web_search_call", "id": "ws_1", "status": "searching",
         "action": {"type": "search", "query": "sea"}},
    ],
    "a search that failed": [{"type": "web_search_call", "id": "ws_1", "status": "failed",
                              "action": {"type": "search", "query": "sea"}}],
    "a list of tools": [{"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "a", "tools": []}],
    "a request for approval": [{"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "a",
                                "name": "f", "arguments": "{}"}],
    "a shell that waits": [{"type": "local_shell_call", "id": "lsh_1", "call_id": "call_1",
                            "status": "in_progress",
                            "action": {"type": "exec", "command": ["ls"], "env": {}}}],
}  # fmt: skip


def _first_text(dialect: str) -> Exchange:
    return next(
        exchange
        for exchange in streams(dialect)
        if [item["type"] for item in exchange.response["output"]] == ["message"]
        and exchange.response["status"] == "completed"
    )


@pytest.mark.parametrize("name", HOSTED)
def test_an_item_of_a_hosted_tool_lives_its_own_life(name: str) -> None:
    exchange = _first_text("openai")
    created, running, end = (deepcopy(dict(event.data)) for event in
                             (*exchange.answer.stream.events[:2], exchange.answer.stream.events[-1]))  # type: ignore[union-attr]  # fmt: skip
    items = HOSTED[name]
    end["response"]["output"] = items
    events = [created, running]
    for index, item in enumerate(items):
        events += [{"type": kind, "output_index": index, "item": item} for kind in (ADDED, DONE)]
    assert red_rules([as_stream(exchange, [*events, end], "openai")], "openai") == {}


def test_an_end_without_items_is_one_fault() -> None:
    """The items of the stream are judged in its place: they are right."""
    for exchange in streams("openai"):
        events = [deepcopy(dict(event.data)) for event in exchange.answer.stream.events]  # type: ignore[union-attr]
        if events[-1]["type"] != "response.completed" or not events[-1]["response"]["output"]:
            continue
        events[-1]["response"]["output"] = []
        assert set(red_rules([as_stream(exchange, events, "openai")], "openai")) == {
            "lifecycle.the-terminal-event-has-the-items-of-the-stream"
        }


def test_a_fault_of_an_item_shows_where_the_end_lacks_it() -> None:
    exchange = _first_text("openai")
    events = [deepcopy(dict(event.data)) for event in exchange.answer.stream.events]  # type: ignore[union-attr]
    for event in events:
        if event["type"] == DONE:
            event["item"]["id"] = ""
    events[-1]["response"]["output"] = []
    assert "items.have-an-id" in red_rules([as_stream(exchange, events, "openai")], "openai")


ENVELOPE = {"error": {"message": "No.", "type": "invalid_request_error", "code": None, "param": None}}
ERRORS = {
    "a page of a load balancer": (502, "text/html", b"<html>Bad gateway</html>"),
    "a page of a proxy that takes no large body": (413, "text/html", b"<html>Too large</html>"),
    "another media type that is JSON": (400, "application/problem+json", json.dumps(ENVELOPE).encode()),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_that_is_not_of_the_api_fails_no_rule(name: str) -> None:
    status, kind, raw = ERRORS[name]
    request = Request("POST", "/responses", body={"model": "gpt-4o-mini", "input": "Hello."})
    reply = read_reply(status, Headers((("content-type", kind),)), raw)
    red = red_rules([Exchange("answer", request, reply)], "openai")
    assert not {rule for rule in red if rule.startswith(("errors.", "transport."))}


def test_a_flat_error_event_is_as_the_document_of_openai_has_it() -> None:
    exchange = _first_text("openai")
    created = dict(exchange.answer.stream.events[0].data)  # type: ignore[union-attr]
    error = {"type": "error", "code": "server_error", "message": "No.", "param": None}
    failed = deepcopy(created["response"]) | {
        "status": "failed",
        "error": {"code": "server_error", "message": "No."},
    }
    events = [created, error, {"type": "response.failed", "response": failed}]
    assert red_rules([as_stream(exchange, events, "openai")], "openai") == {}


def nested(name: str) -> Json:
    return {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": {}}},
    }


@pytest.mark.parametrize(("dialect", "reports"), [("openai", False), ("bud", True)])
def test_nested_tools_count_only_where_the_document_has_them(dialect: str, reports: bool) -> None:
    """OpenAI ignores what stands under `function`, so nothing can come back."""
    exchange = creates("openai")[0] if dialect == "openai" else creates("bud")[0]
    request = {**exchange.request.fields, "tools": [nested("f")]}
    body = {**exchange.answer.fields, "tools": []}
    red = red_rules([with_body(exchange, request, dict(body))], dialect)
    assert any(rule.startswith("echo-tools.") for rule in red) is reports


def test_a_reply_without_a_date_has_no_time_to_compare() -> None:
    exchange = creates("openai")[0]
    reply = Reply(200, JSON_HEADERS, exchange.answer.raw, dict(exchange.answer.fields))
    assert red_rules([replace(exchange, reply=reply)], "openai") == {}


@pytest.mark.parametrize("variation", CHATS)
def test_a_right_chat_fails_no_rule(variation: str) -> None:
    varied = [with_documents(chat, CHATS[variation](documents(chat))) for chat in chats("openai")]
    assert red_rules(varied, "openai") == {}


CHAT = Request("POST", "/chat/completions", body={"model": "gpt-4o-mini"})
CHAT_ERRORS: dict[str, tuple[int, str, bytes, bool]] = {
    "an envelope": (400, "application/json", json.dumps(ENVELOPE).encode(), False),
    "a text": (400, "application/json", b'{"error": "No messages."}', False),
    "a page of a load balancer": (502, "text/html", b"<html>Bad gateway</html>", False),
    "a path without this method": (405, "text/plain", b"Method Not Allowed", False),
    "a message without an error": (400, "application/json", b'{"object": "error", "message": "No."}', True),
    "a page": (400, "text/html", b"<html>Bad request</html>", True),
}
"""Status, type and body of a rejected chat, and whether clients cannot tell why it was rejected."""


@pytest.mark.parametrize("name", CHAT_ERRORS)
def test_a_rejected_chat_says_why(name: str) -> None:
    status, kind, raw, fails = CHAT_ERRORS[name]
    reply = read_reply(status, Headers((("content-type", kind),)), raw)
    assert ("chat.an-error-says-why" in red_rules([Exchange("chat", CHAT, reply)], "openai")) is fails
