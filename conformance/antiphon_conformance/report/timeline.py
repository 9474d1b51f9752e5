"""A stream as a timeline of lanes: response > item > part > text, with the offending event marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from antiphon_conformance.exchange import Event
from antiphon_conformance.fold import Fold, Thread, fold
from antiphon_conformance.subject import Streamed
from antiphon_conformance.text import safe

BEFORE, AFTER = 14, 9
"""How many steps around the marked one are drawn."""
MOST_LANES = 16
STRAY = "in no lane"


@dataclass(frozen=True, slots=True)
class Step:
    """One event, or several in a row of one type in one lane."""

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
    """What is drawn: the lanes in order of appearance, the steps in order of time."""

    lanes: tuple[Lane, ...]
    steps: tuple[Step, ...]
    before: int = 0
    """How many events come before the first step."""
    after: int = 0


def timeline(streamed: Streamed, index: int | None) -> Timeline | None:
    """The lanes around an event, by its index; around the end, when it is None. Nothing without events."""
    if not streamed.events:
        return None
    steps = _window(list(_steps(streamed, index)))
    used = list(dict.fromkeys(step[0] for step in steps))
    shown = _ordered(used)[:MOST_LANES]
    rows = {id(thread): number for number, thread in enumerate(shown)}
    drawn = tuple(
        Step(rows[id(thread)], events[0].index, events[-1].index, safe(events[0].type, 60), marked)
        for thread, events, marked in steps
        if id(thread) in rows
    )
    indices = [event.index for event in streamed.events]
    first, last = steps[0][1][0].index, steps[-1][1][-1].index
    return Timeline(
        tuple(_lane(thread) for thread in shown),
        drawn,
        sum(one < first for one in indices),
        sum(one > last for one in indices),
    )


_Raw = tuple[Thread | None, list[Event], bool]


def _steps(streamed: Streamed, index: int | None) -> Iterator[_Raw]:
    """Each event with its thread; equal neighbours joined, the marked one alone."""
    owners = _owners(fold(streamed))
    run: _Raw | None = None
    for event in streamed.events:
        thread, marked = owners.get(event.index), event.index == index
        same = run is not None and run[0] is thread and run[1][-1].type == event.type
        if run is not None and same and not marked and not run[2]:
            run[1].append(event)
            continue
        if run is not None:
            yield run
        run = thread, [event], marked
    if run is not None:
        yield run


def _owners(folded: Fold) -> dict[int, Thread]:
    return {event.index: thread for thread in folded.all() for event in thread.events}


def _window(steps: list[_Raw]) -> list[_Raw]:
    at = next((number for number, step in enumerate(steps) if step[2]), len(steps) - 1)
    return steps[max(0, at - BEFORE) : at + AFTER + 1]


def _ordered(used: Sequence[Thread | None]) -> list[Thread | None]:
    """The threads with those around them, each below its parent, strays last."""
    wanted: dict[int, Thread] = {}
    for thread in used:
        around = thread
        while around is not None:
            wanted[id(around)] = around
            around = around.parent
    found = sorted(wanted.values(), key=_order)
    return [*found, None] if None in used else [*found]


def _order(thread: Thread) -> tuple[tuple[int, ...], int, str]:
    return thread.indices, _depth(thread), thread.lane.name


def _depth(thread: Thread) -> int:
    return 0 if thread.parent is None else 1 + _depth(thread.parent)


def _lane(thread: Thread | None) -> Lane:
    if thread is None:
        return Lane(STRAY, 0)
    number = f" {thread.indices[-1]}" if thread.indices else ""
    kind = thread.start().get("type")
    told = f" ({safe(kind, 40)})" if isinstance(kind, str) and thread.lane.name == "item" else ""
    return Lane(f"{thread.lane.title}{number}{told}", _depth(thread))
