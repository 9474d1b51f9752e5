"""The events compared with the document's schema for their type, one rule for each kind of event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from antiphon_conformance.http.exchange import Event, Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import item_kind, member, objects
from antiphon_conformance.rules.reading.places import is_index
from antiphon_conformance.rules.reading.schema_faults import faults_of_item
from antiphon_conformance.rules.reading.stream_view import Thread, stream_view
from antiphon_conformance.rules.reading.streams import OPEN_RESPONSES, OPENAI
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply
from antiphon_spec.dialect import Dialect
from antiphon_spec.schema import Fault, Schemas
from antiphon_spec.stream import Grammar, Lane

COMPARED = ("item", "part", "delta", "done")
"""The kinds of events that rules here compare with the document; of a response its own rules judge all."""
MOST_EXPLAINED = 100
"""How many wrong events of one kind are explained: each costs as much as thousands of right ones."""
OWN = "an id of its own"
"""The id that an item should have whose events name none, or that of another item."""


def _kind(grammar: Grammar, event_type: str) -> str:
    """What an event does, by the stream table of the dialect."""
    move = grammar.events.get(event_type)
    if move is None:
        return "unknown"
    lane, total = move.lane, move.lane.accumulates
    if lane.within is None:
        return "lifecycle" if event_type in lane.statuses else "error"
    if total and event_type in (total.event, total.done):
        return "delta" if event_type == total.event else "done"
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
def _pointers_of_other_rules(dialect: Dialect, event_type: str) -> frozenset[str]:
    """The members of an event that other rules check: its type, sequence numbers, indices, ids."""
    lane = dialect.grammar.events[event_type].lane
    return frozenset(f"/{name}" for name in ("type", "sequence_number", *lane.identity, *lane.names))


@cache
def _has(*kinds: str) -> Callable[[StreamReply], bool]:
    @cache
    def types(dialect: Dialect) -> frozenset[str]:
        return frozenset[str]().union(*(_types(dialect).get(kind, ()) for kind in kinds))

    return lambda stream: not types(stream.dialect).isdisjoint(stream.types)


def _wrong_events(stream: StreamReply) -> Mapping[str, list[Event]]:
    """The events that the document forbids, by kind. Each event is validated once for all rules; of a kind no
    more are looked for than are explained."""
    return {kind: [*islice(_invalid(stream, kind), MOST_EXPLAINED)] for kind in COMPARED}


def _invalid(stream: StreamReply, kind: str) -> Iterator[Event]:
    """The events of one kind that the document forbids."""
    schemas = stream.dialect.schemas
    types = _types(stream.dialect).get(kind, frozenset()) & stream.types
    valid = {name: validator.is_valid for name in types if (validator := schemas.event(name))}
    return (event for event in stream.source.of(*valid) if not valid[event.type](event.data))


def _faults(stream: StreamReply, *kinds: str) -> Iterator[tuple[Event, Fault]]:
    """The faults that the document finds in events of these kinds, without those that other rules report."""
    schemas, once = stream.dialect.schemas, stream.exchange.facts.once
    wrong = once("wrong events", _wrong_events, stream)
    for kind in kinds:
        for event in wrong.get(kind, ()):
            for fault in once(("faults", event.where), _find_faults, schemas, event):
                if fault.pointer not in _pointers_of_other_rules(stream.dialect, event.type):
                    yield event, fault


def _find_faults(schemas: Schemas, event: Event) -> list[Fault]:
    validator = schemas.event(event.type)
    return validator.faults(event.data) if validator else []


def _new_faults(stream: StreamReply, *kinds: str) -> Iterator[tuple[Event, Fault]]:
    """The faults that other rules do not report: neither faults that the items of the terminal event have
    too, nor types that the document does not know."""
    final_faults = stream.exchange.facts.once("faults at the end", _faults_of_final_items, stream)
    for event, fault in _faults(stream, *kinds):
        unknown = fault.pointer == "/item/type" and fault.keyword == "enum"
        lane = stream.dialect.grammar.events[event.type].lane
        place = _place(lane, stream_view(stream).data(event), fault.pointer)
        if not unknown and (place, fault.expected) not in final_faults:
            yield event, fault


def _faults_of_final_items(stream: StreamReply) -> frozenset[tuple[str, str]]:
    """(`index/pointer`, expected) for each fault of the items in the terminal event."""
    terminal = stream_view(stream).terminal()
    validator_of = stream.dialect.schemas.item
    return frozenset(
        (f"{index}{fault.pointer}", fault.expected)
        for index, item in objects(stream.final.get("output") if terminal else None)
        if (validator := validator_of(str(item_kind(item)))) is not None
        for fault in faults_of_item(stream.exchange, validator, item)
    )


def _place(lane: Lane, data: Mapping[str, Any], pointer: str) -> str:
    """The path in the output of a member of the item, part or annotation that an event's data carries."""
    path = [str(data.get(name)) for name in lane.identity]
    if lane.holds and lane.within == "item":
        path.insert(1, lane.place or "")
    elif lane.holds and len(path) > 2:
        path = [path[0], "content", path[1], lane.place or "", *path[2:]]
    return "/".join(path) + pointer.removeprefix(f"/{lane.holds}")


def _finding(event: Event, fault: Fault) -> Finding:
    return Finding(f"{event.where}{fault.pointer}", fault.expected, fault.actual, newer=fault.newer)


def _schemas(open_responses: str, openai: str) -> tuple[str, str]:
    return f"{OPEN_RESPONSES}{open_responses}", f"{OPENAI}{openai}"


@rule(
    "stream-schema.item-events-match-the-document",
    StreamReply,
    cites=(
        "CG-SSE-07",
        *_schemas("ResponseOutputItemDoneStreamingEvent", "ResponseOutputItemDoneEvent"),
        "BUD-SSE-20",
    ),
    when=_has("item"),
)
def item_events_match_the_document(stream: StreamReply) -> Iterator[Finding]:
    """`output_item.added`, `.done` and their item have the members that the document demands."""
    opening = _opening_types(stream)
    for event, fault in _new_faults(stream, "item"):
        if event.type not in opening or not fault.pointer.startswith("/item/"):
            yield _finding(event, fault)


@rule(
    "stream-schema.added-items-have-all-members",
    StreamReply,
    cites=("LIT-03", "CG-SSE-07", f"{OPENAI}ResponseOutputItemAddedEvent/properties/item", "BUD-SSE-20"),
    when=_has("item"),
)
def added_items_have_all_members(stream: StreamReply) -> Iterator[Finding]:
    """In `output_item.added` an item has every required member, empty if its value comes later.

    Typed clients read this item with the same class as the finished one.
    """
    opening = _opening_types(stream)
    later_members = stream.dialect.grammar.lanes["item"].lacks
    for event, fault in _new_faults(stream, "item"):
        kind = member(stream_view(stream).data(event), "item", "type")
        is_later = fault.pointer.removeprefix("/item/") in later_members.get(str(kind), ())
        if event.type in opening and fault.pointer.startswith("/item/") and not is_later:
            yield _finding(event, fault)


@rule(
    "stream-schema.part-events-match-the-document",
    StreamReply,
    cites=(
        "CG-SSE-07",
        *_schemas("ResponseContentPartDoneStreamingEvent", "ResponseContentPartDoneEvent"),
        "BUD-SSE-20",
    ),
    when=_has("part"),
)
def part_events_match_the_document(stream: StreamReply) -> Iterator[Finding]:
    """Events on content parts and annotations have the members that the document demands."""
    yield from (_finding(event, fault) for event, fault in _new_faults(stream, "part"))


@rule(
    "stream-schema.delta-events-match-the-document",
    StreamReply,
    cites=(
        "LIT-24",
        "CG-SSE-04",
        *_schemas("ResponseOutputTextDeltaStreamingEvent", "ResponseTextDeltaEvent"),
        "BUD-SSE-07",
    ),
    when=_has("delta"),
)
def delta_events_match_the_document(stream: StreamReply) -> Iterator[Finding]:
    """Delta events have the members that the document demands; `delta` is a string.

    Clients append `delta` to the text so far; an object breaks them.
    """
    yield from (_finding(event, fault) for event, fault in _faults(stream, "delta"))


@rule(
    "stream-schema.done-events-match-the-document",
    StreamReply,
    cites=(
        "LIT-24",
        "CG-SSE-07",
        *_schemas("ResponseOutputTextDoneStreamingEvent", "ResponseTextDoneEvent"),
        "BUD-SSE-20",
        "BUD-SSE-12",
    ),
    when=_has("done"),
)
def done_events_match_the_document(stream: StreamReply) -> Iterator[Finding]:
    """Events that end a text or the arguments have the members that the document demands."""
    yield from (_finding(event, fault) for event, fault in _faults(stream, "done"))


@rule(
    "stream-schema.events-name-their-item-and-index",
    StreamReply,
    cites=("ENV-13", "CG-SSE-10"),
    when=_has("item", "part", "delta", "done", "progress"),
)
def events_name_their_item_and_index(stream: StreamReply) -> Iterator[Finding]:
    """Events have `output_index`, `item_id` and, on a part or a summary, its index.

    Clients sort events by these members; without them they can follow one text only.
    """
    fold = stream_view(stream)
    for thread in fold.all():
        indices = thread.lane.identity if fold.inferred else ()  # nothing is inferred where all are there
        for event in thread.events:
            for name in indices:
                if not is_index(event.data.get(name)):
                    yield Finding(f"{event.where}/{name}", "an index", show(event.data.get(name, ABSENT)))
            for name in thread.lane.names:
                if not isinstance(event.data.get(name), str):
                    yield Finding(f"{event.where}/{name}", "an id", show(event.data.get(name, ABSENT)))


@rule(
    "stream-schema.item-ids-name-the-added-item",
    StreamReply,
    cites="ENV-14",
    when=_has("part", "delta", "done", "progress"),
    reads={Part.IDS},
)
def item_ids_name_the_added_item(stream: StreamReply) -> Iterator[Finding]:
    """`item_id` is the id of the item in the `output_item.added` of that `output_index`."""
    identities, call_ids = _identities(stream), _call_ids(stream)
    for thread in stream_view(stream).all():
        for name, lane in thread.lane.names.items():
            indices = _indices(thread, lane) or ()
            identity = identities.get(indices)
            if identity is None:
                continue
            right = (identity, call_ids.get(indices, identity))
            for event in thread.events:
                actual: Any = event.data.get(name, identity)
                if actual not in right:
                    expected = OWN if identity == OWN else show(identity)
                    yield Finding(f"{event.where}/{name}", expected, show(actual))


def _identities(stream: StreamReply) -> Mapping[tuple[int, ...], str]:
    """The id of each item by its indices: its own or, where it has none, the first by which events name it.

    No two items have one id, so that an id of another item does not count.
    """
    own = {thread.indices: _identity(thread) for thread in stream_view(stream).of("item")}
    named = {indices: name for indices, name in own.items() if name is not None}
    for thread in stream_view(stream).all():
        for name, lane in thread.lane.names.items():
            indices = _indices(thread, lane)
            if indices is None or indices in named or not thread.events:
                continue
            ids = (event.data.get(name) for event in thread.events)
            fresh = (
                entry for entry in ids if isinstance(entry, str) and entry and entry not in named.values()
            )
            named[indices] = next(fresh, OWN)
    return named


def _call_ids(stream: StreamReply) -> Mapping[tuple[int, ...], str]:
    """The `call_id` of each call by its indices, where the dialect lets events name a call by it."""
    if stream.dialect.traits.item_ids_of_calls != "either":
        return {}
    starts = {thread.indices: thread.start() or thread.end() for thread in stream_view(stream).of("item")}
    ids = {indices: item.get("call_id") for indices, item in starts.items()}
    return {indices: call_id for indices, call_id in ids.items() if isinstance(call_id, str) and call_id}


def _indices(thread: Thread, lane: str) -> tuple[int, ...] | None:
    owner = thread.enclosing(lane)
    return owner.indices if owner is not None else None


def _identity(thread: Thread) -> str | None:
    identity = (thread.start() or thread.end()).get("id")
    return identity if isinstance(identity, str) and identity else None


def _opening_types(stream: StreamReply) -> frozenset[str]:
    return stream.dialect.grammar.lanes["item"].opening
