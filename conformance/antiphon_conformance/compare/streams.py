"""The differences between two streams, event by event: each event is found by the item that it builds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import Any

from antiphon_conformance.compare.difference import Aspect, Difference, Grade
from antiphon_conformance.compare.validity import members_at_fault
from antiphon_conformance.compare.values import Values, align
from antiphon_conformance.http.exchange import Stream, by_type
from antiphon_conformance.http.text import ABSENT
from antiphon_conformance.rules.reading.places import is_index, places
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.stream import Grammar, Lane

ITEM = "(items)"
"""What stands for the events of items among those of the response."""
Json = Mapping[str, Any]


@dataclass(slots=True)
class EventStep:
    """One event of an object, or a run of deltas of one text."""

    type: str
    inner: tuple[Any, ...]
    """The indices inside its item."""
    events: list[Json]

    @property
    def label(self) -> tuple[Any, ...]:
        """What equal steps of two streams share."""
        return self.type, self.inner


@dataclass(slots=True)
class ItemEvents:
    """The events of one item of a stream, in order."""

    index: Any
    type: str = "?"
    name: str = ""
    """The tool that it calls."""
    steps: list[EventStep] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """A stream, sorted by the items that it builds."""

    items: tuple[ItemEvents, ...]
    whole: tuple[EventStep, ...]
    """The events of no item, with one ITEM for all of a run of items' events, which has the first of them."""
    is_legal: bool
    """Whether the dialect's table of streams allows this order of events."""


def layout(stream: Stream, dialect: Dialect, *, is_tail: bool) -> Layout:
    """The events of a stream by item; `is_tail` when it was resumed."""
    grammar = dialect.grammar
    machine, is_legal = grammar.machine(resumed=is_tail), True
    items: dict[Any, ItemEvents] = {}
    whole: list[EventStep] = []
    events = [event for event in stream.events if not event.is_beside]
    for event, data in zip(events, places(events, by_type(events), grammar), strict=True):
        is_legal = not machine.feed(data) and is_legal
        move = grammar.events.get(event.type)
        lane = move.lane if move else None
        if lane is None or not lane.identity:
            whole.append(EventStep(event.type, (), [event.data]))
            continue
        key = _key(data.get(lane.identity[0]))
        item = items.setdefault(key, ItemEvents(key))
        item.type = _word(data, "type") or item.type
        item.name = _word(data, "name") or item.name
        _add(
            item.steps,
            EventStep(event.type, tuple(_key(data.get(name)) for name in lane.identity[1:]), [event.data]),
            lane,
        )
        if not whole or whole[-1].type != ITEM:
            whole.append(EventStep(ITEM, (), [event.data]))
    is_legal = not machine.end() and is_legal
    return Layout(tuple(items.values()), tuple(whole), is_legal)


def _key(value: Any) -> Any:
    return value if is_index(value) else repr(value)


def _word(data: Json, member: str) -> str | None:
    item = data.get("item")
    word = item.get(member) if isinstance(item, dict) else None
    return word if isinstance(word, str) else None


def _add(steps: list[EventStep], step: EventStep, lane: Lane) -> None:
    """Adds an event; deltas of one text become one step, for nobody promises how long a delta is."""
    is_piece = lane.accumulates is not None and lane.accumulates.event == step.type
    if is_piece and steps and steps[-1].label == step.label:
        steps[-1].events += step.events
    else:
        steps.append(step)


@dataclass(frozen=True, slots=True)
class Streams:
    """Compares two streams of one step."""

    values: Values
    dialect: Dialect

    def differences(self, in_a: Stream, in_b: Stream, *, is_tail: bool = False) -> Iterator[Difference]:
        """Where two streams differ: their events, the members of the events, their numbers."""
        before = layout(in_a, self.dialect, is_tail=is_tail)
        after = layout(in_b, self.dialect, is_tail=is_tail)
        legal = after.is_legal or not before.is_legal
        missing: list[EventStep] = []
        surplus: list[EventStep] = []
        tokens = (
            [(item.type, item.name) for item in before.items],
            [(item.type, item.name) for item in after.items],
        )
        yield from self._steps(before.whole, after.whole, "", 0, legal, missing, surplus, until=True)
        for index_a, index_b in align(*tokens) if not is_tail else ():
            if index_a is None or index_b is None:
                yield self._item(before, after, index_a, index_b)
                continue
            side_a, side_b = before.items[index_a], after.items[index_b]
            shift = side_b.index - side_a.index if is_index(side_a.index) and is_index(side_b.index) else 0
            shift = shift if shift == index_b - index_a else 0
            yield from self._steps(side_a.steps, side_b.steps, side_a.type, shift, legal, missing, surplus)
        yield from self._steps(before.whole, after.whole, "", 0, legal, missing, surplus, until=False)
        yield from self._leftover(missing, surplus, legal)
        yield from self._numbers(in_a, in_b)

    def _steps(
        self, before: Sequence[EventStep], after: Sequence[EventStep], kind: str, shift: int, legal: bool,
        missing: list[EventStep], surplus: list[EventStep], until: bool | None = None,
    ) -> Iterator[Difference]:  # fmt: skip
        """The differences of the events of one object; those without partner go to `missing` and `surplus`.

        `until` limits it to what comes before the first item (True), or after it (False): so that ids are
        bound in the order in which they came. Deltas come last: they are wrong where they are not the text.
        """
        sums: list[tuple[EventStep, EventStep, str]] = []
        for index_a, index_b in align([step.label for step in before], [step.label for step in after]):
            is_early = (index_a or 0) == 0 and (index_b or 0) == 0
            if until is not None and is_early is not until:
                continue
            side_a = before[index_a] if index_a is not None else None
            side_b = after[index_b] if index_b is not None else None
            if side_a and side_b and side_a.type == side_b.type:
                yield from self._events(side_a, side_b, shift) if side_a.type != ITEM else ()
                piece = _piece(self.dialect.grammar, side_a.type)
                sums += [(side_a, side_b, piece)] if piece else []
                continue
            missing += [side_a] if side_a else []
            surplus += [side_b] if side_b else []
        for side_a, side_b, piece in sums:
            yield from self._pieces(side_a, side_b, piece)

    def _item(self, before: Layout, after: Layout, index_a: int | None, index_b: int | None) -> Difference:
        """An item that one stream lacks."""
        item = before.items[index_a] if index_a is not None else after.items[index_b or 0]
        words = f"{len(item.steps)} events"
        legal = (Grade.LEGAL, "a model chooses what it answers")
        is_newer = index_a is None and item.type not in self.dialect.schemas.item_types
        is_legal = after.is_legal or is_newer or not before.is_legal
        grade, why = legal if is_legal else (Grade.DIFFERENT, "")
        in_a, in_b = (words, "absent") if index_a is not None else ("absent", words)
        return Difference(Aspect.ITEMS, f"item[{item.type}]", in_a, in_b, grade, why)

    def _leftover(
        self, missing: list[EventStep], surplus: list[EventStep], legal: bool
    ) -> Iterator[Difference]:
        """Events without partner: moved where the other stream has one elsewhere, else missing or more."""
        grade, why = (
            (Grade.LEGAL, "the document allows this order of events") if legal else (Grade.DIFFERENT, "")
        )
        rest = [*surplus]
        for step in missing:
            partner = next((candidate for candidate in rest if candidate.type == step.type), None)
            if partner is None:
                if step.type != ITEM:
                    yield Difference(Aspect.EVENTS, step.type, _words(step), "absent", grade, why, step.type)
                continue
            rest.remove(partner)
            if step.type == ITEM:
                first = str(step.events[0].get("type"))
                yield Difference(Aspect.ORDER, "events of items", "here", "elsewhere", grade, why, first)
                continue
            yield Difference(Aspect.ORDER, step.type, "here", "elsewhere", grade, why, step.type)
            yield from self._events(step, partner, 0)
        table = self.dialect.grammar.events
        for step in rest:
            if step.type == ITEM:
                first = str(step.events[0].get("type"))
                yield Difference(Aspect.ORDER, "events of items", "absent", "here", grade, why, first)
            elif step.type not in table:
                new = "clients ignore events that they do not know"
                yield Difference(
                    Aspect.EVENTS, step.type, "absent", _words(step), Grade.HARMLESS, new, step.type
                )
            else:
                yield Difference(Aspect.EVENTS, step.type, "absent", _words(step), grade, why, step.type)

    def _events(self, in_a: EventStep, in_b: EventStep, shift: int) -> Iterator[Difference]:
        """The differences of two events, or of two runs of deltas."""
        lane = (
            self.dialect.grammar.events[in_a.type].lane if in_a.type in self.dialect.grammar.events else None
        )
        piece = _piece(self.dialect.grammar, in_a.type)
        names = lane.identity if lane else ()
        shapes = _shapes(in_b.events, piece)
        first = _without(in_a.events[0], piece)
        for shape in shapes if len(in_a.events) > 1 or len(in_b.events) > 1 else shapes[:1]:
            values = self._on(in_a.type, shape if piece is None else in_b.events[0])
            partner = _nearest(first, shape, in_a.events, piece)
            for difference in values.differences(partner, shape, "", ""):
                if difference.place in names[:1] and _is_shift(partner, shape, difference.place, shift):
                    continue
                yield replace(difference, aspect=Aspect.INDEX) if difference.place in names else difference

    def _pieces(self, in_a: EventStep, in_b: EventStep, piece: str) -> Iterator[Difference]:
        """The sum of two runs of deltas, and how many there are."""
        side_a, side_b = _sum(in_a.events, piece), _sum(in_b.events, piece)
        values = self._on(in_a.type, in_b.events[0])
        if side_a is None or side_b is None:
            yield from values.differences(
                in_a.events[0].get(piece, ABSENT), in_b.events[0].get(piece, ABSENT), piece
            )
        else:
            yield from values.texts(side_a, side_b, piece)
            if len(in_a.events) != len(in_b.events):
                yield Difference(Aspect.SPELLING, in_a.type, _words(in_a), _words(in_b), Grade.HARMLESS,
                                 "no document says how long a delta is", in_a.type)  # fmt: skip

    def _on(self, kind: str, data: Json) -> Values:
        validator = self.dialect.schemas.event(kind)
        return replace(self.values, event=kind, faults=members_at_fault(validator, dict(data)))

    def _numbers(self, in_a: Stream, in_b: Stream) -> Iterator[Difference]:
        """The sequence numbers: whether they increase, where they begin, whether some are left out."""
        side_a, side_b = _numbers(in_a), _numbers(in_b)
        if not side_a or not side_b:
            return
        place, first = "sequence_number", Aspect.NUMBERS
        fault = next(
            (f"{after} after {before}" for before, after in pairwise(side_b) if after <= before), None
        )
        if fault and all(after > before for before, after in pairwise(side_a)):
            yield Difference(first, place, "increases", fault)
        elif side_a[0] != side_b[0]:
            why = "no document says where numbers begin"
            yield Difference(first, place, f"from {side_a[0]}", f"from {side_b[0]}", Grade.HARMLESS, why)
        elif _has_gaps(side_b) and not _has_gaps(side_a):
            why = "numbers increase, and may leave some out"
            yield Difference(first, place, "consecutive", "with gaps", Grade.HARMLESS, why)


def _numbers(stream: Stream) -> list[int]:
    numbers = [event.data.get("sequence_number") for event in stream.events]
    return [number for number in numbers if type(number) is int]


def _has_gaps(numbers: Sequence[int]) -> bool:
    return any(after != before + 1 for before, after in pairwise(numbers))


def _piece(grammar: Grammar, kind: str) -> str | None:
    """The member with the piece of a text, where events of this type bring a text in pieces."""
    move = grammar.events.get(kind)
    sum_of = move.lane.accumulates if move else None
    return sum_of.piece if sum_of is not None and sum_of.event == kind else None


def _sum(events: Sequence[Json], piece: str) -> str | None:
    """The text of a run of deltas; None when one has no text."""
    pieces = [event.get(piece) for event in events]
    texts = [text for text in pieces if isinstance(text, str)]
    return "".join(texts) if len(texts) == len(pieces) else None


def _without(event: Json, piece: str | None) -> Json:
    """An event without what is compared elsewhere: its text, and its number where it is one."""
    is_number = type(event.get("sequence_number")) is int
    skip = {piece, "sequence_number" if is_number else None}
    return {name: value for name, value in event.items() if name not in skip} | (
        {"sequence_number": 0} if is_number else {}
    )


def _shapes(events: Sequence[Json], piece: str | None) -> list[Json]:
    """The events of a run, once for each content besides the texts and the padding."""
    shapes: dict[str, Json] = {}
    for event in events:
        shape = _without(event, piece)
        key = repr({**shape, "obfuscation": "obfuscation" in shape, "logprobs": bool(shape.get("logprobs"))})
        shapes.setdefault(key, shape)
    return [*shapes.values()]


def _nearest(first: Json, shape: Json, events: Sequence[Json], piece: str | None) -> Json:
    """The event of A with the same members, or else its first one."""
    for event in events:
        candidate = _without(event, piece)
        if candidate.keys() == shape.keys() and bool(candidate.get("logprobs")) == bool(
            shape.get("logprobs")
        ):
            return candidate
    return first


def _is_shift(in_a: Json, in_b: Json, name: str, shift: int) -> bool:
    """Whether an index differs because the item stands at another place."""
    return bool(shift) and is_index(in_b.get(name)) and in_b[name] - in_a[name] == shift


def _words(step: EventStep) -> str:
    return f"{len(step.events)} deltas" if len(step.events) > 1 else "1 event"
