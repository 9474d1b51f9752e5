"""Each event against the document's schema for its type, split by what the event does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from antiphon_conformance.answers import output
from antiphon_conformance.exchange import Event
from antiphon_conformance.fold import Thread, fold
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.streams import OPEN_RESPONSES, OPENAI
from antiphon_conformance.subject import Streamed
from antiphon_conformance.text import ABSENT, show
from antiphon_spec.dialect import Dialect
from antiphon_spec.schema import Fault, Schemas
from antiphon_spec.stream import Grammar


def _kind(grammar: Grammar, event_type: str) -> str:
    """What an event does, as the table has it."""
    move = grammar.events.get(event_type)
    if move is None:
        return "unknown"
    lane, told = move.lane, move.lane.accumulates
    if lane.within is None:
        return "lifecycle" if event_type in lane.statuses else "error"
    if told and event_type in (told.event, told.done):
        return "delta" if event_type == told.event else "done"
    if not lane.holds:
        return "progress"
    return "item" if grammar.root and lane.within == grammar.root.name else "part"


@cache
def _types(dialect: Dialect) -> Mapping[str, frozenset[str]]:
    """Kind -> the event types of this kind."""
    kinds: dict[str, set[str]] = {}
    for event_type in dialect.grammar.events:
        kinds.setdefault(_kind(dialect.grammar, event_type), set()).add(event_type)
    return {kind: frozenset(types) for kind, types in kinds.items()}


@cache
def _owned(dialect: Dialect, event_type: str) -> frozenset[str]:
    """Pointers of members that other rules look at: numbers, indices, names."""
    lane = dialect.grammar.events[event_type].lane
    return frozenset(f"/{name}" for name in ("sequence_number", *lane.identity, *lane.names))


def _has(*kinds: str) -> Callable[[Streamed], bool]:
    def condition(streamed: Streamed) -> bool:
        types = frozenset[str]().union(*(_types(streamed.dialect).get(kind, ()) for kind in kinds))
        return any(event.type in types for event in streamed.events)

    return condition


def _faults(streamed: Streamed, *kinds: str) -> Iterator[tuple[Event, Fault]]:
    """What the document has against the events of these kinds, save what other rules look at."""
    schemas = streamed.dialect.schemas
    for kind in kinds:
        types = _types(streamed.dialect).get(kind, frozenset())
        valid = {name: found.is_valid for name in types if (found := schemas.event(name))}
        for event in streamed.events:
            if event.type in valid and not valid[event.type](event.data):
                for fault in streamed.exchange.facts.once(
                    ("faults", event.where), _explained, schemas, event
                ):
                    if fault.pointer not in _owned(streamed.dialect, event.type):
                        yield event, fault


def _explained(schemas: Schemas, event: Event) -> list[Fault]:
    validator = schemas.event(event.type)
    return validator.faults(event.data) if validator else []


def _news(streamed: Streamed, *kinds: str) -> Iterator[tuple[Event, Fault]]:
    """The faults that the finished items in the last event do not have as well, where they are reported, and
    of types that the document knows: another rule reports the others."""
    told = _told_at_the_end(streamed)
    for event, fault in _faults(streamed, *kinds):
        strange = fault.pointer == "/item/type" and fault.keyword == "enum"
        if not strange and (_place(event, fault.pointer), fault.expected) not in told:
            yield event, fault


def _told_at_the_end(streamed: Streamed) -> frozenset[tuple[str, str]]:
    """Where the items of the last event are wrong, as `index/pointer`, and what is expected there."""
    terminal = fold(streamed).terminal()
    validator = streamed.dialect.schemas.item
    return frozenset(
        (f"{index}{fault.pointer}", fault.expected)
        for index, item in output(fold(streamed).final() if terminal else {})
        if (found := validator(str(item.get("type")))) is not None and not found.is_valid(item)
        for fault in found.faults(item)
    )


def _place(event: Event, pointer: str) -> str:
    """Where a member of the item or of the part that an event carries stands in the output."""
    item, part, index = (
        event.data.get(name) for name in ("output_index", "content_index", "annotation_index")
    )
    if pointer.startswith("/item/"):
        return f"{item}{pointer.removeprefix('/item')}"
    if pointer.startswith("/part/"):
        return f"{item}/content/{part}{pointer.removeprefix('/part')}"
    return f"{item}/content/{part}/annotations/{index}{pointer.removeprefix('/annotation')}"


def _finding(event: Event, fault: Fault) -> Finding:
    return Finding(f"{event.where}{fault.pointer}", fault.expected, fault.got)


def _schemas(open_responses: str, openai: str) -> tuple[str, str]:
    return f"{OPEN_RESPONSES}{open_responses}", f"{OPENAI}{openai}"


@rule(
    Streamed,
    cites=("CG-SSE-07", *_schemas("ResponseOutputItemDoneStreamingEvent", "ResponseOutputItemDoneEvent")),
    when=_has("item"),
)
def item_events_match_the_document(streamed: Streamed) -> Iterator[Finding]:
    """`response.output_item.added` and `.done` have the members that they must have, and so has the item."""
    announced = _announcing(streamed)
    for event, fault in _news(streamed, "item"):
        if event.type not in announced or not fault.pointer.startswith("/item/"):
            yield _finding(event, fault)


@rule(
    Streamed,
    cites=("LIT-03", "CG-SSE-07", f"{OPENAI}ResponseOutputItemAddedEvent/properties/item"),
    when=_has("item"),
)
def announced_items_have_all_members(streamed: Streamed) -> Iterator[Finding]:
    """An item is announced with every member that its type must have, empty where nothing is known yet.

    Typed clients read the announced item with the same class as the finished one.
    """
    announced = _announcing(streamed)
    late = streamed.dialect.grammar.lanes["item"].lacks
    for event, fault in _news(streamed, "item"):
        item = event.data.get("item")
        kind = item.get("type") if isinstance(item, dict) else None
        excused = fault.pointer.removeprefix("/item/") in late.get(str(kind), ())
        if event.type in announced and fault.pointer.startswith("/item/") and not excused:
            yield _finding(event, fault)


@rule(
    Streamed,
    cites=("CG-SSE-07", *_schemas("ResponseContentPartDoneStreamingEvent", "ResponseContentPartDoneEvent")),
    when=_has("part"),
)
def part_events_match_the_document(streamed: Streamed) -> Iterator[Finding]:
    """Events that open or close a part, or announce an annotation, have the members that they must have."""
    yield from (_finding(event, fault) for event, fault in _news(streamed, "part"))


@rule(
    Streamed,
    cites=(
        "LIT-24",
        "CG-SSE-04",
        *_schemas("ResponseOutputTextDeltaStreamingEvent", "ResponseTextDeltaEvent"),
    ),
    when=_has("delta"),
)
def delta_events_match_the_document(streamed: Streamed) -> Iterator[Finding]:
    """Delta events have the members that the document demands; `delta` is text.

    Clients append `delta` to what they have; an object there breaks them.
    """
    yield from (_finding(event, fault) for event, fault in _faults(streamed, "delta"))


@rule(
    Streamed,
    cites=("LIT-24", "CG-SSE-07", *_schemas("ResponseOutputTextDoneStreamingEvent", "ResponseTextDoneEvent")),
    when=_has("done"),
)
def done_events_match_the_document(streamed: Streamed) -> Iterator[Finding]:
    """Events that end a text or arguments have the members that the document demands."""
    yield from (_finding(event, fault) for event, fault in _faults(streamed, "done"))


@rule(Streamed, cites=("ENV-13", "CG-SSE-10"), when=_has("item", "part", "delta", "done", "progress"))
def events_say_where_they_belong(streamed: Streamed) -> Iterator[Finding]:
    """Events about an item have `output_index` and `item_id`, those about a part or a summary its index too.

    Clients file events by these members; without them only a single text can be followed.
    """
    for event, breach in fold(streamed).breaches:
        if event is not None and breach.kind == "missing-identity":
            yield Finding(f"{event.where}/{breach.where}", breach.expected, breach.got)
    for thread in fold(streamed).all():
        for event in thread.events if thread.lane.names else ():
            for name in thread.lane.names:
                if not isinstance(event.data.get(name), str):
                    yield Finding(f"{event.where}/{name}", "an id", show(event.data.get(name, ABSENT)))


@rule(Streamed, cites="ENV-14", when=_has("part", "delta", "done", "progress"))
def item_ids_name_the_announced_item(streamed: Streamed) -> Iterator[Finding]:
    """`item_id` is the id with which the item at that `output_index` was announced."""
    for thread in fold(streamed).all():
        for name, lane in thread.lane.names.items():
            identity = _identity(thread.enclosing(lane))
            for event in thread.events if identity is not None else ():
                got: Any = event.data.get(name, identity)
                if got != identity:
                    yield Finding(f"{event.where}/{name}", show(identity), show(got))


def _identity(thread: Thread | None) -> str | None:
    found = (thread.start() or thread.end()).get("id") if thread else None
    return found if isinstance(found, str) else None


def _announcing(streamed: Streamed) -> frozenset[str]:
    return streamed.dialect.grammar.lanes["item"].opening
