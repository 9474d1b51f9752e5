"""A finished object -> its events, by walking the dialect's stream table; no event is known by name here."""

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
"""A padded piece and its padding have a multiple of this many characters, so that sizes tell little."""
PAD_LENGTHS = tuple(PADDED_LENGTH - length for length in range(PADDED_LENGTH))
PADDING = "obfuscation"
POOL = shake_256(b"antiphon").hexdigest(1024)
POOL_STEPS = len(POOL) - PADDED_LENGTH


class Unfolder:
    """Walks one dialect's table; what depends on lane and type only is looked up once."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._emptied: dict[tuple[str, str], tuple[tuple[tuple[str, ...], Any], ...]] = {}
        self._inner: dict[tuple[str, str], tuple[Lane, ...]] = {}

    def events(self, whole: Mapping[str, Any], *, queued: bool, padded: bool) -> list[Event]:
        """The events of a finished response."""
        run = _Run(self, queued=queued, padded=padded)
        if self.grammar.root is not None:
            run.walk(self.grammar.root, whole, None, {}, {})
        return run.events

    def inner(self, lane: Lane, thing: Any) -> tuple[Lane, ...]:
        """The lanes inside this object."""
        kind = type_of(thing, lane)
        key = (lane.name, kind)
        if key not in self._inner:
            inside = self.grammar.inside[lane.name]
            self._inner[key] = tuple(child for child in inside if child.of is None or kind in child.of)
        return self._inner[key]

    def opened(self, lane: Lane, thing: Mapping[str, Any], status: str | None) -> dict[str, Any]:
        """The object as its first event has it: nothing that the lanes inside will tell."""
        opened = {**thing}
        if status is not None and "status" in opened:
            opened["status"] = status
        for path, value in self._empty(lane, thing):
            if path[0] in opened:
                put(opened, path, value)
        for member in lane.lacks.get(type_of(thing, lane), ()):
            opened.pop(member, None)
        return opened

    def _empty(self, lane: Lane, thing: Any) -> tuple[tuple[tuple[str, ...], Any], ...]:
        """What to empty in an object of this type: paths, and what stands there then."""
        kind = type_of(thing, lane)
        key = (lane.name, kind)
        if key not in self._emptied:
            emptied = [pair for child in self.inner(lane, thing) for pair in _told_by(child)]
            emptied += [((member,), value) for member, value in lane.blank.get(kind, {}).items()]
            self._emptied[key] = tuple(emptied)
        return self._emptied[key]


class _Run:
    """One walk, and the events so far."""

    def __init__(self, unfolder: Unfolder, *, queued: bool, padded: bool) -> None:
        self.unfolder = unfolder
        self.waiting = queued
        self.padded = padded
        self.events: list[Event] = []

    def walk(
        self, lane: Lane, thing: Any, enclosing: Any, ids: Mapping[str, str], index: Mapping[str, int]
    ) -> None:
        """Tells of one object and of all that is inside it."""
        base: dict[str, Any] = {**{member: ids[named] for member, named in lane.names.items()}, **index}
        accumulates = lane.accumulates
        *run, last = self._run(lane, thing, enclosing)
        for event in run:
            if accumulates and event == accumulates.event:
                self._pieces(accumulates, base, _owner(lane, thing, enclosing))
            elif accumulates and event == accumulates.done:
                self.events.append(_done(lane, accumulates, base, thing, enclosing))
            else:
                self.events.append({"type": event, **base, **self._held(lane, thing, event)})
        self._inside(lane, thing, ids, index)
        if accumulates and last == accumulates.done:
            self.events.append(_done(lane, accumulates, base, thing, enclosing))
        else:
            self.events.append({"type": last, **base, **({lane.holds: thing} if lane.holds else {})})

    def _run(self, lane: Lane, thing: Any, enclosing: Any) -> Sequence[str]:
        """The events of an ordinary run, the last chosen by the status, one for waiting after the first."""
        *run, last = lane.emits
        status = None
        if lane.statuses or lane.excused:
            status = (thing if lane.holds else enclosing).get("status")
        if last in lane.statuses:
            last = next((event for event in lane.closing if status in lane.statuses.get(event, ())), last)
        elif lane.holds is None and status in lane.excused and run:
            *run, last = run
        if self.waiting and lane is self.unfolder.grammar.root:
            run[1:1] = (event for event, found in lane.statuses.items() if found == {"queued"})
        return (*run, last)

    def _held(self, lane: Lane, thing: Any, event: str) -> Mapping[str, Any]:
        """What an event before the last one bears of the object itself."""
        if lane.holds is None:
            return {lane.accumulates.whole: ""} if lane.accumulates and not lane.single else {}
        allowed = lane.statuses.get(event, frozenset())
        status = "queued" if self.waiting and "queued" in allowed else next(iter(allowed - {"queued"}), None)
        return {lane.holds: self.unfolder.opened(lane, thing, status)}

    def _inside(self, lane: Lane, thing: Any, ids: Mapping[str, str], index: Mapping[str, int]) -> None:
        if not isinstance(thing, dict):
            return
        known = {**ids, lane.name: thing.get("id", "")}
        for child in self.unfolder.inner(lane, thing):
            if not child.emits:
                continue
            if child.single:
                self.walk(child, thing, thing, known, index)
            elif child.place:
                for number, inner in enumerate(get(thing, child.place.split("/"), ()) or ()):
                    self.walk(child, inner, thing, known, {**index, child.identity[-1]: number})

    def _pieces(self, accumulates: Accumulation, base: Mapping[str, Any], owner: Any) -> None:
        text = _whole(accumulates, owner)
        pieces = split(text)
        head, dealt = _beside(accumulates, {"type": accumulates.event, **base}, owner, len(pieces))
        name = accumulates.piece
        if self.padded and accumulates.padded:
            at = crc32(text.encode(errors="replace")) % POOL_STEPS
            made: list[Event] = [
                {**head, name: piece, PADDING: POOL[at : at + PAD_LENGTHS[len(piece) % PADDED_LENGTH]]}
                for piece in pieces
            ]
        else:
            made = [{**head, name: piece} for piece in pieces]
        for member, values in dealt.items():
            for event, value in zip(made, values, strict=True):
                event[member] = [value]
        self.events += made


@lru_cache(maxsize=16)
def unfolder(dialect: Dialect) -> Unfolder:
    """The unfolder of a dialect."""
    return Unfolder(dialect.grammar)


def type_of(thing: Any, lane: Lane) -> str:
    """The type by which the table knows an object; the response has none and is known by its lane."""
    return thing.get("type", lane.name) if isinstance(thing, dict) else lane.name


def get(thing: Any, path: Sequence[str], otherwise: Any) -> Any:
    """What stands at a path of members, or else something."""
    for member in path:
        if not isinstance(thing, dict) or member not in thing:
            return otherwise
        thing = thing[member]
    return thing


def put(thing: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Sets what stands at a path of members, in copies of the objects on the way."""
    *way, last = path
    for member in way:
        if not isinstance(thing.get(member), dict):
            return
        thing[member] = {**thing[member]}
        thing = thing[member]
    if last in thing:
        thing[last] = value


def _told_by(child: Lane) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What the enclosing object lacks while the lane has told nothing."""
    if child.place:
        yield tuple(child.place.split("/")), []
    elif child.accumulates and child.accumulates.into:
        yield tuple(child.accumulates.into.split("/")), ""
        for held in child.accumulates.beside.values():
            yield (held,), []


def _owner(lane: Lane, thing: Any, enclosing: Any) -> Any:
    """The object into which the pieces go."""
    return thing if lane.place else enclosing


def _whole(accumulates: Accumulation, owner: Any) -> str:
    whole = get(owner, accumulates.into.split("/"), "") if accumulates.into else owner
    return whole if isinstance(whole, str) else ""


def _beside(
    accumulates: Accumulation, head: Event, owner: Any, number: int
) -> tuple[Event, Mapping[str, Sequence[Any]]]:
    """What all pieces have in common, and the lists of which each piece gets a share of its own."""
    dealt: dict[str, Sequence[Any]] = {}
    for member, held in accumulates.beside.items():
        if held in owner:
            head[member] = []
            if owner[held] and len(owner[held]) == number:
                dealt[member] = owner[held]
    return head, dealt


def _done(
    lane: Lane, accumulates: Accumulation, base: Mapping[str, Any], thing: Any, enclosing: Any
) -> Event:
    owner = _owner(lane, thing, enclosing)
    event = {"type": accumulates.done, **base, accumulates.whole: _whole(accumulates, owner)}
    for member, held in accumulates.beside.items():
        if held in owner:
            event[member] = owner[held]
    for member, copied in lane.copies.get(accumulates.done, {}).items():
        if copied in enclosing:
            event[member] = enclosing[copied]
    return event
