"""A Hypothesis strategy that makes streams by walking a dialect's table; it knows no event by name either."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from antiphon_spec.stream import Grammar, Lane

Event = dict[str, Any]


@dataclass(eq=False)
class Walker:
    """One object on its way through the states of its lane."""

    lane: Lane
    indices: tuple[int, ...]
    state: str
    type: str
    id: str
    parent: Walker | None
    inside: list[Walker] = field(default_factory=list)

    def speaks(self) -> bool:
        return self.parent is None or self.parent.state in self.lane.during

    def closable(self, event: str) -> bool:
        status = self.status(event)
        return all(child.state in child.lane.final or status in child.lane.excused for child in self.inside)

    def status(self, event: str) -> str | None:
        """The status of the object in this event, or None."""
        return sorted(self.lane.statuses.get(event, {"completed"}))[0] if self.lane.holds else None

    def enclosing(self, lane: str) -> Walker:
        return self if self.lane.name == lane or self.parent is None else self.parent.enclosing(lane)


@dataclass(frozen=True)
class Action:
    """One event that may come next, and its effect."""

    walker: Walker
    event: str
    target: str
    born: bool


class Walk:
    """A stream in the making."""

    def __init__(self, grammar: Grammar, choose: Callable[[list[Any]], Any], *, calm: bool) -> None:
        self.grammar = grammar
        self.choose = choose
        self.calm = calm
        self.events: list[Event] = []
        self.kinds = {lane: self._types(lane) for lane in grammar.lanes}
        assert grammar.root is not None
        self.root = Walker(grammar.root, (), grammar.root.start, grammar.root.name, "resp_1", None)
        self._settle(self.root)

    def run(self, steps: int) -> list[Event]:
        while actions := list(self.actions(self.root, growing=steps > 0)):
            if steps <= 0 and self.root.state in self.root.lane.final:
                break
            if steps > 0:
                actions = [action for action in actions if not self._ends(action)] or actions
            else:
                nearest = min(map(self._distance, actions))
                actions = [action for action in actions if self._distance(action) == nearest]
            self.take(self.choose(actions))
            steps -= 1
        return self.events

    def actions(self, walker: Walker, *, growing: bool) -> Iterator[Action]:
        states = walker.lane.states
        if walker.speaks():
            for event, target in states[walker.state].items():
                if self.calm and walker is self.root and event not in walker.lane.emits:
                    continue
                if states[target] or walker.closable(event):
                    yield Action(walker, event, target, born=False)
        for child in walker.inside:
            yield from self.actions(child, growing=growing)
        if growing and walker.state in walker.lane.open:
            for lane in self._exists(walker, single=False):
                yield from self._births(walker, lane)

    def take(self, action: Action) -> None:
        walker, lane = action.walker, action.walker.lane
        if action.born and walker.parent is not None:
            walker.parent.inside.append(walker)
            self._settle(walker)
        walker.state = action.target
        event: Event = {"type": action.event, "sequence_number": len(self.events)}
        event |= dict(zip(lane.identity, walker.indices, strict=True))
        event |= {member: walker.enclosing(name).id for member, name in lane.names.items()}
        if lane.holds:
            item = {"type": walker.type, "id": walker.id, "status": walker.status(action.event)}
            event[lane.holds] = item
        self.events.append(event)

    def _ends(self, action: Action) -> bool:
        """Whether nothing could grow after it."""
        return action.walker is self.root and action.target not in self.root.lane.open and bool(self.events)

    def _distance(self, action: Action) -> int:
        """How many states lie between the target and the end; the deepest objects end first."""
        states, steps, target = action.walker.lane.states, 0, {action.target}
        while target and not target & action.walker.lane.final:
            steps, target = steps + 1, {state for name in target for state in states[name].values()}
        restless = action.walker.state not in action.walker.lane.final
        idle = action.target == action.walker.state
        return steps + (0 if restless else 50) + (1000 if idle else 0) - 10 * len(action.walker.indices)

    def _births(self, walker: Walker, lane: Lane) -> Iterator[Action]:
        count = sum(child.lane is lane for child in walker.inside)
        if count > 2 or walker.state not in lane.during:
            return
        kinds = self.kinds[lane.name] or [lane.name]
        child = self._make(
            walker, lane, (*walker.indices, count), kinds[(count * 7 + len(self.events)) % len(kinds)]
        )
        for event, target in lane.states[lane.start].items():
            yield Action(child, event, target, born=True)

    def _settle(self, walker: Walker) -> None:
        """Creates the objects that exist as soon as the enclosing one does."""
        for lane in self._exists(walker, single=True):
            walker.inside.append(self._make(walker, lane, walker.indices, lane.name))

    def _make(self, parent: Walker, lane: Lane, indices: tuple[int, ...], kind: str) -> Walker:
        name = f"{lane.name}_{'_'.join(map(str, indices))}"
        return Walker(lane, indices, lane.start, kind, name, parent)

    def _exists(self, walker: Walker, *, single: bool) -> Iterator[Lane]:
        for lane in self.grammar.inside[walker.lane.name]:
            if lane.single is single and (lane.of is None or walker.type in lane.of):
                yield lane

    def _types(self, lane: str) -> list[str]:
        kinds = {kind for child in self.grammar.children(lane) for kind in child.of or ()}
        return [*sorted(kinds), "acme:thing"] if kinds else []


@st.composite
def streams(draw: st.DrawFn, grammar: Grammar, *, longest: int = 40, calm: bool = False) -> list[Event]:
    """Streams that the grammar allows, with objects interleaved in every way that it allows.

    A `calm` one says only what an ordinary run says about the whole: no errors, no failure.
    """
    walk = Walk(grammar, lambda actions: actions[draw(st.integers(0, len(actions) - 1))], calm=calm)
    return walk.run(draw(st.integers(0, longest)))


def breaches(grammar: Grammar, events: list[Event], *, is_resumption: bool = False) -> list[str]:
    """The kinds of all breaches of a whole stream, in order."""
    machine = grammar.machine(resumed=is_resumption)
    return [breach.kind for event in events for breach in machine.feed(event)] + [
        breach.kind for breach in machine.end()
    ]


def without(event: Mapping[str, Any], name: str) -> Event:
    return {key: value for key, value in event.items() if key != name}
