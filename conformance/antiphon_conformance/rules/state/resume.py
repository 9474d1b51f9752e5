"""Rules on reading the stream of a background response again.

The request is `GET /responses/{id}?stream=true&starting_after=N`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import parse_qs, urlsplit

from antiphon_conformance.http.exchange import Event, Exchange, Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import (
    CLIENT_ERROR,
    SUCCESS,
    differences,
    expect_ok,
    expect_status,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import member, number, value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace, StreamReply

TERMINAL_EVENTS = ("response.completed", "response.incomplete", "response.failed")


def events(exchange: Exchange) -> Sequence[Event]:
    """What a streamed answer tells, without keep-alives; empty when the answer is no stream."""
    stream = exchange.answer.stream
    return [event for event in stream.events if not event.is_beside] if stream is not None else ()


def numbers(exchange: Exchange) -> list[int | float | None]:
    """The sequence numbers of a streamed answer, in order."""
    return [number(event.data.get("sequence_number")) for event in events(exchange)]


def cursor(path: str) -> int | None:
    """The `starting_after` in the path of a request; None when it is absent or no whole number."""
    value = parse_qs(urlsplit(path).query).get("starting_after", [""])[0]
    return int(value) if value.isascii() and value.isdigit() else None


def stream(*names: str) -> Callable[[ScenarioTrace], bool]:
    """For `when=`: these steps took place, and the answer to each is a stream."""
    return lambda trace: all(name in trace and events(trace[name]) for name in names)


def _can_be_replayed(trace: ScenarioTrace) -> bool:
    """Whether the stream was read again, or says that it runs in the background, so that it can be."""
    if "replayed" not in trace:
        return False
    return trace["replayed"].ok or trace["streamed"].response.get("background") is True


def is_resumed(answer: StreamReply) -> bool:
    """Whether this stream is the rest of an earlier one."""
    return answer.operation == "getResponse" and cursor(answer.request.path) is not None


@rule(
    "resume.a-background-stream-can-be-streamed-again",
    ScenarioTrace,
    scenario="resume",
    cites="RSM-01",
    when=_can_be_replayed,
    needs="a stream that the server reports as one in the background",
)
def a_background_stream_can_be_streamed_again(trace: ScenarioTrace) -> Iterator[Finding]:
    """A retrieval with `stream=true` returns the response's events as an event stream.

    A client that lost its connection has no other way to see the events that it missed.
    """
    replay = trace["replayed"]
    yield from expect_ok(replay, "200, because the response was streamed in the background")
    if replay.ok and not events(replay):
        actual = show(replay.answer.headers.get("content-type") or ABSENT)
        yield Finding("reply.headers/content-type", "text/event-stream with events", actual, replay.id)


@rule(
    "resume.a-resumed-stream-begins-after-its-cursor",
    StreamReply,
    cites="RSM-03",
    when=is_resumed,
    reads={Part.REQUEST},
)
def a_resumed_stream_begins_after_its_cursor(answer: StreamReply) -> Iterator[Finding]:
    """Every event after `starting_after=N` has a sequence number greater than N.

    A server that ignores the cursor makes its clients print the beginning twice.
    """
    position = cursor(answer.request.path)
    for event in answer.events:
        actual = number(event.data.get("sequence_number"))
        if actual is not None and position is not None and actual <= position:
            yield Finding(f"{event.where}/sequence_number", f"greater than {position}", show(actual))


@rule(
    "resume.a-replay-begins-at-the-beginning",
    ScenarioTrace,
    scenario="resume",
    cites="RSM-04",
    when=stream("replayed"),
)
def a_replay_begins_at_the_beginning(trace: ScenarioTrace) -> Iterator[Finding]:
    """Without `starting_after` a replay begins with the first number and `response.created`.

    No norm says where numbers begin, so the stream that the create sent decides; without one it is 0.
    """
    first = events(trace["replayed"])[0]
    start = value_at(first.data, "sequence_number")
    sent = numbers(trace["streamed"]) if stream("streamed")(trace) else []
    begin = next((value for value in sent if value is not None), 0)
    if (first.type, start) != ("response.created", begin):
        expected = f"response.created with sequence_number {begin}"
        actual = f"{first.type} with sequence_number {show(start)}"
        yield Finding(first.where, expected, actual, trace["replayed"].id)


@rule(
    "resume.replayed-events-are-identical",
    ScenarioTrace,
    scenario="resume",
    cites="RSM-05",
    when=stream("streamed", "replayed"),
)
def replayed_events_are_identical(trace: ScenarioTrace) -> Iterator[Finding]:
    """An event that the server sends again has the same number, type and content."""
    replays = {show(value_at(event.data, "sequence_number")): event for event in events(trace["replayed"])}
    for event in events(trace["streamed"]):
        name = show(value_at(event.data, "sequence_number"))
        replay = replays.get(name)
        if replay is None:
            yield Finding(
                "stream", f"the event with sequence_number {name}", "without it", trace["replayed"].id
            )
            continue
        for pointer, before, now in differences(dict(event.data), dict(replay.data)):
            expected = f"{show(before)}, as the first time"
            yield Finding(f"{replay.where}{pointer}", expected, show(now), trace["replayed"].id)


@rule(
    "resume.first-part-and-rest-make-the-whole-stream",
    ScenarioTrace,
    scenario="resume",
    cites=("RSM-06", "RSM-03"),
    when=stream("streamed", "replayed"),
)
def first_part_and_rest_make_the_whole_stream(trace: ScenarioTrace) -> Iterator[Finding]:
    """The events before the loss of a connection and those after it make the whole stream."""
    whole, position = numbers(trace["replayed"]), cursor(trace["resumed"].request.path)
    prefix = [
        entry
        for entry in numbers(trace["streamed"])
        if entry is None or position is None or entry <= position
    ]
    actual = prefix + numbers(trace["resumed"])
    if actual != whole:
        yield Finding("stream", f"events {_describe(whole)} in all", _describe(actual), trace["resumed"].id)


def _describe(sequence: Sequence[object]) -> str:
    """The sequence numbers in words, shortened when there are many."""
    values = [ABSENT if value is None else value for value in sequence]
    if len(values) <= 6:
        return show(values)
    return f"{len(values)} events, {show(values[:3])} to {show(values[-3:])}"


@rule(
    "resume.two-clients-follow-a-response-to-its-end",
    ScenarioTrace,
    scenario="resume",
    cites=("RSM-07", "RSM-13"),
    when=succeeded("resumed", "replayed"),
)
def two_clients_follow_a_response_to_its_end(trace: ScenarioTrace) -> Iterator[Finding]:
    """Two clients that follow a response at the same time both see its terminal event."""
    for name in ("resumed", "replayed"):
        yield from _check_end(trace[name])


@rule(
    "resume.resuming-after-the-end-returns-the-rest",
    ScenarioTrace,
    scenario="resume",
    cites="RSM-08",
    when=took_place("late"),
)
def resuming_after_the_end_returns_the_rest(trace: ScenarioTrace) -> Iterator[Finding]:
    """A resumed stream of an ended response has its remaining events, and then closes."""
    exchange = trace["late"]
    yield from _check_end(exchange)
    position = cursor(exchange.request.path)
    whole = [
        entry
        for entry in numbers(trace["replayed"])
        if entry is not None and position is not None and entry > position
    ]
    rest = [value for value in numbers(exchange) if value is not None]  # a proxy's events have no number
    if rest != whole:
        yield Finding("stream", f"events {_describe(whole)}", _describe(rest), exchange.id)


def _check_end(exchange: Exchange) -> Iterator[Finding]:
    stream, last = exchange.answer.stream, next((event.type for event in reversed(events(exchange))), ABSENT)
    if last not in TERMINAL_EVENTS:
        yield Finding("end of stream", "a terminal event", show(last), exchange.id)
    elif stream is not None and stream.cut:
        yield Finding("stream", "closed after its terminal event", "still open", exchange.id)


@rule(
    "resume.resuming-after-the-last-event-is-empty-or-rejected",
    ScenarioTrace,
    scenario="resume",
    cites="RSM-09",
    when=took_place("beyond"),
)
def resuming_after_the_last_event_is_empty_or_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A `starting_after` at or after the last event returns an empty stream or a 4xx."""
    exchange = trace["beyond"]
    yield from expect_status(exchange, (*SUCCESS, *CLIENT_ERROR), "an empty stream, or a 4xx status")
    if events(exchange):
        yield Finding(
            "stream", "no event, because none is left", f"{len(events(exchange))} events", exchange.id
        )


@rule(
    "resume.padding-can-be-switched-off-for-a-replay",
    ScenarioTrace,
    scenario="resume",
    cites="RSM-12",
    when=stream("late"),
)
def padding_can_be_switched_off_for_a_replay(trace: ScenarioTrace) -> Iterator[Finding]:
    """With `include_obfuscation=false` no event of a replay carries `obfuscation`."""
    for event in events(trace["late"]):
        if member(event.data, "obfuscation") is not None:
            actual = show(event.data["obfuscation"])
            yield Finding(f"{event.where}/obfuscation", "no such member", actual, trace["late"].id)
