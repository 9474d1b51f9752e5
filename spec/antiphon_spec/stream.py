"""The grammar of a dialect's streams: a table of lanes, and the machine that walks it.

The table is data: `dialects/*/stream.yaml`; its format is described in `dialects/responses/stream.yaml`.
This module knows no event by name: it reads the table and follows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from antiphon_spec.data import DataError, read_yaml
from antiphon_spec.machine import Breach, Machine, Node, Step

__all__ = ["Accumulation", "Breach", "Grammar", "Lane", "Machine", "Move", "load_grammar"]


@dataclass(frozen=True, slots=True)
class Accumulation:
    """What the pieces of a lane add up to, and where the whole ends up."""

    event: str
    piece: str
    done: str
    whole: str
    into: str
    """Member path in the object of the lane, or in the enclosing one; empty when that object is the whole."""
    padded: bool
    beside: Mapping[str, str] = field(default_factory=dict)
    """Lists that are handed out along with the pieces: member of the events -> member of the object."""


@dataclass(frozen=True)
class Lane:
    """One row of the table: the states that the events of one kind of object step through."""

    name: str
    title: str
    identity: tuple[str, ...]
    states: Mapping[str, Mapping[str, str]]
    """State -> event -> next state; the first state is where a machine starts."""
    open: frozenset[str]
    """The states in which objects inside may speak."""
    final: frozenset[str]
    """The states in which a machine may rest when the enclosing object ends."""
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
    single: bool = False
    """Whether the enclosing object has exactly one machine of this lane, there from the beginning."""

    @cached_property
    def start(self) -> str:
        """The state in which a machine begins."""
        return next(iter(self.states))

    @cached_property
    def opening(self) -> frozenset[str]:
        """The events with which a machine begins."""
        return frozenset(self.states[self.start])

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """The opening events that cannot come later as well: whoever sees one sees all of the object."""
        later = {event for state, moves in self.states.items() if state != self.start for event in moves}
        return self.opening - later

    @cached_property
    def targets(self) -> Mapping[str, str]:
        """Event -> the state to which it leads."""
        return {event: state for moves in self.states.values() for event, state in moves.items()}

    @cached_property
    def closing(self) -> frozenset[str]:
        """The events after which nothing may come."""
        return frozenset(event for event, state in self.targets.items() if not self.states[state])


@dataclass(frozen=True, slots=True)
class Move:
    """Where one event type belongs: its lane, and the state to which it leads."""

    event: str
    lane: Lane
    target: str


@dataclass(frozen=True)
class Grammar:
    """The lanes of one dialect's streams."""

    lanes: Mapping[str, Lane]
    refuses_unknown: bool = True
    """Whether event types of no lane, without a prefix, are a breach."""
    expects_newer: bool = False
    """Whether such a breach is only noted: the vendor adds event types to its own."""

    @cached_property
    def events(self) -> Mapping[str, Move]:
        """Event type -> where it belongs."""
        return {
            event: Move(event, lane, state)
            for lane in self.lanes.values()
            for event, state in lane.targets.items()
        }

    def machine(self, *, resumed: bool = False) -> Machine:
        """A fresh machine; for a `resumed` stream one that may begin anywhere in the grammar."""
        return Machine(self, resumed=resumed)

    def children(self, lane: str | None) -> tuple[Lane, ...]:
        """The lanes directly inside a lane, in the order of the table."""
        return tuple(found for found in self.lanes.values() if found.within == lane)

    @cached_property
    def root(self) -> Lane | None:
        """The lane that stands within no other."""
        return next(iter(self.children(None)), None)

    @cached_property
    def inside(self) -> Mapping[str, tuple[Lane, ...]]:
        """Lane -> the lanes directly inside it."""
        return {name: self.children(name) for name in self.lanes}

    @cached_property
    def steps(self) -> Mapping[str, Step]:
        """What the machine needs to know of each event, looked up once; the events of a lane share a step."""
        return {event: self.lane_steps[move.lane.name] for event, move in self.events.items()}

    @cached_property
    def lane_steps(self) -> Mapping[str, Step]:
        """The step of each lane, numbered in the order of the table."""
        nodes = {name: Node.graph(lane.states) for name, lane in self.lanes.items()}
        made: dict[str, Step] = {}
        for name in self.lanes:
            Step.make(name, made, nodes, self.lanes)
        return {name: made[name] for name in self.lanes}

    def mermaid(self, lane: str) -> str:
        """A Mermaid state diagram of one lane."""
        return "\n".join(_diagram(self.lanes[lane]))


def load_grammar(folders: Sequence[Path]) -> Grammar:
    """The grammar that the `stream.yaml` of these folders make, parent first; a folder may have none.

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
    return Grammar(lanes, refuses_unknown=unknown != "ignored", expects_newer=unknown == "noted")


def _lane(name: str, row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], source: str) -> Lane:
    where = f"{source}#/lanes/{name}"
    if "states" not in row or "identity" not in row:
        raise DataError(where, "states and an identity", "a lane without")
    parent = row.get("within")
    if parent is not None and parent not in rows:
        raise DataError(f"{where}/within", "the name of a lane", repr(parent))
    enclosing = rows[parent] if parent is not None else {}
    fixed = {
        "title": row.get("title", name),
        "identity": tuple(row["identity"]),
        "of": frozenset(row["of"]) if "of" in row else None,
        "open": _open(row),
        "final": frozenset(row.get("final", (state for state, moves in row["states"].items() if not moves))),
        "during": frozenset(row.get("during", _open(enclosing) if enclosing else ())),
        "statuses": {event: frozenset(found) for event, found in row.get("statuses", {}).items()},
        "emits": tuple(row.get("emits", ())),
        "lacks": {key: tuple(found) for key, found in row.get("lacks", {}).items()},
        "accumulates": Accumulation(**row["accumulates"]) if row.get("accumulates") else None,
        "single": parent is not None and row["identity"] == enclosing["identity"],
    }
    fixed |= {key: frozenset(row.get(key, ())) for key in ("tolerates", "excused")}
    made = Lane(name=name, **(dict(row) | fixed))
    for problem in _problems(made, enclosing):
        raise DataError(where, *problem)
    return made


def _open(row: Mapping[str, Any]) -> frozenset[str]:
    states = row["states"]
    spoken = (state for index, (state, moves) in enumerate(states.items()) if index and moves)
    return frozenset(row.get("open", spoken))


def _problems(lane: Lane, enclosing: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the JSON Schema cannot say: names that must exist, and one target for each event."""
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
