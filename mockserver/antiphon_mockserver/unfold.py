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
POOL = shake_256(b"antiphon").hexdigest(1024)
POOL_STEPS = len(POOL) - PADDED_LENGTH


class Unfolder:
    """Walks one dialect's table; what depends on lane and type only is looked up once."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._emptied: dict[tuple[str, str], tuple[tuple[tuple[str, ...], Any], ...]] = {}
        self._inner: dict[tuple[str, str], tuple[Lane, ...]] = {}

    def events(self, whole: Mapping[str, Any], *, queued: bool, padded: bool) -> Iterator[Event]:
        """The events of a finished response, not yet numbered."""
        root = self.grammar.root
        if root is not None:
            yield from _Run(self, queued=queued, padded=padded).walk(root, whole, None, {}, {})

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
    """One walk."""

    def __init__(self, unfolder: Unfolder, *, queued: bool, padded: bool) -> None:
        self.unfolder = unfolder
        self.waiting = queued
        self.padded = padded

    def walk(
        self, lane: Lane, thing: Any, enclosing: Any, ids: Mapping[str, str], index: Mapping[str, int]
    ) -> Iterator[Event]:
        """The events of one object and of all that is inside it."""
        run = self._run(lane, thing, enclosing)
        base: dict[str, Any] = {**{member: ids[named] for member, named in lane.names.items()}, **index}
        accumulates = lane.accumulates
        for number, event in enumerate(run):
            last = number == len(run) - 1
            if last and not lane.accumulates:
                yield from self._inside(lane, thing, ids, index)
            if accumulates and event == accumulates.event:
                yield from self._pieces(accumulates, base, _owner(lane, thing, enclosing))
            elif accumulates and event == accumulates.done:
                yield _done(lane, accumulates, base, thing, enclosing)
            else:
                yield {"type": event, **base, **self._held(lane, thing, event, last)}

    def _run(self, lane: Lane, thing: Any, enclosing: Any) -> Sequence[str]:
        """The events of an ordinary run, the last chosen by the status, one for waiting after the first."""
        status = (thing if lane.holds else enclosing or thing).get("status")
        *run, last = lane.emits
        if last in lane.closing and last in lane.statuses:
            last = next((event for event in lane.closing if status in lane.statuses.get(event, ())), last)
        elif status in lane.excused and lane.holds is None and not lane.accumulates:
            return run
        if self.waiting:
            run[1:1] = (event for event, found in lane.statuses.items() if found == {"queued"})
        return (*run, last)

    def _held(self, lane: Lane, thing: Any, event: str, last: bool) -> Mapping[str, Any]:
        if lane.holds is None:
            return {lane.accumulates.whole: ""} if lane.accumulates and not lane.single else {}
        if last:
            return {lane.holds: thing}
        allowed = lane.statuses.get(event)
        waiting = self.waiting and allowed is not None and "queued" in allowed
        status = "queued" if waiting else next(iter(allowed - {"queued"}), None) if allowed else None
        return {lane.holds: self.unfolder.opened(lane, thing, status)}

    def _inside(
        self, lane: Lane, thing: Any, ids: Mapping[str, str], index: Mapping[str, int]
    ) -> Iterator[Event]:
        if not isinstance(thing, Mapping):
            return
        known = {**ids, lane.name: thing.get("id", "")}
        for child in self.unfolder.inner(lane, thing):
            if not child.emits:
                continue
            if child.single:
                yield from self.walk(child, thing, thing, known, index)
            elif child.place:
                for number, inner in enumerate(get(thing, child.place.split("/"), ())):
                    yield from self.walk(child, inner, thing, known, {**index, child.identity[-1]: number})

    def _pieces(self, accumulates: Accumulation, base: Mapping[str, Any], owner: Any) -> Iterator[Event]:
        text = _whole(accumulates, owner)
        event, piece = accumulates.event, accumulates.piece
        head = {"type": event, **base}
        beside = {
            member: get(owner, (held,), None) for member, held in accumulates.beside.items() if held in owner
        }
        pieces = split(text)
        shares = {member: _shares(values, pieces) for member, values in beside.items()}
        head |= {member: [] for member, share in shares.items() if share is None}
        dealt = {member: share for member, share in shares.items() if share is not None}
        pad = self.padded and accumulates.padded
        start = crc32(text.encode(errors="replace"))
        for number, part in enumerate(pieces):
            made = {**head, piece: part}
            for member, share in dealt.items():
                made[member] = [share[number]]
            if pad:
                at = (start + number * 37) % POOL_STEPS
                made["obfuscation"] = POOL[at : at + (-len(part) % PADDED_LENGTH or PADDED_LENGTH)]
            yield made


@lru_cache(maxsize=16)
def unfolder(dialect: Dialect) -> Unfolder:
    """The unfolder of a dialect."""
    return Unfolder(dialect.grammar)


def type_of(thing: Any, lane: Lane) -> str:
    """The type by which the table knows an object; the response has none and is known by its lane."""
    return thing.get("type", lane.name) if isinstance(thing, Mapping) else lane.name


def get(thing: Any, path: Sequence[str], otherwise: Any) -> Any:
    """What stands at a path of members, or else something."""
    for member in path:
        if not isinstance(thing, Mapping) or member not in thing:
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


def _shares(values: Sequence[Any], pieces: Sequence[str]) -> Sequence[Any] | None:
    """One value a piece, or None when there are not as many."""
    return values if values and len(values) == len(pieces) else None


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
