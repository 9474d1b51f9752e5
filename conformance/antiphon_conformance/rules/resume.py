"""Rules on streaming a background response again: `GET /responses/{id}?stream=true&starting_after=N`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import parse_qs, urlsplit

from antiphon_conformance.answers import member, number
from antiphon_conformance.exchange import Event, Exchange
from antiphon_conformance.parity import (
    CLIENT_ERROR,
    differences,
    expect_ok,
    expect_status,
    succeeded,
    took_place,
)
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Scene, Streamed
from antiphon_conformance.text import show

TERMINAL_EVENTS = ("response.completed", "response.incomplete", "response.failed")


def events(exchange: Exchange) -> Sequence[Event]:
    """The events of a streamed answer; none when the answer was no stream."""
    stream = exchange.answer.stream
    return stream.events if stream is not None else ()


def numbers(exchange: Exchange) -> list[int | float | None]:
    """The sequence numbers of a streamed answer, in order."""
    return [number(event.data.get("sequence_number")) for event in events(exchange)]


def cursor(path: str) -> int | None:
    """The `starting_after` of a request, or None when it has none that is a whole number."""
    given = parse_qs(urlsplit(path).query).get("starting_after", [""])[0]
    return int(given) if given.isascii() and given.isdigit() else None


def streamed(*names: str) -> Callable[[Scene], bool]:
    """For `when=`: these steps took place and were answered with a stream."""
    return lambda scene: all(name in scene and events(scene[name]) for name in names)


def is_resumed(answer: Streamed) -> bool:
    """Whether this stream is the rest of one that was begun before."""
    return answer.operation == "getResponse" and cursor(answer.request.path) is not None


@rule(Scene, scenario="resume", cites="RSM-01", when=took_place("replayed"))
def a_background_stream_can_be_streamed_again(scene: Scene) -> Iterator[Finding]:
    """Retrieving with `stream=true` answers with the response's events as an event stream.

    A client that lost its connection has no other way to see what it missed.
    """
    replayed = scene["replayed"]
    yield from expect_ok(replayed, "200, since the response was streamed in the background")
    if replayed.ok and not events(replayed):
        got = show(replayed.answer.headers.get("content-type"))
        yield Finding("reply.headers/content-type", "text/event-stream with events", got, replayed.id)


@rule(Streamed, cites="RSM-03", when=is_resumed)
def a_resumed_stream_begins_behind_its_cursor(answer: Streamed) -> Iterator[Finding]:
    """Every event after `starting_after=N` has a sequence number greater than N.

    Servers that ignore the cursor make their clients print the beginning twice.
    """
    behind = cursor(answer.request.path)
    for event in answer.events:
        got = number(event.data.get("sequence_number"))
        if got is not None and behind is not None and got <= behind:
            yield Finding(f"{event.where}/sequence_number", f"greater than {behind}", show(got))


@rule(Scene, scenario="resume", cites="RSM-04", when=streamed("replayed"))
def a_replay_begins_at_the_beginning(scene: Scene) -> Iterator[Finding]:
    """Without `starting_after` the events begin with `response.created`, number 0."""
    first = events(scene["replayed"])[0]
    got = (first.type, first.data.get("sequence_number"))
    if got != ("response.created", 0):
        expected = "response.created with sequence_number 0"
        yield Finding(first.where, expected, f"{first.type} with {show(got[1])}", scene["replayed"].id)


@rule(Scene, scenario="resume", cites="RSM-05", when=streamed("streamed", "replayed"))
def replayed_events_are_identical(scene: Scene) -> Iterator[Finding]:
    """An event that is sent again has the same number, type and content as the first time."""
    replayed = {show(event.data.get("sequence_number")): event for event in events(scene["replayed"])}
    for event in events(scene["streamed"]):
        again = replayed.get(show(event.data.get("sequence_number")))
        if again is None:
            expected = f"event {show(event.data.get('sequence_number'))} again"
            yield Finding("stream", expected, "absent", scene["replayed"].id)
        else:
            yield from _changed(again, event, scene["replayed"].id)


def _changed(again: Event, event: Event, exchange: str) -> Iterator[Finding]:
    for pointer, wanted, got in differences(dict(event.data), dict(again.data)):
        yield Finding(f"{again.where}{pointer}", f"{show(wanted)}, as the first time", show(got), exchange)


@rule(Scene, scenario="resume", cites=("RSM-06", "RSM-03"), when=streamed("streamed", "replayed"))
def prefix_and_rest_make_the_whole_stream(scene: Scene) -> Iterator[Finding]:
    """The events read before the connection was lost and those resumed after it are the whole stream."""
    whole, behind = numbers(scene["replayed"]), cursor(scene["resumed"].request.path)
    prefix = [
        entry for entry in numbers(scene["streamed"]) if entry is None or behind is None or entry <= behind
    ]
    got = prefix + numbers(scene["resumed"])
    if got != whole:
        yield Finding("stream", f"events {_shown(whole)} in all", _shown(got), scene["resumed"].id)


def _shown(found_numbers: Sequence[object]) -> str:
    if len(found_numbers) <= 6:
        return show(list(found_numbers))
    return f"{len(found_numbers)} events, {show(list(found_numbers[:3]))} to {show(list(found_numbers[-3:]))}"


@rule(Scene, scenario="resume", cites=("RSM-07", "RSM-13"), when=succeeded("resumed", "replayed"))
def several_clients_follow_to_the_end(scene: Scene) -> Iterator[Finding]:
    """Two clients that follow a response at once, from different places, both see its terminal event."""
    for name in ("resumed", "replayed"):
        yield from _ends(scene[name])


@rule(Scene, scenario="resume", cites="RSM-08", when=took_place("late"))
def resuming_after_the_end_gives_the_rest(scene: Scene) -> Iterator[Finding]:
    """Resuming a response that has ended gives its remaining events, the terminal one too, and closes."""
    late = scene["late"]
    yield from _ends(late)
    behind = cursor(late.request.path)
    whole = [
        entry
        for entry in numbers(scene["replayed"])
        if entry is not None and behind is not None and entry > behind
    ]
    if numbers(late) != whole:
        yield Finding("stream", f"events {_shown(whole)}", _shown(numbers(late)), late.id)


def _ends(exchange: Exchange) -> Iterator[Finding]:
    stream = exchange.answer.stream
    last = stream.events[-1].type if stream is not None and stream.events else None
    if last not in TERMINAL_EVENTS:
        yield Finding("stream", "a terminal event at its end", show(last), exchange.id)
    elif stream is not None and stream.cut:
        yield Finding("stream", "closed after its terminal event", "still open", exchange.id)


@rule(Scene, scenario="resume", cites="RSM-09", when=took_place("beyond"))
def resuming_behind_the_last_event_is_decided(scene: Scene) -> Iterator[Finding]:
    """A `starting_after` at or behind the last event gives an empty stream or a 4xx."""
    beyond = scene["beyond"]
    yield from expect_status(beyond, (200, *CLIENT_ERROR), "an empty stream, or a 4xx")
    if events(beyond):
        yield Finding("stream", "no event, since none is left", f"{len(events(beyond))} events", beyond.id)


@rule(Scene, scenario="resume", cites="RSM-12", when=streamed("late"))
def padding_can_be_switched_off_for_a_replay(scene: Scene) -> Iterator[Finding]:
    """With `include_obfuscation=false` no event that is sent again carries `obfuscation`."""
    for event in events(scene["late"]):
        if member(event.data, "obfuscation") is not None:
            got = show(event.data["obfuscation"])
            yield Finding(f"{event.where}/obfuscation", "absent", got, scene["late"].id)
