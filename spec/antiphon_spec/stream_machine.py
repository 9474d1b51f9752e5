"""The state machine of a grammar: one state for each object of a stream; it reads event by event.

`Step` and `Node` hold everything that can be computed in advance, so an event in order costs a few look-ups.
Only new objects and wrong events take the slow path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from antiphon_spec.loading.construction import dataclass

if TYPE_CHECKING:
    from antiphon_spec.stream import Grammar, Lane

NOTHING: list[Breach] = []


@dataclass(frozen=True, slots=True)
class Breach:
    """An event that the grammar does not allow, or the lack of one that it demands."""

    kind: str
    """`not-started`, `out-of-order`, `repeated`, `after-done`: against the event's own lane.
    `outside`, `after-close`: against the enclosing object.
    `wrong-type`, `unfinished`, `missing-identity`, `unknown-event`: of the event or object itself."""
    lane: str
    """The lane of the event or of the unfinished object; empty for an unknown event."""
    enclosing: str
    """The lane of the enclosing object; empty when there is none."""
    where: str
    """The object with the fault: `item[0]/part[1]`."""
    expected: str
    actual: str

    @property
    def message(self) -> str:
        """One line for people: `item[0] is start: expected response.output_item.added`."""
        return f"{self.where} is {self.actual}: expected {self.expected}"


class Node:
    """A state of a lane, with links to the states that follow it."""

    __slots__ = ("moves", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.moves: dict[str, Node] = {}

    @staticmethod
    def graph(states: Mapping[str, Mapping[str, str]]) -> dict[str, Node]:
        """The nodes of a lane by name, and `unseen`, a node with the moves of all states."""
        nodes = {name: Node(name) for name in states}
        unseen = Node("unseen")
        for name, moves in states.items():
            nodes[name].moves = {event: nodes[target] for event, target in moves.items()}
            unseen.moves |= nodes[name].moves
        return nodes | {"unseen": unseen}

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Step:
    """The precomputed data for the events of one lane."""

    lane: Lane
    number: int
    nodes: Mapping[str, Node]
    key: Callable[[Mapping[str, Any]], Any]
    """Reads the members of an event that identify the object; raises KeyError when one is missing."""
    during: frozenset[Node]
    """The nodes of the enclosing machine in which events of the lane may come."""
    above: Step | None
    """The step of the enclosing lane."""

    @staticmethod
    def make(
        name: str, steps: dict[str, Step], nodes: Mapping[str, dict[str, Node]], lanes: Mapping[str, Lane]
    ) -> Step:
        """The step of a lane; it adds the step, and the steps of the lanes around it, to `steps`."""
        if name not in steps:
            lane = lanes[name]
            outer = nodes[lane.within] if lane.within else {}
            steps[name] = Step(
                lane=lane,
                number=list(lanes).index(name),
                nodes=nodes[name],
                key=itemgetter(*lane.identity) if lane.identity else lambda _event: (),
                during=frozenset(outer[state] for state in (*lane.during, "unseen") if outer),
                above=Step.make(lane.within, steps, nodes, lanes) if lane.within else None,
            )
        return steps[name]


class Instance:
    """The state of one object of a stream."""

    __slots__ = ("children", "index", "node", "parent", "reports", "step", "type", "whole")

    def __init__(self, step: Step, index: Any, parent: Instance | None, node: Node) -> None:
        self.step = step
        self.index = index
        self.parent = parent
        self.node = node
        self.type: str | None = None
        self.children: list[Instance] = []
        self.reports: set[tuple[str, str]] = set()
        self.whole = node is not step.nodes["unseen"]
        """Whether the machine has seen the object from its beginning."""

    @property
    def where(self) -> str:
        """Its place in the stream: `item[0]/part[1]`; for the root its title."""
        if self.parent is None:
            return self.step.lane.title
        label = self.step.lane.title if self.step.lane.single else f"{self.step.lane.title}[{self.index}]"
        return label if self.parent.parent is None else f"{self.parent.where}/{label}"

    def moves(self) -> str:
        """The events that may come next, as text for a message."""
        return " or ".join(self.node.moves) or "no further event"

    def breach(self, kind: str, lane: str, expected: str, actual: str) -> list[Breach]:
        """The breach; empty when the machine has reported one of this kind for this object."""
        if (kind, lane) in self.reports:
            return NOTHING
        self.reports.add((kind, lane))
        above = self.step.lane.within or ""
        enclosing = above if lane == self.step.lane.name else self.step.lane.name
        return [Breach(kind, lane, enclosing, self.where, expected, actual)]


class Machine:
    """Judges a stream event by event: call `feed` with the JSON object of each event, then `end`."""

    __slots__ = ("_from_middle", "_grammar", "_instances", "_steps")

    def __init__(self, grammar: Grammar, *, resumed: bool = False) -> None:
        self._grammar = grammar
        self._from_middle = resumed
        self._steps = grammar.steps
        self._instances: list[dict[Any, Instance]] = [{} for _ in grammar.lanes]
        if grammar.root is not None:
            self._begin(grammar.lane_steps[grammar.root.name], (), None)

    def feed(self, event: Mapping[str, Any]) -> list[Breach]:
        """The breaches of the grammar by this event."""
        kind = event.get("type")
        try:
            step = self._steps[kind]  # type: ignore[index]
            instance = self._instances[step.number][step.key(event)]
        except (KeyError, TypeError):
            return self._unfamiliar(kind, event)
        node = instance.node.moves.get(kind)  # type: ignore[arg-type]
        if node is None or not node.moves or (instance.parent and instance.parent.node not in step.during):
            return self._advance(instance, kind, event)  # type: ignore[arg-type]
        instance.node = node
        return NOTHING

    def stays(self, event: Mapping[str, Any]) -> bool:
        """Whether one more event of this type about this object would be in order and change nothing."""
        kind = event.get("type")
        try:
            step = self._steps[kind]  # type: ignore[index]
            instance = self._instances[step.number][step.key(event)]
        except (KeyError, TypeError):
            return False
        is_within = instance.parent is None or instance.parent.node in step.during
        return is_within and instance.node.moves.get(kind) is instance.node  # type: ignore[arg-type]

    def end(self) -> list[Breach]:
        """The breaches of the grammar when the stream ends now."""
        return [
            breach
            for root in self._roots()
            if root.node.name not in root.step.lane.final
            for breach in root.breach("unfinished", root.step.lane.name, root.moves(), root.node.name)
        ]

    @property
    def state(self) -> str:
        """The state of the outermost object."""
        return next((root.node.name for root in self._roots()), "")

    def _roots(self) -> Iterator[Instance]:
        instances = (instance for machines in self._instances for instance in machines.values())
        return (instance for instance in instances if instance.parent is None)

    def _unfamiliar(self, kind: Any, event: Mapping[str, Any]) -> list[Breach]:
        step = self._steps.get(kind) if isinstance(kind, str) else None
        if step is None:
            if not self._grammar.rejects_unknown or (isinstance(kind, str) and ":" in kind):
                return NOTHING
            return [Breach("unknown-event", "", "", "stream", "an event of this dialect", repr(kind)[:80])]
        lane = step.lane
        for name in lane.identity:
            index = event.get(name)
            if type(index) is not int or index < 0:
                actual = "missing" if name not in event else repr(index)[:80]
                return [Breach("missing-identity", lane.name, lane.within or "", name, "an index", actual)]
        return self._advance(self._find(step, event), kind, event)

    def _find(self, step: Step, event: Mapping[str, Any]) -> Instance:
        """The machine of an event's object; made when the event is the object's first."""
        key = step.key(event)
        instance = self._instances[step.number].get(key)
        if instance is None:
            instance = self._begin(step, key, self._find(step.above, event) if step.above else None)
        return instance

    def _begin(self, step: Step, key: Any, parent: Instance | None) -> Instance:
        unseen = self._from_middle if parent is None else not parent.whole
        node = step.nodes["unseen" if unseen else step.lane.start]
        index = key[-1] if isinstance(key, tuple) and key else key
        instance = Instance(step, index, parent, node)
        self._instances[step.number][key] = instance
        if parent is not None:
            parent.children.append(instance)
        return instance

    def _advance(self, instance: Instance, kind: str, event: Mapping[str, Any]) -> list[Breach]:
        breaches = [*self._around(instance), *self._own_breach(instance, kind)]
        lane = instance.step.lane
        instance.node = instance.step.nodes["unseen"].moves[kind]
        instance.whole = instance.whole or kind in lane.beginnings
        content = event.get(lane.holds) if lane.holds else None
        if isinstance(content, dict) and instance.type is None and isinstance(content.get("type"), str):
            instance.type = content["type"]
        if not instance.node.moves:
            breaches += self._unfinished(
                instance, content.get("status") if isinstance(content, dict) else None
            )
        return breaches

    def _around(self, instance: Instance) -> Iterator[Breach]:
        """The breaches of the enclosing object's state and type by this event."""
        parent, step = instance.parent, instance.step
        if parent is None:
            return
        if parent.node not in step.during:
            kind = "after-close" if not parent.node.moves else "outside"
            expected = " or ".join(sorted(step.lane.during)) if parent.node.moves else "no further event"
            if parent.node.name == parent.step.lane.start:
                expected = parent.moves()
            yield from parent.breach(kind, step.lane.name, expected, parent.node.name)
            if kind == "outside" and parent.node.name == parent.step.lane.start:
                _presume(parent)
                _presume(instance)
            return
        types = step.lane.of
        if types is None or parent.type is None or ":" in parent.type:
            return
        if parent.type not in types and parent.type not in step.lane.tolerates:
            yield from parent.breach("wrong-type", step.lane.name, " or ".join(sorted(types)), parent.type)

    def _own_breach(self, instance: Instance, kind: str) -> list[Breach]:
        node, lane = instance.node, instance.step.lane
        if kind in node.moves:
            return NOTHING
        if kind in lane.opening:
            fault = "repeated"
        elif not node.moves:
            fault = "after-done"
        else:
            fault = "not-started" if node.name == lane.start else "out-of-order"
        return instance.breach(fault, lane.name, instance.moves(), f"{node.name} at {kind}")

    def _unfinished(self, instance: Instance, status: Any) -> Iterator[Breach]:
        """The breaches by inner objects that have not ended before this object."""
        for lane in self._grammar.inside[instance.step.lane.name]:
            inside = [child for child in instance.children if child.step.lane is lane]
            if isinstance(status, str) and status in lane.excused:
                continue
            for child in inside:
                if child.node.name not in lane.final:
                    yield from child.breach("unfinished", lane.name, child.moves(), child.node.name)
            demand = (
                lane.single and lane.start not in lane.final and (not lane.of or instance.type in lane.of)
            )
            if demand and instance.whole and not inside:
                expected, actual = " or ".join(lane.opening), f"without {lane.title}"
                yield from instance.breach("unfinished", lane.name, expected, actual)


def _presume(instance: Instance) -> None:
    """Assumes that the missing events came, so that one omission is one breach."""
    if instance.node.name == instance.step.lane.start:
        instance.node = instance.step.nodes["unseen"]
        instance.whole = False
