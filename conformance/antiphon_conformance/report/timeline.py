"""A stream as a timeline of lanes (response, item, part, text) with the event of a finding marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from antiphon_conformance.http.exchange import Event
from antiphon_conformance.http.text import safe
from antiphon_conformance.rules.reading.stream_view import Thread, stream_view
from antiphon_conformance.rules.views import StreamReply
from antiphon_spec.loading.construction import dataclass

BEFORE, AFTER = 14, 9
"""How many steps before and after the marked step the timeline shows."""
MOST_LANES = 16
STRAY = "in no lane"


@dataclass(frozen=True, slots=True)
class Step:
    """One event, or several consecutive ones of one type in one lane."""

    lane: int
    first: int
    last: int
    type: str
    marked: bool = False

    @property
    def events(self) -> str:
        """`event[3]`, or `events 3 to 9`."""
        return f"event[{self.first}]" if self.first == self.last else f"events {self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class Lane:
    """One object of the stream."""

    title: str
    depth: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lanes, each below its parent, and the steps in order of time."""

    lanes: tuple[Lane, ...]
    steps: tuple[Step, ...]
    before: int = 0
    """How many events come before the first step."""
    after: int = 0


def timeline(stream: StreamReply, index: int | None) -> Timeline | None:
    """The lanes around the event at `index`, or around the end when `index` is None.

    None when the stream has no events.
    """
    if not stream.events:
        return None
    steps = _window(list(_steps(stream, index)))
    threads = _sort(list(dict.fromkeys(step[0] for step in steps)))[:MOST_LANES]
    rows = {id(thread): number for number, thread in enumerate(threads)}
    cells = tuple(
        Step(rows[id(thread)], events[0].index, events[-1].index, safe(events[0].type, 60), mark)
        for thread, events, mark in steps
        if id(thread) in rows
    )
    indices = [event.index for event in stream.events]
    first, last = steps[0][1][0].index, steps[-1][1][-1].index
    return Timeline(
        tuple(_lane(thread) for thread in threads),
        cells,
        sum(number < first for number in indices),
        sum(number > last for number in indices),
    )


_Raw = tuple[Thread | None, list[Event], bool]


def _steps(stream: StreamReply, index: int | None) -> Iterator[_Raw]:
    """Each event with its thread; consecutive events of one type are joined, the marked event stays alone."""
    owners = {event.index: thread for thread in stream_view(stream).all() for event in thread.events}
    run: _Raw | None = None
    for event in stream.events:
        thread, mark = owners.get(event.index), event.index == index
        alike = run is not None and run[0] is thread and run[1][-1].type == event.type
        if run is not None and alike and not mark and not run[2]:
            run[1].append(event)
            continue
        if run is not None:
            yield run
        run = thread, [event], mark
    if run is not None:
        yield run


def _window(steps: list[_Raw]) -> list[_Raw]:
    at = next((number for number, step in enumerate(steps) if step[2]), len(steps) - 1)
    return steps[max(0, at - BEFORE) : at + AFTER + 1]


def _sort(threads: Sequence[Thread | None]) -> list[Thread | None]:
    """The threads and their ancestors, each below its parent; None (events of no lane) comes last."""
    family: dict[int, Thread] = {}
    for thread in threads:
        member = thread
        while member is not None:
            family[id(member)] = member
            member = member.parent
    lanes = sorted(family.values(), key=_order)
    return [*lanes, None] if None in threads else [*lanes]


def _order(thread: Thread) -> tuple[tuple[int, ...], int, str]:
    return thread.indices, _depth(thread), thread.lane.name


def _depth(thread: Thread) -> int:
    return 0 if thread.parent is None else 1 + _depth(thread.parent)


def _lane(thread: Thread | None) -> Lane:
    if thread is None:
        return Lane(STRAY, 0)
    number = f" {thread.indices[-1]}" if thread.indices else ""
    kind = thread.kind
    label = f" ({safe(kind, 40)})" if kind is not None and thread.lane.name == "item" else ""
    return Lane(f"{thread.lane.title}{number}{label}", _depth(thread))
