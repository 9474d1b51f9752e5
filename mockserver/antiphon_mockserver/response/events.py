"""Builds the events of a finished response by walking the stream table of the dialect; it names no event."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from antiphon_mockserver.response.frames import Event, Events, Part, Pieces, padding_of
from antiphon_mockserver.response.tokens import split
from antiphon_spec.dialect import Dialect
from antiphon_spec.stream import Accumulation, Grammar, Lane

Moments = Mapping[tuple[str, str], Sequence[Sequence[Mapping[str, Any]]]]
"""What only the stream shows, by lane and id of the enclosing object: the members of each object's events."""


class EventComposer:
    """Walks the table of one dialect; caches what depends only on lane and type."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._blanks: dict[tuple[str, str], tuple[tuple[tuple[str, ...], Any], ...]] = {}
        self._inner: dict[tuple[str, str], tuple[Lane, ...]] = {}

    def events(
        self, response: Mapping[str, Any], *, waiting: bool, padding: bool, moments: Moments | None = None
    ) -> list[Part]:
        """Returns the events of a finished response."""
        walk = _Walk(self, waiting=waiting, padding=padding, moments=moments or {})
        if self.grammar.root is not None:
            walk.add(self.grammar.root, response, None, {}, {})
        return walk.events

    def inside(self, response: Mapping[str, Any], *, padding: bool) -> list[Part]:
        """Returns the events of all that is inside a response, without its own first and last ones."""
        walk = _Walk(self, waiting=False, padding=padding, moments={})
        if self.grammar.root is not None:
            walk.add_inside(self.grammar.root, response, {}, {})
        return walk.events

    def inner(self, lane: Lane, node: Any) -> tuple[Lane, ...]:
        """Returns the lanes inside this object."""
        kind = type_of(node, lane)
        key = (lane.name, kind)
        if key not in self._inner:
            inside = self.grammar.inside[lane.name]
            self._inner[key] = tuple(child for child in inside if child.of is None or kind in child.of)
        return self._inner[key]

    def beginning(self, lane: Lane, node: Mapping[str, Any], status: str | None) -> dict[str, Any]:
        """Returns the object as in its first event: without what the lanes inside it will add."""
        beginning = {**node}
        if status is not None and "status" in beginning:
            beginning["status"] = status
        for path, value in self._empty_values(lane, node):
            if path[0] in beginning:
                put(beginning, path, value)
        for member in lane.lacks.get(type_of(node, lane), ()):
            beginning.pop(member, None)
        return beginning

    def _empty_values(self, lane: Lane, node: Any) -> tuple[tuple[tuple[str, ...], Any], ...]:
        """The paths to empty in an object of this type, with their empty values."""
        kind = type_of(node, lane)
        key = (lane.name, kind)
        if key not in self._blanks:
            blanks = [pair for child in self.inner(lane, node) for pair in _blank_values(child)]
            blanks += [((member,), value) for member, value in lane.blank.get(kind, {}).items()]
            self._blanks[key] = tuple(blanks)
        return self._blanks[key]


class _Walk:
    """One walk over a response, with its events so far."""

    def __init__(
        self, event_composer: EventComposer, *, waiting: bool, padding: bool, moments: Moments
    ) -> None:
        self.event_composer = event_composer
        self.moments = moments
        self.waiting = waiting
        self.padding = padding
        self.events: list[Part] = []

    def add(
        self, lane: Lane, node: Any, parent: Any, ids: Mapping[str, str], index: Mapping[str, int]
    ) -> None:
        """Adds the events of one object and of everything inside it."""
        base: dict[str, Any] = {
            **{member: ids[lane_name] for member, lane_name in lane.names.items()},
            **index,
        }
        accumulation = lane.accumulates
        *run, last = self._event_types(lane, node, parent)
        for event in run:
            if accumulation and event == accumulation.event:
                pieces = self._pieces(accumulation, base, _owner(lane, node, parent))
                for child in self.event_composer.grammar.among[lane.name]:
                    if nodes := get(parent, (child.place or "").split("/"), ()):
                        pieces = self._add_among(child, nodes, pieces, accumulation.piece, ids, index)
                self.events += pieces
            elif accumulation and event == accumulation.done:
                self.events.append(_done_event(lane, accumulation, base, node, parent))
            else:
                self.events.append({"type": event, **base, **self._object_members(lane, node, event)})
        self.add_inside(lane, node, ids, index)
        if accumulation and last == accumulation.done:
            self.events.append(_done_event(lane, accumulation, base, node, parent))
        else:
            self.events.append({"type": last, **base, **({lane.holds: node} if lane.holds else {})})

    def _event_types(self, lane: Lane, node: Any, parent: Any) -> Sequence[str]:
        """The event types of an object; its status selects the last, and a queue adds one after the first."""
        *run, last = lane.emits
        status = None
        if lane.statuses or lane.excused:
            status = (node if lane.holds else parent).get("status")
        if last in lane.statuses:
            last = next((event for event in lane.closing if status in lane.statuses.get(event, ())), last)
        elif lane.holds is None and status in lane.excused and run:
            *run, last = run
        if self.waiting and lane is self.event_composer.grammar.root:
            run[1:1] = (event for event, statuses in lane.statuses.items() if statuses == {"queued"})
        return (*run, last)

    def _object_members(self, lane: Lane, node: Any, event: str) -> Mapping[str, Any]:
        """The members of an event before the last one that describe the object itself."""
        if lane.holds is None:
            return {lane.accumulates.whole: ""} if lane.accumulates and not lane.single else {}
        statuses = lane.statuses.get(event, frozenset())
        status = (
            "queued" if self.waiting and "queued" in statuses else next(iter(statuses - {"queued"}), None)
        )
        return {lane.holds: self.event_composer.beginning(lane, node, status)}

    def add_inside(self, lane: Lane, node: Any, ids: Mapping[str, str], index: Mapping[str, int]) -> None:
        """Adds the events of everything inside one object."""
        if not isinstance(node, dict):
            return
        lane_ids = {**ids, lane.name: node.get("id", "")}
        for child in self.event_composer.inner(lane, node):
            if not child.emits or child.among is not None:
                continue
            if child.single:
                self.add(child, node, node, lane_ids, index)
            elif child.place:
                for number, inner in enumerate(get(node, child.place.split("/"), ()) or ()):
                    self.add(child, inner, node, lane_ids, {**index, child.identity[-1]: number})
            elif self.moments:
                for number, members in enumerate(self.moments.get((child.name, node.get("id", "")), ())):
                    self._add_moment(child, members, lane_ids, {**index, child.identity[-1]: number})

    def _add_among(
        self,
        lane: Lane,
        nodes: Sequence[Any],
        pieces: Sequence[Part],
        piece: str,
        ids: Mapping[str, str],
        index: Mapping[str, int],
    ) -> Sequence[Part]:
        """Adds objects, each after the pieces until its end; returns the pieces that are left."""
        events = [event for part in pieces for event in Events((part,))]
        step = length = 0
        for number, node in enumerate(nodes):
            end = next((node[member] for member in lane.ends if member in node), math.inf)
            while step < len(events) and length < end:
                length += len(events[step][piece])
                step += 1
                self.events.append(events[step - 1])
            self.add(lane, node, None, ids, {**index, lane.identity[-1]: number})
        return events[step:]

    def _add_moment(
        self,
        lane: Lane,
        members: Sequence[Mapping[str, Any]],
        ids: Mapping[str, str],
        index: Mapping[str, int],
    ) -> None:
        base = {member: ids[lane_name] for member, lane_name in lane.names.items()}
        self.events += [
            {"type": event, **base, **index, **own} for event, own in zip(lane.emits, members, strict=True)
        ]

    def _pieces(self, accumulation: Accumulation, base: Mapping[str, Any], owner: Any) -> Sequence[Part]:
        text = _full_text(accumulation, owner)
        texts = split(text)
        head, shares = _split_members(accumulation, {"type": accumulation.event, **base}, owner, len(texts))
        padding: Sequence[str] = ()
        if self.padding and accumulation.padded:
            padding = padding_of(text)
        pieces = Pieces(head, accumulation.piece, texts, padding)
        if not shares:
            return (pieces,)
        events = list(pieces)
        for member, values in shares.items():
            for event, value in zip(events, values, strict=True):
                event[member] = [value]
        return events


@lru_cache(maxsize=16)
def event_composer(dialect: Dialect) -> EventComposer:
    """Returns the composer of the events of a dialect."""
    return EventComposer(dialect.grammar)


def type_of(node: Any, lane: Lane) -> str:
    """The type of an object in the table; for a response, which has no type, the name of its lane."""
    return node.get("type", lane.name) if isinstance(node, dict) else lane.name


def get(node: Any, path: Sequence[str], default: Any) -> Any:
    """Returns the value at a path of members, or `default` when a member is missing."""
    for member in path:
        if not isinstance(node, dict) or member not in node:
            return default
        node = node[member]
    return node


def put(node: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Sets the value at a path of members, in copies of the objects on the way; null stays null."""
    *way, last = path
    for member in way:
        if not isinstance(node.get(member), dict):
            return
        node[member] = {**node[member]}
        node = node[member]
    if node.get(last) is not None:
        node[last] = value


def _blank_values(child: Lane) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The members of the enclosing object that a lane fills, with their empty values."""
    if child.place:
        yield tuple(child.place.split("/")), []
    elif child.accumulates and child.accumulates.into:
        yield tuple(child.accumulates.into.split("/")), ""
        for member in child.accumulates.beside.values():
            yield (member,), []


def _owner(lane: Lane, node: Any, parent: Any) -> Any:
    """The object that the pieces belong to."""
    return node if lane.place else parent


def _full_text(accumulation: Accumulation, owner: Any) -> str:
    whole = get(owner, accumulation.into.split("/"), "") if accumulation.into else owner
    return whole if isinstance(whole, str) else ""


def _split_members(
    accumulation: Accumulation, head: Event, owner: Any, number: int
) -> tuple[Event, Mapping[str, Sequence[Any]]]:
    """The members that all pieces share, and the lists that are divided among the pieces."""
    shares: dict[str, Sequence[Any]] = {}
    for member, source in accumulation.beside.items():
        if source in owner:
            head[member] = []
            if owner[source] and len(owner[source]) == number:
                shares[member] = owner[source]
    return head, shares


def _done_event(
    lane: Lane, accumulation: Accumulation, base: Mapping[str, Any], node: Any, parent: Any
) -> Event:
    owner = _owner(lane, node, parent)
    event = {"type": accumulation.done, **base, accumulation.whole: _full_text(accumulation, owner)}
    for member, source in accumulation.beside.items():
        if source in owner:
            event[member] = owner[source]
    for member, source in lane.copies.get(accumulation.done, {}).items():
        if source in parent:
            event[member] = parent[source]
    return event
