"""A stream, sorted by its dialect's table: the breaches of the table, and the events of each object.

Every rule about order, identity or content of a stream reads the same fold, so that an event is read a few
times and not once for each of a hundred rules. No event is named here; the table names them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import groupby
from typing import Any

from antiphon_conformance.http.exchange import Event
from antiphon_conformance.http.text import ABSENT
from antiphon_conformance.rules.reading.output import item_kind
from antiphon_conformance.rules.reading.places import places
from antiphon_conformance.rules.views import StreamReply
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.stream import Breach, Grammar, Lane


@dataclass(slots=True, eq=False)
class Thread:
    """One object of a stream, identified by its indices, with all its events."""

    lane: Lane
    indices: tuple[int, ...]
    parent: Thread | None
    from_start: bool
    """Whether the stream holds this object from its beginning."""
    events: list[Event] = field(default_factory=list)
    firsts: dict[str, Event] = field(default_factory=dict)
    """The first event of each type."""
    kind: str | None = None
    """The type of the object, sent or inferred; None when no event tells."""

    def add(self, events: Sequence[Event], data: Mapping[str, Any]) -> None:
        """Adds events of one type, and the data of the first with what the event may lack."""
        event = events[0]
        self.events += events
        held = data.get(self.lane.holds) if self.kind is None and self.lane.holds else None
        if isinstance(held, dict) and isinstance(held.get("type"), str):
            self.kind = held["type"]
        if event.type not in self.firsts:
            self.firsts[event.type] = event

    def first(self, *types: str) -> Event | None:
        """The first event of one of these types."""
        return self._first(types)

    def opening_event(self) -> Event | None:
        """The event that announces the object."""
        return self._first(self.lane.opening)

    def closing_event(self) -> Event | None:
        """The event that closes the object."""
        return self._first(self.lane.closing)

    def _first(self, types: Collection[str]) -> Event | None:
        for kind, event in self.firsts.items():  # in the order of the stream
            if kind in types:
                return event
        return None

    def start(self) -> Mapping[str, Any]:
        """The object as announced; empty when no event announces it."""
        return member_object(self.opening_event(), self.lane.holds)

    def end(self) -> Mapping[str, Any]:
        """The object as closed; empty when no event closes it."""
        return member_object(self.closing_event(), self.lane.holds)

    def enclosing(self, lane: str) -> Thread | None:
        """The object of this lane that encloses it, or itself."""
        thread: Thread | None = self
        while thread is not None and thread.lane.name != lane:
            thread = thread.parent
        return thread


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream in the terms of the table."""

    grammar: Grammar
    breaches: tuple[tuple[Event | None, Breach], ...]
    """Each breach with its event; None for what is missing at the end."""
    threads: Mapping[str, Sequence[Thread]]
    """Lane -> its objects, in order of appearance."""
    is_tail: bool
    """Whether the stream is the rest of one that began earlier."""
    inferred: Mapping[int, Mapping[str, Any]]
    """By index, the data of each event that lacks what the rest of the stream tells, with that."""

    def data(self, event: Event) -> Mapping[str, Any]:
        """The data of an event, with what it lacks and the rest of the stream tells."""
        return self.inferred.get(event.index, event.data)

    def of(self, lane: str) -> Sequence[Thread]:
        """The objects of one lane; none when the dialect does not have the lane."""
        return self.threads.get(lane, ())

    def root(self) -> Thread | None:
        """The response itself."""
        return next(iter(self.of(self.grammar.root.name if self.grammar.root else "")), None)

    def terminal(self) -> Event | None:
        """The event that ended the response."""
        root = self.root()
        return root.closing_event() if root else None

    def final(self) -> Mapping[str, Any]:
        """The response as it ended; empty when it did not end."""
        root = self.root()
        return root.end() if root else {}

    def all(self) -> Iterator[Thread]:
        """Every object, lane by lane."""
        return (thread for threads in self.threads.values() for thread in threads)


REPORTED = {"output": None, "annotations": None, "content": "message", "summary": "reasoning"}
"""Lists whose absence a rule of its own reports -> the type of the item for which it does; None for any."""


def views(thread: Thread) -> Iterator[tuple[str, Any]]:
    """The places that show the object of a thread whole: (place, object), nearest first.

    A text is shown in its part, in the item and in the response when they are closed; ABSENT where it is
    missing. What is inside a missing object is not missing once more.
    """
    lane, event = thread.lane, thread.closing_event()
    if lane.holds and event is not None and lane.holds in event.data:
        yield f"{event.where}/{lane.holds}", thread.end()
    if thread.parent is None:
        return
    if lane.place is None:
        yield from views(thread.parent) if not lane.holds else ()
        return
    index = thread.indices[-1]
    for where, outer in views(thread.parent):
        if outer is ABSENT or _is_reported(outer, lane.place):
            continue
        siblings = value_below(outer, lane.place)
        view = siblings[index] if isinstance(siblings, list) and 0 <= index < len(siblings) else ABSENT
        yield f"{where}/{lane.place}/{index}", view


def _is_reported(outer: Any, place: str) -> bool:
    """Whether an object lacks a list, and a rule of its own reports that."""
    kind = REPORTED.get(place, "")
    absent = isinstance(outer, dict) and place not in outer
    return absent and (kind is None or kind == item_kind(outer))


def member_object(event: Event | None, member: str | None) -> Mapping[str, Any]:
    """The object in a member of an event; empty when there is none."""
    value = event.data.get(member) if event is not None and member else None
    return value if isinstance(value, dict) else {}


def value_below(value: Any, path: str) -> Any:
    """The value at `path` (`operation/diff`); the value itself for an empty path, None where nothing is."""
    for name in path.split("/") if path else ():
        value = value.get(name) if isinstance(value, dict) else None
    return value


def stream_view(stream: StreamReply) -> StreamView:
    """The fold of a streamed answer; it is computed once."""
    return stream.exchange.facts.once("fold", _fold, stream)


def _fold(stream: StreamReply) -> StreamView:
    source, grammar = stream.source, stream.dialect.grammar
    is_tail = "resumed" in stream.exchange.traits
    machine, threader = grammar.machine(resumed=is_tail), _Threader(grammar, is_tail)
    breaches: list[tuple[Event | None, Breach]] = []
    data_of = places(source.events, source.by_type, grammar)
    for start, end in _runs(data_of, grammar):
        events, rows = source.events[start:end], data_of[start:end]
        for event, data in zip(events, rows, strict=True):
            breaches += [(event, breach) for breach in machine.feed(data)]
            if len(rows) > 1 and machine.stays(data):
                break  # the rest of the run would change nothing
        threader.add(events, rows[0])
    if not source.cut:
        breaches += [(None, breach) for breach in machine.end()]
    pairs = zip(source.events, data_of, strict=True)
    inferred = {event.index: data for event, data in pairs if data is not event.data}
    return StreamView(grammar, tuple(breaches), threader.by_lane(), is_tail, inferred)


def _runs(data_of: Sequence[Mapping[str, Any]], grammar: Grammar) -> Iterator[tuple[int, int]]:
    """The ranges of events that have one type and one object, and hold none: the deltas of a text."""
    start = 0
    for kind, group in groupby([data.get("type") for data in data_of]):
        end = start + len(list(group))
        step = grammar.steps.get(str(kind))
        if step is not None and step.lane.holds is None and end - start > 1:
            keys = [step.key(data) for data in data_of[start:end]]
            if keys.count(keys[0]) == len(keys):
                yield start, end
                start = end
        yield from ((index, index + 1) for index in range(start, end))
        start = end


class _Threader:
    """Sorts events by their objects."""

    def __init__(self, grammar: Grammar, is_tail: bool) -> None:
        self._grammar = grammar
        self._is_tail = is_tail
        self._steps = grammar.steps
        self._threads: list[dict[Any, Thread]] = [{} for _ in grammar.lanes]

    def add(self, events: Sequence[Event], data: Mapping[str, Any]) -> None:
        """Adds events of one type to their object; `data` has the indices that the first may lack."""
        event = events[0]
        step = self._steps.get(event.type)
        if step is None:
            return
        thread = self._threads[step.number].get(step.key(data))
        if thread is None:
            thread = self._begin(step.lane, event, data)
        thread.add(events, data)

    def by_lane(self) -> Mapping[str, Sequence[Thread]]:
        lanes = zip(self._grammar.lanes, self._threads, strict=True)
        return {name: tuple(threads.values()) for name, threads in lanes if threads}

    def _begin(self, lane: Lane, event: Event, data: Mapping[str, Any]) -> Thread:
        outer = self._grammar.lanes[lane.within] if lane.within else None
        parent = self._parent(outer, event, data) if outer else None
        from_start = event.type in lane.beginnings or (parent.from_start if parent else not self._is_tail)
        thread = Thread(lane, tuple(data[name] for name in lane.identity), parent, from_start)
        step = self._grammar.lane_steps[lane.name]
        self._threads[step.number][step.key(data)] = thread
        return thread

    def _parent(self, lane: Lane, event: Event, data: Mapping[str, Any]) -> Thread:
        step = self._grammar.lane_steps[lane.name]
        return self._threads[step.number].get(step.key(data)) or self._begin(lane, event, data)
