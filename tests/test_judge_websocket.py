"""Turns over WebSocket are exchanges: they are held, judged, kept and read again like those over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Target
from antiphon_conformance.http.exchange import OVER_WEBSOCKET, Exchange, Part, Trace
from antiphon_conformance.http.turns import error_of, missing_parts, read_turn
from antiphon_conformance.recordings import transcript
from antiphon_conformance.recordings.reader import load
from antiphon_conformance.report.curl import turn_command
from antiphon_conformance.run import RunConfig, perform
from antiphon_conformance.scenarios.connection import connection
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_mockserver import MockServer
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import load as load_dialect
from inprocess import KEY, URL

CREATED = '{"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}'
ENDED = '{"type": "response.completed", "response": {"id": "resp_1", "status": "completed"}}'
NOT_FOUND = '{"type": "error", "status": 400, "error": {"code": "previous_response_not_found"}}'


def hold(dialect: str, app: Any, scenario: str = "websocket", **options: Any) -> Trace:
    """The trace of a scenario with an application."""
    config = RunConfig(URL, (dialect,), api_key=KEY, scenarios=(scenario,), **options)
    traces = perform(config, transport=AsgiTransport(app, URL)).traces
    return next(trace for trace in traces if trace.scenario == scenario)


def mock(dialect: str, *mutants: str) -> Any:
    return make_app(Settings(dialect=dialect, mutants=mutants, api_keys=(KEY,)))


def about_websocket(trace: Trace, dialect: str) -> list[Record]:
    records = engine.judge([trace], load_dialect(dialect))
    return [
        record
        for record in records
        if record.rule.startswith("websocket.") and record.scenario in ("", trace.scenario)
    ]


@pytest.mark.parametrize("dialect", ["openai", "openresponses"])
def test_a_run_over_the_network_holds_the_conversation(dialect: str, tmp_path: Path) -> None:
    with MockServer(dialect=dialect, api_keys=(KEY,)) as server:
        config = RunConfig(server.url, (dialect,), api_key=KEY, scenarios=("websocket",))
        run = perform(config)
    trace = next(trace for trace in run.traces if trace.scenario == "websocket")
    assert trace.stop_reason is None
    assert trace["told"].is_turn
    assert trace["wrong_key"].request.method == "GET"
    assert trace["wrong_key"].answer.status == 401
    assert "error" in trace["wrong_key"].answer.fields
    assert {record.outcome for record in about_websocket(trace, dialect)} == {Outcome.PASSED}
    written = b"".join(transcript.lines(run.metadata, run.traces, (KEY,)))
    assert KEY.encode() not in written
    path = tmp_path / "run.jsonl"
    path.write_bytes(written)
    again = next(entry for entry in load(path).traces if entry.scenario == "websocket")
    assert again["told"].answer.messages == trace["told"].answer.messages
    assert {record.outcome for record in about_websocket(again, dialect)} == {Outcome.PASSED}


Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def without_websocket(end: str) -> Any:
    """The mock server, which ends each WebSocket connection at once: before or after it accepts it."""
    app = mock("openresponses")

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        await receive()
        if end == "later":
            await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1008})

    return serve


@pytest.mark.parametrize("end", ["at once", "later"])
def test_a_target_that_closes_at_once_does_not_offer_websocket(end: str) -> None:
    trace = hold("openresponses", without_websocket(end))
    assert trace.missing_feature == "websocket"
    outcomes = {record.rule: record.outcome for record in about_websocket(trace, "openresponses")}
    assert outcomes["websocket.a-create-is-a-turn"] is Outcome.NOT_SUPPORTED
    assert not set(outcomes.values()) & {Outcome.FAILED, Outcome.WARNED, Outcome.UNTESTABLE}


def with_upgrades_answered(status: int, body: Any) -> Any:
    """The mock server, which answers a wish for WebSocket as a server without it does."""
    app = mock("openai")

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        head = {"type": "websocket.http.response.start", "status": status}
        await send({**head, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "websocket.http.response.body", "body": json.dumps(body).encode()})

    return serve


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"detail": "Not Found"}),
        (405, {"detail": "Method Not Allowed"}),
        (426, {"error": {"message": "No WebSocket here.", "code": "upgrade_not_offered"}}),
        (400, {"error": {"message": "Missing body.", "code": None}}),
        (501, None),
        (200, {"object": "list", "data": []}),
    ],
)
def test_a_server_without_websocket_is_told_of_and_not_blamed(status: int, body: Any) -> None:
    trace = hold("openai", with_upgrades_answered(status, body))
    assert (trace.missing_feature, trace.stop_reason) == ("websocket", f"upgrade: answered {status}")
    outcomes = {record.outcome for record in engine.judge([trace], load_dialect("openai"))}
    assert not outcomes & {Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN}
    about = {record.outcome for record in about_websocket(trace, "openai")}
    assert about == {Outcome.NOT_SUPPORTED}


def deaf_to_steering() -> Any:
    """The mock server, which does not read `response.steer`."""
    app = mock("openai")

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        async def hear() -> Any:
            while "response.steer" in (message := await receive()).get("text", ""):
                pass
            return message

        await app(scope, hear if scope["type"] == "websocket" else receive, send)

    return serve


def test_steering_that_is_ignored_is_not_offered_and_takes_little_time() -> None:
    trace = hold("openai", deaf_to_steering(), "websocket_steering", seconds=0.2)
    assert (trace.missing_feature, trace.stop_reason) == ("steering", "steer: nothing came of it")
    about = {record.outcome for record in about_websocket(trace, "openai")}
    assert about <= {Outcome.NOT_SUPPORTED, Outcome.PASSED, Outcome.INCONCLUSIVE}


def sequence(*answers: list[str]) -> Any:
    """A server whose connections answer the creates with these messages, one list after the other."""

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        for texts in answers:
            await receive()
            for text in texts:
                await send({"type": "websocket.send", "text": text})
        await receive()

    return serve


def event(kind: str, number: int, **members: Any) -> str:
    return json.dumps({"type": f"response.{kind}", "sequence_number": number, **members})


def turn(name: str) -> list[str]:
    """The messages of a turn whose ids end in this name, with a delta that could come late as the second."""
    return [
        event("created", 0, response={"id": f"resp_{name}", "status": "in_progress"}),
        event("output_item.added", 1, item={"id": f"msg_{name}", "type": "message"}, output_index=0),
        event("output_text.delta", 2, item_id=f"msg_{name}", delta="Hi", output_index=0, content_index=0),
        event("completed", 3, response={"id": f"resp_{name}", "status": "completed"}),
    ]


async def converse(app: Any, *steps: str) -> dict[str, Exchange]:
    """The turns of one connection, by name."""
    conversation = Conversation("s", Target(AsgiTransport(app, URL), KEY), load_dialect("openai"), "m")
    async with conversation.target, connection(conversation, "upgrade") as client:
        for name in steps:
            await client.create(name, input="Hi")
    return conversation.exchanges


@pytest.mark.parametrize("place", [0, 1, 2, 4])
def test_what_comes_late_is_a_part_of_its_own_turn(place: int) -> None:
    first, second = turn("1"), turn("2")
    second.insert(place, first[2])
    steps = asyncio.run(converse(sequence(first, second), "first", "second"))
    assert list(steps["second"].answer.messages) == turn("2")
    stream = steps["first"].answer.stream
    assert stream is not None
    assert [frame.data for frame in stream.frames] == [*first, first[2]]
    assert [event.type for event in stream.events][-1] == "response.completed"


def test_what_comes_between_turns_is_read_before_the_next_one() -> None:
    first = turn("1")
    steps = asyncio.run(converse(sequence([*first, "[DONE]", first[2]], turn("2")), "first", "second"))
    assert list(steps["first"].answer.messages) == [*first, "[DONE]", first[2]]
    assert list(steps["second"].answer.messages) == turn("2")


def test_a_server_that_repeats_its_ids_is_heard_whole() -> None:
    steps = asyncio.run(converse(sequence(turn("1"), turn("1")), "first", "second"))
    assert list(steps["second"].answer.messages) == turn("1")


def test_messages_of_the_connection_belong_to_no_stream() -> None:
    ping = '{"type": "ping"}'
    steps = asyncio.run(converse(sequence([ping, *turn("1"), ping], turn("2")), "first", "second"))
    stream = steps["first"].answer.stream
    assert stream is not None
    assert stream.events[0].type == "response.created"
    assert len(stream.frames) == 4
    assert ping in steps["first"].answer.messages


def test_a_target_that_is_said_to_offer_websocket_is_untestable_without_it() -> None:
    trace = hold("openresponses", without_websocket("at once"), features=("websocket",))
    assert trace.stop_reason == "upgrade: answered 403"
    assert trace.missing_feature is None


def test_every_rule_of_streams_judges_a_turn() -> None:
    trace = hold("openai", mock("openai", "events.repeats-a-sequence-number"))
    records = engine.judge([trace], load_dialect("openai"))
    findings = [finding for record in records for finding in record.findings]
    assert "websocket/told" in {finding.exchange for finding in findings}


def test_a_turn_has_no_headers_and_no_bytes_of_sse() -> None:
    turn = Exchange("turn", hold("openai", mock("openai"))["told"].request, read_turn([CREATED, ENDED]))
    assert missing_parts(turn) == {Part.REPLY_HEADERS, Part.BYTES, Part.STATUS}


def test_an_error_before_any_event_is_the_answer() -> None:
    reply = read_turn([NOT_FOUND])
    assert (reply.status, reply.stream) == (400, None)
    assert reply.fields["error"]["code"] == "previous_response_not_found"


def test_an_error_after_events_cuts_the_stream() -> None:
    reply = read_turn([CREATED, NOT_FOUND])
    assert reply.stream is not None
    assert reply.stream.cut
    assert [event.type for event in reply.stream.events] == ["response.created"]
    turn = Exchange(
        "turn", hold("openai", mock("openai"))["told"].request, reply, traits=frozenset({OVER_WEBSOCKET})
    )
    assert error_of(turn)["status"] == 400


def test_a_sentinel_is_no_turn() -> None:
    reply = read_turn(["[DONE]", CREATED, ENDED])
    assert reply.stream is not None
    assert [event.type for event in reply.stream.events] == ["response.created", "response.completed"]
    assert read_turn(["[DONE]", NOT_FOUND]).status == 400


def test_silence_after_an_error_is_shown_by_a_new_connection() -> None:
    trace = hold("openresponses", mock("openresponses", "state.falls-silent-after-an-error"), seconds=1.0)
    record = next(
        record
        for record in about_websocket(trace, "openresponses")
        if record.rule == "websocket.the-connection-lives-on-after-an-error"
    )
    assert record.outcome is Outcome.WARNED
    assert "stopped listening" in record.findings[0].actual


def har(messages: list[tuple[str, str]]) -> str:
    frames = [{"type": kind, "opcode": 1, "time": 1.0, "data": data} for kind, data in messages]
    entry = {
        "request": {"method": "GET", "url": "wss://api.example/v1/responses", "headers": []},
        "response": {"status": 101, "headers": [], "content": {}},
        "_webSocketMessages": frames,
    }
    return json.dumps({"log": {"entries": [entry]}})


def create(**members: Any) -> tuple[str, str]:
    return "send", json.dumps({"type": "response.create", "model": "m", "input": "Hello.", **members})


def test_the_turns_of_a_har_are_exchanges(tmp_path: Path) -> None:
    path = tmp_path / "socket.har"
    answers = [("receive", text) for text in (CREATED, ENDED, NOT_FOUND)]
    path.write_text(har([create(), *answers[:2], create(stream=True), answers[2], create(generate=False)]))
    first, second, third = load(path).exchanges
    assert (first.id, first.answer.status, first.is_turn) == ("socket#0/1", 200, True)
    assert first.request.fields == {"model": "m", "input": "Hello."}
    assert (second.id, second.answer.status) == ("socket#0/2", 400)
    assert third.failure == "a turn that generates nothing: no rule reads it"


def test_what_comes_late_in_a_har_is_a_part_of_its_own_turn(tmp_path: Path) -> None:
    path = tmp_path / "late.har"
    first, second = turn("1"), turn("2")
    answers = [("receive", text) for text in (*first, first[2])]
    path.write_text(
        har([create(), *answers[:4], create(), answers[4], *(("receive", text) for text in second)])
    )
    one, other = load(path).exchanges
    assert list(one.answer.messages) == [*first, first[2]]
    assert list(other.answer.messages) == second


def test_lanes_of_a_har_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "lanes.har"
    events = [json.dumps({**json.loads(CREATED), "stream_id": lane}) for lane in ("b", "a")]
    path.write_text(
        har([create(stream_id="a"), create(stream_id="b"), *(("receive", text) for text in events)])
    )
    first, second = load(path).exchanges
    assert first.answer.messages == (events[1],)
    assert second.answer.messages == (events[0],)
    assert first.answer.stream is not None
    assert first.answer.stream.cut


def test_lint_judges_the_turns_of_a_recorded_run(tmp_path: Path) -> None:
    turn = hold("openresponses", mock("openresponses"))["told"]
    texts = [text for text in turn.answer.messages if isinstance(text, str)]
    skipped = [text for text in texts if "output_item.added" not in text]
    path = tmp_path / "socket.har"
    path.write_text(har([create(), *(("receive", text) for text in skipped)]))
    records = engine.lint(load(path).exchanges, load_dialect("openresponses"))
    assert "socket#0/1" in {record.scenario for record in records if record.outcome is Outcome.FAILED}


def test_a_turn_is_repeated_by_websocat() -> None:
    turn = hold("openresponses", mock("openresponses"))["malformed"]
    assert turn_command(turn.request, "https://api.example/v1") == (
        'echo \'{"type": "response.create", "input": \' | '
        'websocat -n -H "Authorization: Bearer $API_KEY" wss://api.example/v1/responses'
    )
