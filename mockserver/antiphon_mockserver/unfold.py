"""Builds the events of a finished response by walking the stream table of the dialect; it names no event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import shake_256
from typing import Any
from zlib import crc32

from antiphon_mockserver.tokens import split
from antiphon_spec.dialect import Dialect
from antiphon_spec.stream import Accumulation, Grammar, Lane

Event = dict[str, Any]

PADDED_LENGTH = 16
"""The length of a piece and its padding is a multiple of this, so that sizes reveal little."""
PAD_LENGTHS = tuple(PADDED_LENGTH - length for length in range(PADDED_LENGTH))
PADDING = "obfuscation"
POOL = shake_256(b"antiphon").hexdigest(1024)
POOL_STEPS = len(POOL) - PADDED_LENGTH


class Unfolder:
    """Walks the table of one dialect; caches what depends only on lane and type."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._blanks: dict[tuple[str, str], tuple[tuple[tuple[str, ...], Any], ...]] = {}
        self._inner: dict[tuple[str, str], tuple[Lane, ...]] = {}

    def events(self, whole: Mapping[str, Any], *, waiting: bool, padding: bool) -> list[Event]:
        """Returns the events of a finished response."""
        run = _Run(self, waiting=waiting, padding=padding)
        if self.grammar.root is not None:
            run.walk(self.grammar.root, whole, None, {}, {})
        return run.events

    def inner(self, lane: Lane, thing: Any) -> tuple[Lane, ...]:
        """Returns the lanes inside this object."""
        kind = type_of(thing, lane)
        key = (lane.name, kind)
        if key not in self._inner:
            inside = self.grammar.inside[lane.name]
            self._inner[key] = tuple(child for child in inside if child.of is None or kind in child.of)
        return self._inner[key]

    def beginning(self, lane: Lane, thing: Mapping[str, Any], status: str | None) -> dict[str, Any]:
        """Returns the object as in its first event: without what the lanes inside it will add."""
        beginning = {**thing}
        if status is not None and "status" in beginning:
            beginning["status"] = status
        for path, value in self._empty(lane, thing):
            if path[0] in beginning:
                put(beginning, path, value)
        for member in lane.lacks.get(type_of(thing, lane), ()):
            beginning.pop(member, None)
        return beginning

    def _empty(self, lane: Lane, thing: Any) -> tuple[tuple[tuple[str, ...], Any], ...]:
        """The paths to empty in an object of this type, with their empty values."""
        kind = type_of(thing, lane)
        key = (lane.name, kind)
        if key not in self._blanks:
            blanks = [pair for child in self.inner(lane, thing) for pair in _blank_values(child)]
            blanks += [((member,), value) for member, value in lane.blank.get(kind, {}).items()]
            self._blanks[key] = tuple(blanks)
        return self._blanks[key]


class _Run:
    """One walk over a response, with its events so far."""

    def __init__(self, unfolder: Unfolder, *, waiting: bool, padding: bool) -> None:
        self.unfolder = unfolder
        self.waiting = waiting
        self.padding = padding
        self.events: list[Event] = []

    def walk(
        self, lane: Lane, thing: Any, enclosing: Any, ids: Mapping[str, str], index: Mapping[str, int]
    ) -> None:
        """Adds the events of one object and of everything inside it."""
        base: dict[str, Any] = {
            **{member: ids[lane_name] for member, lane_name in lane.names.items()},
            **index,
        }
        accumulates = lane.accumulates
        *run, last = self._run(lane, thing, enclosing)
        for event in run:
            if accumulates and event == accumulates.event:
                self._pieces(accumulates, base, _owner(lane, thing, enclosing))
            elif accumulates and event == accumulates.done:
                self.events.append(_done(lane, accumulates, base, thing, enclosing))
            else:
                self.events.append({"type": event, **base, **self._object_members(lane, thing, event)})
        self._inside(lane, thing, ids, index)
        if accumulates and last == accumulates.done:
            self.events.append(_done(lane, accumulates, base, thing, enclosing))
        else:
            self.events.append({"type": last, **base, **({lane.holds: thing} if lane.holds else {})})

    def _run(self, lane: Lane, thing: Any, enclosing: Any) -> Sequence[str]:
        """The event types of an object; its status selects the last, and a queue adds one after the first."""
        *run, last = lane.emits
        status = None
        if lane.statuses or lane.excused:
            status = (thing if lane.holds else enclosing).get("status")
        if last in lane.statuses:
            last = next((event for event in lane.closing if status in lane.statuses.get(event, ())), last)
        elif lane.holds is None and status in lane.excused and run:
            *run, last = run
        if self.waiting and lane is self.unfolder.grammar.root:
            run[1:1] = (event for event, statuses in lane.statuses.items() if statuses == {"queued"})
        return (*run, last)

    def _object_members(self, lane: Lane, thing: Any, event: str) -> Mapping[str, Any]:
        """The members of an event before the last one that describe the object itself."""
        if lane.holds is None:
            return {lane.accumulates.whole: ""} if lane.accumulates and not lane.single else {}
        statuses = lane.statuses.get(event, frozenset())
        status = (
            "queued" if self.waiting and "queued" in statuses else next(iter(statuses - {"queued"}), None)
        )
        return {lane.holds: self.unfolder.beginning(lane, thing, status)}

    def _inside(self, lane: Lane, thing: Any, ids: Mapping[str, str], index: Mapping[str, int]) -> None:
        if not isinstance(thing, dict):
            return
        lane_ids = {**ids, lane.name: thing.get("id", "")}
        for child in self.unfolder.inner(lane, thing):
            if not child.emits:
                continue
            if child.single:
                self.walk(child, thing, thing, lane_ids, index)
            elif child.place:
                for number, inner in enumerate(get(thing, child.place.split("/"), ()) or ()):
                    self.walk(child, inner, thing, lane_ids, {**index, child.identity[-1]: number})

    def _pieces(self, accumulates: Accumulation, base: Mapping[str, Any], owner: Any) -> None:
        text = _whole(accumulates, owner)
        pieces = split(text)
        head, shares = _beside(accumulates, {"type": accumulates.event, **base}, owner, len(pieces))
        name = accumulates.piece
        if self.padding and accumulates.padded:
            at = crc32(text.encode(errors="replace")) % POOL_STEPS
            events: list[Event] = [
                {**head, name: piece, PADDING: POOL[at : at + PAD_LENGTHS[len(piece) % PADDED_LENGTH]]}
                for piece in pieces
            ]
        else:
            events = [{**head, name: piece} for piece in pieces]
        for member, values in shares.items():
            for event, value in zip(events, values, strict=True):
                event[member] = [value]
        self.events += events


@lru_cache(maxsize=16)
def unfolder(dialect: Dialect) -> Unfolder:
    """Returns the unfolder of a dialect."""
    return Unfolder(dialect.grammar)


def type_of(thing: Any, lane: Lane) -> str:
    """The type of an object in the table; for a response, which has no type, the name of its lane."""
    return thing.get("type", lane.name) if isinstance(thing, dict) else lane.name


def get(thing: Any, path: Sequence[str], default: Any) -> Any:
    """Returns the value at a path of members, or a default."""
    for member in path:
        if not isinstance(thing, dict) or member not in thing:
            return default
        thing = thing[member]
    return thing


def put(thing: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Sets the value at a path of members, in copies of the objects on the way."""
    *way, last = path
    for member in way:
        if not isinstance(thing.get(member), dict):
            return
        thing[member] = {**thing[member]}
        thing = thing[member]
    if last in thing:
        thing[last] = value


def _blank_values(child: Lane) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The members of the enclosing object that a lane fills, with their empty values."""
    if child.place:
        yield tuple(child.place.split("/")), []
    elif child.accumulates and child.accumulates.into:
        yield tuple(child.accumulates.into.split("/")), ""
        for member in child.accumulates.beside.values():
            yield (member,), []


def _owner(lane: Lane, thing: Any, enclosing: Any) -> Any:
    """The object that the pieces belong to."""
    return thing if lane.place else enclosing


def _whole(accumulates: Accumulation, owner: Any) -> str:
    whole = get(owner, accumulates.into.split("/"), "") if accumulates.into else owner
    return whole if isinstance(whole, str) else ""


def _beside(
    accumulates: Accumulation, head: Event, owner: Any, number: int
) -> tuple[Event, Mapping[str, Sequence[Any]]]:
    """The members that all pieces share, and the lists that are divided among the pieces."""
    shares: dict[str, Sequence[Any]] = {}
    for member, source in accumulates.beside.items():
        if source in owner:
            head[member] = []
            if owner[source] and len(owner[source]) == number:
                shares[member] = owner[source]
    return head, shares


def _done(
    lane: Lane, accumulates: Accumulation, base: Mapping[str, Any], thing: Any, enclosing: Any
) -> Event:
    owner = _owner(lane, thing, enclosing)
    event = {"type": accumulates.done, **base, accumulates.whole: _whole(accumulates, owner)}
    for member, source in accumulates.beside.items():
        if source in owner:
            event[member] = owner[source]
    for member, source in lane.copies.get(accumulates.done, {}).items():
        if source in enclosing:
            event[member] = enclosing[source]
    return event
