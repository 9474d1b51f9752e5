"""Where the events of a stream belong that do not say it: `output_index` and the like, inferred.

An event without an index belongs to the object that its id names or, failing that, to the first object that
fits: announced, of the right type, not ended. The rule on the indices reports that they are missing; every
other rule judges the stream as if they were there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from typing import Any

from antiphon_conformance.http.exchange import Event
from antiphon_conformance.rules.reading.output import typed_item, typed_part
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.stream import Grammar, Lane

Json = Mapping[str, Any]


def is_index(value: Any) -> bool:
    """Whether a value can be an index: an integer from 0."""
    return type(value) is int and value >= 0


MOST_SIBLINGS = 1000
"""An event without index and id means one of so many objects, the last ones."""


def places(
    events: Sequence[Event], groups: Mapping[str, Sequence[Event]], grammar: Grammar
) -> Sequence[Json]:
    """The data of each event, with its type and with the indices and types that can be inferred.

    `groups` are the events by type.
    """
    if all(_are_placed(kind, group, grammar) for kind, group in groups.items()):
        return [event.data for event in events]
    places_so_far = _Places(grammar)
    return [places_so_far.place(event) for event in events]


def _are_placed(kind: str, events: Sequence[Event], grammar: Grammar) -> bool:
    """Whether all events of a type say where they belong."""
    move, rows = grammar.events.get(kind), [event.data for event in events]
    if not all("type" in row for row in rows):
        return False
    if move is None or move.lane.within is None:
        return True
    held = [row.get(move.lane.holds) for row in rows] if move.lane.holds else ()
    if any(isinstance(value, dict) and "type" not in value for value in held):
        return False
    return all(_are_indices([row.get(name) for row in rows]) for name in move.lane.identity)


def _are_indices(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {int} and min(values) >= 0


@dataclass(slots=True, eq=False)
class _Place:
    """An object of the stream, as far as its events have told."""

    index: int
    content: Json = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    """The lanes that have ended in it, its own included."""
    is_fresh: bool = True
    """Whether no event came since its announcement."""
    inner: dict[str, _Siblings] = field(default_factory=dict)
    """The objects inside, by the member that counts them."""


@dataclass(slots=True, eq=False)
class _Siblings:
    """The objects inside one other, in order; the first of an index or id counts."""

    all: list[_Place] = field(default_factory=list)
    by_index: dict[int, _Place] = field(default_factory=dict)
    by_id: dict[str, tuple[int, _Place]] = field(default_factory=dict)
    """Each with its number."""
    following: int = 0
    """One more than the greatest index."""
    numbers: dict[int, int] = field(default_factory=dict)
    """The number of each object, by its identity."""

    def add(self, place: _Place) -> None:
        """Adds an object."""
        self.numbers[id(place)] = len(self.all)
        self.all.append(place)
        self.by_index.setdefault(place.index, place)
        self.following = max(self.following, place.index + 1)

    def name(self, place: _Place, ids: set[str]) -> None:
        """Adds ids of an object."""
        number = self.numbers[id(place)]
        for name in ids - place.ids:
            if name not in self.by_id or self.by_id[name][0] > number:
                self.by_id[name] = number, place
        place.ids |= ids

    def of_ids(self, ids: set[str]) -> list[_Place]:
        """The first object that has one of these ids."""
        candidates = [self.by_id[name] for name in ids if name in self.by_id]
        return [min(candidates, key=lambda entry: entry[0])[1]] if candidates else []


class _Places:
    """The objects of a stream so far."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._root = _Place(0)

    def place(self, event: Event) -> Json:
        """The data of the next event, with what it lacks."""
        move = self._grammar.events.get(event.type)
        data = {**event.data, "type": event.type}
        if move is None or move.lane.within is None:
            return data
        lane, place = move.lane, self._root
        owners = self._owners(lane)
        for owner in owners:
            name = owner.identity[-1]
            place, outer = self._inside(place, owner, owners, event, lane), place
            data[name] = place.index if not is_index(data.get(name)) else data[name]
            if owner is lane and isinstance(data.get(lane.holds or ""), dict):
                data[lane.holds or ""] = place.content = _typed(data[lane.holds or ""], outer, lane)
        place.is_fresh = event.type in lane.beginnings and bool(lane.holds)
        if event.type in lane.closing:
            place.ended.add(lane.name)
        return data

    def _owners(self, lane: Lane) -> list[Lane]:
        """The lanes whose objects the indices of an event count, outermost first."""
        chain = [lane]
        while chain[0].within:
            chain.insert(0, self._grammar.lanes[chain[0].within])
        return [row for outer, row in pairwise(chain) if row.identity != outer.identity]

    def _inside(self, outer: _Place, owner: Lane, owners: Sequence[Lane], event: Event, lane: Lane) -> _Place:
        """The object of one lane to which an event belongs; a new one when there is none yet."""
        siblings = outer.inner.setdefault(owner.identity[-1], _Siblings())
        index, ids = event.data.get(owner.identity[-1]), _ids(event, owner, lane)
        if is_index(index):
            matches = [siblings.by_index[index]] if index in siblings.by_index else []
        else:
            matches = siblings.of_ids(ids)
            if not matches and event.type in owner.opening and owner.holds:
                matches = [place for place in siblings.all[-1:] if place.is_fresh and not ids]
            elif not matches:
                matches = self._fitting(siblings.all[-MOST_SIBLINGS:], owner, owners, event, lane)
        if not matches:
            matches = [_Place(index if index is not None and is_index(index) else siblings.following)]
            siblings.add(matches[0])
        siblings.name(matches[0], ids)
        return matches[0]

    def _fitting(
        self, siblings: list[_Place], owner: Lane, owners: Sequence[Lane], event: Event, lane: Lane
    ) -> list[_Place]:
        """The objects that an event without index and id may mean, the likeliest first."""
        kinds = _kinds(owner, owners, event, lane)
        of_kind = [place for place in siblings if not kinds or place.content.get("type") in kinds]
        last = of_kind[-1:] or siblings[-1:]
        return [place for place in of_kind if not place.ended & {owner.name, lane.name}] or last


def _kinds(owner: Lane, owners: Sequence[Lane], event: Event, lane: Lane) -> list[Any]:
    """The types of objects of a lane to which an event may belong; empty when any will do."""
    if owner is lane and owner.holds:
        held = event.data.get(owner.holds)
        return [held["type"]] if isinstance(held, dict) and "type" in held else []
    inner = next((row for row in (*owners, lane) if row.within == owner.name), None)
    return [*inner.of, *inner.tolerates] if inner is not None and inner.of else []


def _ids(event: Event, owner: Lane, lane: Lane) -> set[str]:
    """The ids by which an event names an object of a lane."""
    held = event.data.get(owner.holds) if owner is lane and owner.holds else None
    values = [held.get("id") if isinstance(held, dict) else None]
    values += [event.data.get(name) for name, named in lane.names.items() if named == owner.name]
    return {value for value in values if isinstance(value, str) and value}


def _typed(held: Json, outer: _Place, lane: Lane) -> Json:
    """The object in an event, with its type."""
    return typed_part(held, outer.content, lane.place or "") if lane.within == "item" else typed_item(held)
