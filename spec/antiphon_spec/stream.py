"""The grammar of a dialect's streams: a table of lanes with their machine, and the lives of the items.

The tables are data: `dialects/*/stream.yaml` and `items.yaml`. The files of `dialects/responses` describe
their formats. This module contains no name of an event and no type of an item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

from antiphon_spec.data import DataError, read_yaml
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.stream_machine import Breach, Machine, Node, Step

__all__ = [
    "UNKNOWN",
    "Accumulation",
    "Breach",
    "Grammar",
    "ItemLife",
    "Lane",
    "Machine",
    "Move",
    "load_grammar",
    "load_items",
]


@dataclass(frozen=True, slots=True)
class Accumulation:
    """The pieces of a lane, and the member that holds the whole."""

    event: str
    piece: str
    done: str
    whole: str
    into: str
    """Member path in the object of the lane, or in the enclosing one; empty when that object is the whole."""
    padded: bool
    """Whether events with pieces may have padding."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """Lists that come with the pieces: the member of the object, by the member of the events."""


@dataclass(frozen=True)
class Lane:
    """One row of the table: the states and events of one kind of object."""

    name: str
    title: str
    identity: tuple[str, ...]
    states: Mapping[str, Mapping[str, str]]
    """The next state, by state and event; the first state is the start."""
    open: frozenset[str]
    """The states in which events of inner objects may come."""
    final: frozenset[str]
    """The states in which a machine may be when the enclosing object ends."""
    within: str | None = None
    of: frozenset[str] | None = None
    """The types of the enclosing object for which the lane exists; None for all."""
    tolerates: frozenset[str] = frozenset()
    during: frozenset[str] = frozenset()
    """The states of the enclosing machine in which its events may come."""
    excused: frozenset[str] = frozenset()
    holds: str | None = None
    statuses: Mapping[str, frozenset[str]] = field(default_factory=dict)
    place: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    accumulates: Accumulation | None = None
    copies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    emits: tuple[str, ...] = ()
    blank: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    among: str | None = None
    """The lane among whose pieces its events come; None when they come after it."""
    ends: tuple[str, ...] = ()
    """The members of its objects that may say where in that text one ends; the first that is there counts."""
    single: bool = False
    """Whether the enclosing object has exactly one machine of this lane, from its beginning."""

    @cached_property
    def start(self) -> str:
        """The first state of a machine."""
        return next(iter(self.states))

    @cached_property
    def opening(self) -> frozenset[str]:
        """The events that may come first."""
        return frozenset(self.states[self.start])

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """The opening events that cannot come later; after one of them, the machine sees the whole object."""
        later = {event for state, moves in self.states.items() if state != self.start for event in moves}
        return self.opening - later

    @cached_property
    def targets(self) -> Mapping[str, str]:
        """The state to which each event leads."""
        return {event: state for moves in self.states.values() for event, state in moves.items()}

    @cached_property
    def closing(self) -> frozenset[str]:
        """The events after which no further event may come."""
        return frozenset(event for event, state in self.targets.items() if not self.states[state])


@dataclass(frozen=True, slots=True)
class Move:
    """The lane of one event type, and the state to which it leads."""

    event: str
    lane: Lane
    target: str


@dataclass(frozen=True)
class Grammar:
    """The lanes of one dialect's streams."""

    lanes: Mapping[str, Lane]
    rejects_unknown: bool = True
    """Whether an event type that is in no lane and has no prefix is a breach."""
    expects_newer: bool = False
    """Whether such a breach is only noted, because the vendor adds event types."""

    @cached_property
    def events(self) -> Mapping[str, Move]:
        """The lane and state of each event type."""
        return {
            event: Move(event, lane, state)
            for lane in self.lanes.values()
            for event, state in lane.targets.items()
        }

    def machine(self, *, resumed: bool = False) -> Machine:
        """A new machine; for a `resumed` stream one that may begin anywhere in the grammar."""
        return Machine(self, resumed=resumed)

    def children(self, lane: str | None) -> tuple[Lane, ...]:
        """The lanes directly inside a lane, in the order of the table."""
        return tuple(row for row in self.lanes.values() if row.within == lane)

    @cached_property
    def root(self) -> Lane | None:
        """The lane that is within no other lane."""
        return next(iter(self.children(None)), None)

    @cached_property
    def inside(self) -> Mapping[str, tuple[Lane, ...]]:
        """For each lane, the lanes directly inside it."""
        return {name: self.children(name) for name in self.lanes}

    @cached_property
    def among(self) -> Mapping[str, tuple[Lane, ...]]:
        """For each lane, the lanes whose events come among its pieces."""
        rows = self.lanes.values()
        return {name: tuple(row for row in rows if row.among == name) for name in self.lanes}

    @cached_property
    def steps(self) -> Mapping[str, Step]:
        """The step of each event type; the events of a lane share one step."""
        return {event: self.lane_steps[move.lane.name] for event, move in self.events.items()}

    @cached_property
    def lane_steps(self) -> Mapping[str, Step]:
        """The step of each lane, numbered in the order of the table."""
        nodes = {name: Node.graph(lane.states) for name, lane in self.lanes.items()}
        steps: dict[str, Step] = {}
        for name in self.lanes:
            Step.make(name, steps, nodes, self.lanes)
        return {name: steps[name] for name in self.lanes}

    def mermaid(self, lane: str) -> str:
        """A Mermaid state diagram of one lane."""
        return "\n".join(_diagram(self.lanes[lane]))


def load_grammar(folders: Sequence[Path]) -> Grammar:
    """The grammar of the `stream.yaml` files in these folders, parent first; a folder may have none.

    Raises DataError when one is malformed, or names a lane or a state that does not exist.
    """
    rows: dict[str, dict[str, Any]] = {}
    unknown, source = "ignored", "stream.yaml"
    for path in (folder / "stream.yaml" for folder in folders):
        if path.exists():
            content, source = read_yaml(path, schema="stream"), str(path)
            unknown = content["unknown"]
            rows |= {name: rows.get(name, {}) | (row or {}) for name, row in content["lanes"].items()}
            for name in (name for name, row in content["lanes"].items() if row is None):
                del rows[name]
    lanes = {name: _lane(name, row, rows, source) for name, row in rows.items()}
    return Grammar(lanes, rejects_unknown=unknown != "ignored", expects_newer=unknown == "noted")


def _lane(name: str, row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], source: str) -> Lane:
    where = f"{source}#/lanes/{name}"
    if "states" not in row or "identity" not in row:
        raise DataError(where, "states and an identity", "a lane without")
    parent = row.get("within")
    if "among" in row and row["among"] not in rows:
        raise DataError(f"{where}/among", "the name of a lane", repr(row["among"]))
    if parent is not None and parent not in rows:
        raise DataError(f"{where}/within", "the name of a lane", repr(parent))
    enclosing = rows[parent] if parent is not None else {}
    members = {
        "title": row.get("title", name),
        "identity": tuple(row["identity"]),
        "of": frozenset(row["of"]) if "of" in row else None,
        "open": _open(row),
        "final": frozenset(row.get("final", (state for state, moves in row["states"].items() if not moves))),
        "during": frozenset(row.get("during", _open(enclosing) if enclosing else ())),
        "statuses": {event: frozenset(names) for event, names in row.get("statuses", {}).items()},
        "emits": tuple(row.get("emits", ())),
        "ends": tuple(row.get("ends", ())),
        "lacks": {key: tuple(names) for key, names in row.get("lacks", {}).items()},
        "accumulates": Accumulation(**row["accumulates"]) if row.get("accumulates") else None,
        "single": parent is not None and row["identity"] == enclosing["identity"],
    }
    members |= {key: frozenset(row.get(key, ())) for key in ("tolerates", "excused")}
    lane = Lane(name=name, **(dict(row) | members))
    for problem in _problems(lane, enclosing):
        raise DataError(where, *problem)
    return lane


def _open(row: Mapping[str, Any]) -> frozenset[str]:
    states = row["states"]
    default = (state for index, (state, moves) in enumerate(states.items()) if index and moves)
    return frozenset(row.get("open", default))


def _problems(lane: Lane, enclosing: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Faults that the JSON Schema cannot find: unknown names, and several targets of one event."""
    for moves in lane.states.values():
        for event, state in moves.items():
            if state not in lane.states:
                yield f"a state of this lane after {event}", repr(state)
            if lane.targets[event] != state:
                yield f"{event} to lead to one state", f"{lane.targets[event]} and {state}"
    for state in (lane.open | lane.final) - set(lane.states):
        yield "states of this lane in open and final", repr(state)
    for state in lane.during - set(enclosing.get("states", ())):
        yield "states of the enclosing lane in during", repr(state)
    if list(lane.identity[: len(enclosing.get("identity", ()))]) != list(enclosing.get("identity", ())):
        yield "an identity that starts with the enclosing lane's", repr(list(lane.identity))
    for event in {*lane.emits, *lane.statuses, *lane.copies} - set(lane.targets):
        yield "events of this lane", repr(event)


def _diagram(lane: Lane) -> Iterator[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {lane.start}"
    for state, moves in lane.states.items():
        for event, target in moves.items():
            yield f"    {state} --> {target}: {event}"
    for state in lane.states:
        if state in lane.final:
            yield f"    {state} --> [*]"


@dataclass(frozen=True, slots=True)
class ItemLife:
    """What is known about the items of one type; nothing about a type that no table has."""

    status: str | None = None
    """Whether they have a status: `always`, `sometimes` or `never`; None when nobody knows."""
    added: frozenset[str] | None = None
    """The statuses that they may have when they are added; None when nobody knows."""
    done: frozenset[str] | None = None
    """The statuses that they may have when they are done; None when nobody knows."""
    ended: frozenset[str] | None = None
    """The statuses that they may have in a completed response; None when nobody knows."""
    closes: str = "always"
    """Whether they have an `output_item.done` of their own: `always` or `sometimes`."""
    provisional: tuple[str, ...] = ()
    """The members of the added item that the finished one may correct."""

    @property
    def may_be_in_progress(self) -> bool:
        """Whether one may be in progress in a response that has ended, or nobody knows."""
        return self.ended is None or "in_progress" in self.ended


UNKNOWN = ItemLife()
"""The life of an item of an unknown type: nothing about it is judged."""


def load_items(folders: Sequence[Path]) -> Mapping[str, ItemLife]:
    """The lives of the `items.yaml` files in these folders, parent first; a folder may have none.

    Raises DataError when one is malformed.
    """
    rows: dict[str, dict[str, Any]] = {}
    for path in (folder / "items.yaml" for folder in folders):
        for kind, row in read_yaml(path, schema="items")["items"].items() if path.exists() else ():
            if row is None:
                rows.pop(kind, None)
            else:
                rows[kind] = rows.get(kind, {}) | row
    return {kind: _life(row) for kind, row in rows.items()}


def _life(row: Mapping[str, Any]) -> ItemLife:
    statuses = {name: frozenset(row[name]) for name in ("added", "done", "ended") if name in row}
    return ItemLife(
        status=row.get("status"),
        closes=row.get("closes", "always"),
        provisional=tuple(row.get("provisional", ())),
        **statuses,
    )
