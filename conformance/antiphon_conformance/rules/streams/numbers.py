"""Sequence numbers: present, integers, increasing, and without gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from antiphon_conformance.http.exchange import Event
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import number
from antiphon_conformance.rules.reading.streams import has_beginning
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply


def _number(event: Event) -> Any:
    return event.data.get("sequence_number", ABSENT)


def _is_number(value: Any) -> bool:
    return type(value) is int


def _uneven(stream: StreamReply) -> list[tuple[Event, int, int]]:
    """(event, number before, its number) for each event whose number is not the next one."""
    return stream.exchange.facts.once("uneven", _find_uneven, stream)


def _find_uneven(stream: StreamReply) -> list[tuple[Event, int, int]]:
    events = _numbered(stream)
    numbers = [_number(event) for event in events]
    if _count_on(numbers):
        return []
    pairs = pairwise(zip(events, numbers, strict=True))
    return [
        (event, before, actual)
        for (_, before), (event, actual) in pairs
        if type(before) is int and type(actual) is int and actual != before + 1
    ]


def _count_on(numbers: Sequence[Any]) -> bool:
    """Whether each number is the one after the number before it."""
    first = numbers[0] if numbers else 0
    return set(map(type, numbers)) == {int} and numbers == list(range(first, first + len(numbers)))


def _numbered(stream: StreamReply) -> Sequence[Event]:
    """The events that are counted: one that stands beside the response may have no number."""
    source = stream.source
    if not source.beside:
        return source.events
    return [event for event in source.events if not event.is_beside or _is_number(_number(event))]


def _has_numbers(stream: StreamReply) -> bool:
    """The server numbers its events, or should: OpenAI's older streams have no numbers and need none."""
    time = number(stream.final.get("created_at"))
    since = stream.dialect.traits.sequence_numbers_since
    return time is None or time >= since or any(_is_number(_number(event)) for event in stream.events)


@rule("stream-numbers.are-integers-on-every-event", StreamReply, cites="ENV-07", when=_has_numbers)
def are_integers_on_every_event(stream: StreamReply) -> Iterator[Finding]:
    """Every event has a `sequence_number` that is an integer.

    Typed clients reject an event without one, and no client can resume such a stream.
    """
    for event in stream.events:
        if not _is_number(_number(event)):
            yield Finding(f"{event.where}/sequence_number", "an integer", show(_number(event)))


@rule("stream-numbers.increase", StreamReply, cites=("ENV-08", "EXT-04"), when=_has_numbers)
def increase(stream: StreamReply) -> Iterator[Finding]:
    """Every event has a greater `sequence_number` than the event before it.

    A client that resumes with `starting_after` skips or repeats events otherwise.
    """
    for event, before, actual in _uneven(stream):
        if actual <= before:
            yield Finding(f"{event.where}/sequence_number", f"more than {before}", str(actual))


@rule(
    "stream-numbers.start-at-zero",
    StreamReply,
    cites=("ENV-09", "BUD-SSE-02"),
    when=lambda stream: has_beginning(stream) and _has_numbers(stream),
)
def start_at_zero(stream: StreamReply) -> Iterator[Finding]:
    """The first event of a stream has `sequence_number` 0."""
    first = _number(_numbered(stream)[0])
    if _is_number(first) and first != 0:
        yield Finding("event[0]/sequence_number", "0", str(first))


@rule("stream-numbers.have-no-gaps", StreamReply, cites=("ENV-09", "EXT-05", "BUD-SSE-02"), when=_has_numbers)
def have_no_gaps(stream: StreamReply) -> Iterator[Finding]:
    """Each `sequence_number` is one more than the last; events with a prefix count too.

    A gap looks to a client like a lost event.
    """
    for event, before, actual in _uneven(stream):
        if actual > before + 1:
            yield Finding(f"{event.where}/sequence_number", str(before + 1), str(actual))
