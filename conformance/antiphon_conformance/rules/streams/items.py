"""Items in a stream: `output_item.added` once, `output_item.done` once, and the same item in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.http.exchange import Event, Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import output
from antiphon_conformance.rules.reading.stream_view import stream_view
from antiphon_conformance.rules.reading.streams import (
    breaches,
    early_content,
    finding,
    has_end,
    numbering_findings,
    tells_of,
)
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply

ITEM = "item"
IDENTITY = ("type", "id", "call_id", "name", "namespace", "server_label")
"""The members by which a client knows an item, and what it calls."""
EARLY_MEMBERS = {
    "message": ("role",),
    "function_call": ("name", "call_id"),
    "custom_tool_call": ("name", "call_id"),
}
"""Type of an item -> the members that a server knows before the model has finished it."""


@rule(
    "stream-items.are-added-first",
    StreamReply,
    cites=("LIT-01", "ENV-14", "CG-SSE-07", "BUD-SSE-06"),
    when=tells_of(ITEM),
)
def are_added_first(stream: StreamReply) -> Iterator[Finding]:
    """The first event about an item is `response.output_item.added`.

    Clients build the item from this event, and cannot place an earlier one. Other rules report an item that
    ends at another index than it began.
    """
    starts = [id_of(event) for event in stream.source.of("response.output_item.added")]
    for event, breach in stream_view(stream).breaches:
        ends_elsewhere = event is not None and id_of(event) is not None and id_of(event) in starts
        if breach.lane == ITEM and breach.kind == "not-started" and not ends_elsewhere:
            yield finding(event, breach)
    yield from breaches(stream, kinds={"outside"}, enclosing={ITEM})


def id_of(event: Event) -> Any:
    """The id of the item that an event holds."""
    item = event.data.get(ITEM)
    return item.get("id") if isinstance(item, dict) else None


@rule(
    "stream-items.are-added-once",
    StreamReply,
    cites=("LIT-06", "LIT-01", "CG-SSE-07", "BUD-SSE-14"),
    when=tells_of(ITEM),
)
def are_added_once(stream: StreamReply) -> Iterator[Finding]:
    """No two `response.output_item.added` share an `output_index`."""
    yield from breaches(stream, lanes={ITEM}, kinds={"repeated"})


@rule(
    "stream-items.are-done-once",
    StreamReply,
    cites=("LIT-07", "LIT-10", "CG-SSE-07", "BUD-SSE-06"),
    when=tells_of(ITEM),
)
def are_done_once(stream: StreamReply) -> Iterator[Finding]:
    """Every item ends with exactly one `response.output_item.done` before the response ends."""
    for event, breach in stream_view(stream).breaches:
        wrong = breach.lane == ITEM and breach.kind in ("unfinished", "after-done", "out-of-order")
        if wrong and not (breach.kind == "unfinished" and breach.where in _open_by_right(stream)):
            yield finding(event, breach)


def _open_by_right(stream: StreamReply) -> list[str]:
    """The items whose type needs no `output_item.done`, when another item of the type has one."""
    items = stream_view(stream).of(ITEM)
    done = [thread.kind for thread in items if thread.end()]
    shared = [thread for thread in items if stream.dialect.life(thread.kind).closes == "sometimes"]
    return [f"{ITEM}[{thread.indices[0]}]" for thread in shared if thread.kind in done]


@rule(
    "stream-items.have-no-event-after-done", StreamReply, cites=("LIT-09", "CG-SSE-07"), when=tells_of(ITEM)
)
def have_no_event_after_done(stream: StreamReply) -> Iterator[Finding]:
    """No event about an item follows its `response.output_item.done`."""
    for thread in stream_view(stream).all():
        item = thread.enclosing(ITEM)
        closing = item.closing_event() if item is not None and item is not thread else None
        last = thread.events[-1] if closing is not None and thread.events else None
        if closing is not None and last is not None and last.index > closing.index:
            yield Finding(last.where, f"nothing more after {closing.where}", last.type)


@rule(
    "stream-items.have-no-event-after-the-terminal-event",
    StreamReply,
    cites=("ENV-06", "CG-SSE-12"),
    when=has_end,
)
def have_no_event_after_the_terminal_event(stream: StreamReply) -> Iterator[Finding]:
    """No event about an item follows the terminal event."""
    yield from breaches(stream, kinds={"after-close"}, enclosing={"response"})


@rule(
    "stream-items.are-counted-from-zero",
    StreamReply,
    cites=("ENV-15", "CG-SSE-10", "BUD-SSE-14"),
    when=tells_of(ITEM),
)
def are_counted_from_zero(stream: StreamReply) -> Iterator[Finding]:
    """`output_index` counts the items from 0 in the order of their `output_item.added`."""
    yield from numbering_findings(stream, ITEM)


@rule("stream-items.are-added-with-role-name-and-call-id", StreamReply, cites="LIT-02", when=tells_of(ITEM))
def are_added_with_role_name_and_call_id(stream: StreamReply) -> Iterator[Finding]:
    """In `output_item.added` a message has its `role`, and a call its `name` and `call_id`.

    Clients show the name of the tool while the arguments still arrive.
    """
    for thread in stream_view(stream).of(ITEM):
        opening, start = thread.opening_event(), thread.start()
        if opening is not None and not start:
            actual = show(opening.data.get(ITEM, ABSENT))
            yield Finding(f"{opening.where}/item", "the new item", actual)
        for name in EARLY_MEMBERS.get(str(thread.kind), ()):
            if opening is not None and not start.get(name):
                yield Finding(f"{opening.where}/item/{name}", "a value", show(start.get(name, ABSENT)))


@rule("stream-items.begin-in-progress", StreamReply, cites=("LIT-04", "ITM-26"), when=tells_of(ITEM))
def begin_in_progress(stream: StreamReply) -> Iterator[Finding]:
    """An item is added in progress, or with another status that its type may begin with.

    What a server already has it may add as `completed`; hosted tools report their progress.
    """
    for thread in stream_view(stream).of(ITEM):
        opening, start = thread.opening_event(), thread.start()
        statuses = stream.dialect.life(thread.kind).added
        if opening is None or start.get("status") is None or statuses is None:
            continue
        if str(start["status"]) not in statuses:
            expected = " or ".join(sorted(statuses))
            yield Finding(f"{opening.where}/item/status", expected, show(start["status"]))


@rule("stream-items.end-in-a-terminal-status", StreamReply, cites="LIT-07", when=tells_of(ITEM))
def end_in_a_terminal_status(stream: StreamReply) -> Iterator[Finding]:
    """An item has a status in its `output_item.done` that its type may end with.

    A message is completed, incomplete or failed; a call may wait for the client.
    """
    for thread in stream_view(stream).of(ITEM):
        closing, end = thread.closing_event(), thread.end()
        statuses = stream.dialect.life(thread.kind).done
        if closing is None or end.get("status") is None or statuses is None:
            continue
        if str(end["status"]) not in statuses:
            expected = " or ".join(sorted(statuses))
            yield Finding(f"{closing.where}/item/status", expected, show(end["status"]))


@rule(
    "stream-items.keep-their-identity",
    StreamReply,
    cites=("LIT-08", "LIT-45", "ENV-14", "CG-SSE-07", "BUD-SSE-13"),
    when=tells_of(ITEM),
    reads={Part.TEXTS, Part.IDS},
)
def keep_their_identity(stream: StreamReply) -> Iterator[Finding]:
    """What names an item is equal in `output_item.added` and `.done`: `id`, `call_id`, `name`...

    A client shows the tool when the call begins, and runs it when the call is done. The official Python
    client raises when an announced id is gone; other rules report other members that one of the two lacks.
    """
    for thread in stream_view(stream).of(ITEM):
        closing, start, end = thread.closing_event(), thread.start(), thread.end()
        kept = [name for name in IDENTITY if name not in stream.dialect.life(thread.kind).provisional]
        for name in kept if start and end and closing else ():
            is_gone = name == "id" and isinstance(start.get("id"), str) and end.get("id") is None
            is_other = start.get(name) != end.get(name) and None not in (start.get(name), end.get(name))
            if is_gone or is_other:
                expected, actual = show(start.get(name, ABSENT)), show(end.get(name, ABSENT))
                yield Finding(f"{closing.where if closing else ''}/item/{name}", expected, actual)


@rule(
    "stream-items.are-empty-when-added",
    StreamReply,
    cites=("LIT-20", "LIT-03", "CG-SSE-07"),
    when=tells_of(ITEM),
)
def are_empty_when_added(stream: StreamReply) -> Iterator[Finding]:
    """In `output_item.added` an item is empty where deltas follow: `content: []`.

    The same holds for `arguments: ""`. Clients append the deltas to this content, so content in the first
    event counts twice.
    """
    yield from early_content(stream, ITEM)


@rule(
    "stream-items.parallel-calls-have-different-call-ids",
    StreamReply,
    cites=("LIT-29", "BUD-ITM-08"),
    when=tells_of("call_arguments"),
    reads={Part.IDS},
)
def parallel_calls_have_different_call_ids(stream: StreamReply) -> Iterator[Finding]:
    """No two calls of a stream share a `call_id`."""
    first: dict[str, str] = {}
    for thread in stream_view(stream).of(ITEM):
        opening, start = thread.opening_event(), thread.start()
        call = start.get("call_id")
        if opening is None or not isinstance(call, str) or thread.kind not in EARLY_MEMBERS:
            continue
        if call in first:
            where = f"{opening.where}/item/call_id"
            yield Finding(where, f"an id other than in {first[call]}", show(call))
        first.setdefault(call, opening.where)


@rule(
    "stream-items.have-events-of-their-own-type",
    StreamReply,
    cites=("LIT-26", "LIT-11", "LIT-19"),
    when=tells_of(ITEM),
)
def have_events_of_their_own_type(stream: StreamReply) -> Iterator[Finding]:
    """Events fit their item: parts in messages, arguments in calls, summaries in reasoning."""
    for event, breach in stream_view(stream).breaches:
        if breach.kind == "wrong-type" and breach.enclosing == ITEM:
            yield finding(event, breach)


@rule(
    "stream-items.compactions-are-added-and-done",
    StreamReply,
    cites="LIT-43",
    when=lambda stream: bool(_compactions(stream)),
)
def compactions_are_added_and_done(stream: StreamReply) -> Iterator[Finding]:
    """A compaction item has its `output_item.added` and `output_item.done` like any other item."""
    threads = {thread.indices[0]: thread for thread in stream_view(stream).of(ITEM)}
    for index in _compactions(stream):
        thread = threads.get(index)
        if thread is None or thread.opening_event() is None or thread.closing_event() is None:
            expected = "an item with `output_item.added` and `output_item.done`"
            yield Finding(f"final response/output/{index}", expected, "without both events")


def _compactions(stream: StreamReply) -> list[int]:
    """The indices of the compaction items in the final response."""
    return [index for index, _ in output(stream_view(stream).final(), "compaction")]
