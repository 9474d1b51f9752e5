"""A stream, folded by its dialect's table: what breaches the table, and which events tell of which object.

Every rule about order, identity or content of a stream reads the same fold, so that an event is looked at a
few times and not once for each of a hundred rules. Nothing here knows an event by name; the table does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon_conformance.exchange import Event, Stream
from antiphon_conformance.subject import Streamed
from antiphon_conformance.text import ABSENT
from antiphon_spec.stream import Breach, Grammar, Lane


@dataclass(slots=True, eq=False)
class Thread:
    """One object of a stream, told by its indices, and all events that speak of it."""

    lane: Lane
    indices: tuple[int, ...]
    parent: Thread | None
    from_start: bool
    """Whether the stream was watched from this object's beginning on."""
    events: list[Event] = field(default_factory=list)
    firsts: dict[str, Event] = field(default_factory=dict)
    """The first event of each type."""

    def add(self, event: Event) -> None:
        """Takes in one more event."""
        self.events.append(event)
        if event.type not in self.firsts:
            self.firsts[event.type] = event

    def first(self, *types: str) -> Event | None:
        """The first event of one of these types."""
        return self._first(types)

    def opening_event(self) -> Event | None:
        """The event that announced it."""
        return self._first(self.lane.opening)

    def closing_event(self) -> Event | None:
        """The event that closed it."""
        return self._first(self.lane.closing)

    def _first(self, types: Collection[str]) -> Event | None:
        found = (event for kind, event in self.firsts.items() if kind in types)
        return min(found, key=lambda event: event.index, default=None)

    def start(self) -> Mapping[str, Any]:
        """The object as it was announced; empty when it was not."""
        return member_object(self.opening_event(), self.lane.holds)

    def end(self) -> Mapping[str, Any]:
        """The object as it was closed; empty when it was not."""
        return member_object(self.closing_event(), self.lane.holds)

    def enclosing(self, lane: str) -> Thread | None:
        """The object of this lane around it, or itself."""
        found: Thread | None = self
        while found is not None and found.lane.name != lane:
            found = found.parent
        return found


@dataclass(frozen=True, slots=True)
class Fold:
    """What the table makes of a stream."""

    grammar: Grammar
    breaches: tuple[tuple[Event | None, Breach], ...]
    """Each breach with the event that commits it; None for what is missing at the end."""
    threads: Mapping[str, Sequence[Thread]]
    """Lane -> its objects, in order of appearance."""
    resumed: bool

    def of(self, lane: str) -> Sequence[Thread]:
        """The objects of one lane; none when the dialect has no such lane."""
        return self.threads.get(lane, ())

    def root(self) -> Thread | None:
        """The response itself."""
        return next(iter(self.of(self.grammar.root.name if self.grammar.root else "")), None)

    def terminal(self) -> Event | None:
        """The event with which the response ended."""
        root = self.root()
        return root.closing_event() if root else None

    def final(self) -> Mapping[str, Any]:
        """The response as it ended; empty when it did not."""
        root = self.root()
        return root.end() if root else {}

    def all(self) -> Iterator[Thread]:
        """Every object, lane by lane."""
        return (thread for threads in self.threads.values() for thread in threads)


def views(thread: Thread) -> Iterator[tuple[str, Any]]:
    """Where the object of which a thread tells is shown whole: (place, object), nearest first.

    A text shows in its part, in the item and in the response as they are closed; ABSENT where it does not.
    """
    lane, closed = thread.lane, thread.closing_event()
    if lane.holds and closed is not None:
        yield f"{closed.where}/{lane.holds}", thread.end()
    if thread.parent is None:
        return
    if lane.place is None:
        yield from views(thread.parent) if not lane.holds else ()
        return
    index = thread.indices[-1]
    for where, outer in views(thread.parent):
        listed = value_at(outer, lane.place)
        shown = listed[index] if isinstance(listed, list) and index < len(listed) else ABSENT
        yield f"{where}/{lane.place}/{index}", shown


def member_object(event: Event | None, member: str | None) -> Mapping[str, Any]:
    """The object that an event carries in a member; empty when there is none."""
    value = event.data.get(member) if event is not None and member else None
    return value if isinstance(value, dict) else {}


def value_at(value: Any, path: str) -> Any:
    """What stands at `path` (`operation/diff`); the value itself for an empty path, None where nothing is."""
    for name in path.split("/") if path else ():
        value = value.get(name) if isinstance(value, dict) else None
    return value


def fold(streamed: Streamed) -> Fold:
    """The fold of a streamed answer, made when it is first asked for."""
    return streamed.exchange.facts.once("fold", _folded, streamed)


def _folded(streamed: Streamed) -> Fold:
    resumed = "resumed" in streamed.exchange.traits
    return _fold(streamed.stream, streamed.dialect.grammar, resumed=resumed)


def _fold(stream: Stream, grammar: Grammar, *, resumed: bool) -> Fold:
    machine, threader = grammar.machine(resumed=resumed), _Threader(grammar, resumed)
    breaches: list[tuple[Event | None, Breach]] = []
    feed, add = machine.feed, threader.add
    for event in stream.events:
        found = feed(event.data)
        if found:
            breaches += [(event, breach) for breach in found]
        add(event)
    if not stream.cut:
        breaches += [(None, breach) for breach in machine.end()]
    return Fold(grammar, tuple(breaches), threader.by_lane(), resumed)


class _Threader:
    """Sorts events by the object of which they speak."""

    def __init__(self, grammar: Grammar, resumed: bool) -> None:
        self._grammar = grammar
        self._resumed = resumed
        self._steps = grammar.steps
        self._found: list[dict[Any, Thread]] = [{} for _ in grammar.lanes]

    def add(self, event: Event) -> None:
        try:
            step = self._steps[event.type]
            key = step.key(event.data)
            thread = self._found[step.number].get(key)
        except (KeyError, TypeError):
            return
        if thread is None:
            thread = self._begin(step.lane, event)
            if thread is None:
                return
        thread.add(event)

    def by_lane(self) -> Mapping[str, Sequence[Thread]]:
        lanes = zip(self._grammar.lanes, self._found, strict=True)
        return {name: tuple(found.values()) for name, found in lanes if found}

    def _begin(self, lane: Lane, event: Event) -> Thread | None:
        indices = tuple(event.data.get(name) for name in lane.identity)
        if not all(type(index) is int for index in indices):
            return None
        outer = self._grammar.lanes[lane.within] if lane.within else None
        parent = self._known(outer, event) if outer else None
        seen = event.type in lane.beginnings or (parent.from_start if parent else not self._resumed)
        made = Thread(lane, indices, parent, seen)  # type: ignore[arg-type]
        step = self._grammar.lane_steps[lane.name]
        self._found[step.number][step.key(event.data)] = made
        return made

    def _known(self, lane: Lane, event: Event) -> Thread | None:
        step = self._grammar.lane_steps[lane.name]
        return self._found[step.number].get(step.key(event.data)) or self._begin(lane, event)
