"""Sequence numbers: there, whole, increasing, and without gaps where they serve as a cursor."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from antiphon_conformance.answers import number
from antiphon_conformance.exchange import Event
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.streams import has_beginning
from antiphon_conformance.subject import Streamed
from antiphon_conformance.text import ABSENT, show


def _number(event: Event) -> Any:
    return event.data.get("sequence_number", ABSENT)


def _is_number(value: Any) -> bool:
    return type(value) is int


def _uneven(streamed: Streamed) -> list[tuple[Event, int, int]]:
    """Each event whose number does not follow that of the event before it, with both numbers."""
    return streamed.exchange.facts.once("uneven", _found_uneven, streamed)


def _found_uneven(streamed: Streamed) -> list[tuple[Event, int, int]]:
    numbered = [(event, _number(event)) for event in streamed.events]
    return [
        (after, one, two)
        for (_, one), (after, two) in pairwise(numbered)
        if type(one) is int and type(two) is int and two != one + 1
    ]


def _numbered(streamed: Streamed) -> bool:
    """The server numbers its events, or should: OpenAI did not before it introduced the numbers."""
    created = number(streamed.final.get("created_at"))
    since = streamed.dialect.traits.sequence_numbers_since
    return created is None or created >= since or any(_is_number(_number(event)) for event in streamed.events)


@rule(Streamed, cites="ENV-07", when=_numbered)
def are_there(streamed: Streamed) -> Iterator[Finding]:
    """Every event has a `sequence_number` that is an integer.

    Typed clients refuse an event without one, and nobody can resume a stream.
    """
    for event in streamed.events:
        if not _is_number(_number(event)):
            yield Finding(f"{event.where}/sequence_number", "an integer", show(_number(event)))


@rule(Streamed, cites=("ENV-08", "EXT-04"), when=_numbered)
def increase(streamed: Streamed) -> Iterator[Finding]:
    """Every event has a greater `sequence_number` than the event before it.

    A client that resumes with `starting_after` skips or repeats events otherwise.
    """
    for after, one, two in _uneven(streamed):
        if two <= one:
            yield Finding(f"{after.where}/sequence_number", f"more than {one}", str(two))


@rule(
    Streamed,
    cites=("ENV-09", "BUD-SSE-02"),
    when=lambda streamed: has_beginning(streamed) and _numbered(streamed),
)
def start_at_zero(streamed: Streamed) -> Iterator[Finding]:
    """The first event of a stream has `sequence_number` 0."""
    first = _number(streamed.events[0])
    if _is_number(first) and first != 0:
        yield Finding("event[0]/sequence_number", "0", str(first))


@rule(Streamed, cites=("ENV-09", "EXT-05", "BUD-SSE-02"), when=_numbered)
def have_no_gaps(streamed: Streamed) -> Iterator[Finding]:
    """Sequence numbers count one by one, events with a provider's prefix included.

    A gap looks to a client like an event lost on the way.
    """
    for after, one, two in _uneven(streamed):
        if two > one + 1:
            yield Finding(f"{after.where}/sequence_number", str(one + 1), str(two))
