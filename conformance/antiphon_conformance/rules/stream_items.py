"""Items in a stream: announced once, done once, the same item throughout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.answers import member, output
from antiphon_conformance.fold import fold
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.streams import (
    breaches,
    early_content,
    finding,
    has_end,
    numbering_findings,
    tells_of,
)
from antiphon_conformance.subject import Streamed
from antiphon_conformance.text import ABSENT, show

ITEM = "item"
IDENTITY = ("type", "id", "call_id")
KNOWN_AT_ONCE = {
    "message": ("role",),
    "function_call": ("name", "call_id"),
    "custom_tool_call": ("name", "call_id"),
}
"""What a server knows of an item before it has made it, by type."""


@rule(Streamed, cites=("LIT-01", "ENV-14", "CG-SSE-07", "BUD-SSE-06"), when=tells_of(ITEM))
def are_announced_first(streamed: Streamed) -> Iterator[Finding]:
    """The first event about an item is `response.output_item.added`.

    Clients make the item from it; what comes earlier has nowhere to go.
    """
    yield from breaches(streamed, lanes={ITEM}, kinds={"not-started"})
    yield from breaches(streamed, kinds={"outside"}, enclosing={ITEM})


@rule(Streamed, cites=("LIT-06", "LIT-01", "CG-SSE-07", "BUD-SSE-14"), when=tells_of(ITEM))
def are_announced_once(streamed: Streamed) -> Iterator[Finding]:
    """No two `response.output_item.added` share an `output_index`."""
    yield from breaches(streamed, lanes={ITEM}, kinds={"repeated"})


@rule(Streamed, cites=("LIT-07", "LIT-10", "CG-SSE-07", "BUD-SSE-06"), when=tells_of(ITEM))
def are_done_once(streamed: Streamed) -> Iterator[Finding]:
    """Every item is closed by exactly one `response.output_item.done` before the response ends."""
    yield from breaches(streamed, lanes={ITEM}, kinds={"unfinished", "after-done", "out-of-order"})


@rule(Streamed, cites=("LIT-09", "CG-SSE-07"), when=tells_of(ITEM))
def are_silent_once_done(streamed: Streamed) -> Iterator[Finding]:
    """No event about an item follows its `response.output_item.done`."""
    for thread in fold(streamed).all():
        item = thread.enclosing(ITEM)
        closed = item.closing_event() if item is not None and item is not thread else None
        last = thread.events[-1] if closed is not None and thread.events else None
        if closed is not None and last is not None and last.index > closed.index:
            yield Finding(last.where, f"nothing more after {closed.where}", last.type)


@rule(Streamed, cites=("ENV-06", "CG-SSE-12"), when=has_end)
def are_silent_once_the_response_ended(streamed: Streamed) -> Iterator[Finding]:
    """No event about an item follows the terminal event."""
    yield from breaches(streamed, kinds={"after-close"}, enclosing={"response"})


@rule(Streamed, cites=("ENV-15", "CG-SSE-10", "BUD-SSE-14"), when=tells_of(ITEM))
def are_counted_from_zero(streamed: Streamed) -> Iterator[Finding]:
    """`output_index` counts the items from 0 in the order in which they are announced."""
    yield from numbering_findings(streamed, ITEM)


@rule(Streamed, cites="LIT-02", when=tells_of(ITEM))
def are_announced_with_what_is_known(streamed: Streamed) -> Iterator[Finding]:
    """An announced message has its `role`, an announced call its `name` and `call_id`.

    Clients show which tool is being called while its arguments still arrive.
    """
    for thread in fold(streamed).of(ITEM):
        opened, start = thread.opening_event(), thread.start()
        if opened is not None and not start:
            got = show(opened.data.get(ITEM, ABSENT))
            yield Finding(f"{opened.where}/item", "the item that begins", got)
        for name in KNOWN_AT_ONCE.get(str(start.get("type")), ()):
            if opened is not None and not start.get(name):
                yield Finding(f"{opened.where}/item/{name}", "a value", show(start.get(name, ABSENT)))


@rule(Streamed, cites="LIT-04", when=tells_of(ITEM))
def begin_in_progress(streamed: Streamed) -> Iterator[Finding]:
    """An announced item that has a status is `in_progress`."""
    lane = streamed.dialect.grammar.lanes[ITEM]
    for thread in fold(streamed).of(ITEM):
        opened, start = thread.opening_event(), thread.start()
        if opened is None or "status" not in start:
            continue
        whole = lane.blank.get(str(start.get("type")), {}).get("status")
        allowed = {whole} if whole else set(lane.statuses[opened.type])
        if str(start["status"]) not in allowed:
            expected = " or ".join(sorted(allowed))
            yield Finding(f"{opened.where}/item/status", expected, show(start["status"]))


def _waits_for_a_program(item: Mapping[str, Any]) -> bool:
    """OpenAI leaves a call that a program made in progress until the program has its answer."""
    return bool(member(item, "caller", "type") == "program")


@rule(Streamed, cites="LIT-07", when=tells_of(ITEM))
def end_in_a_terminal_status(streamed: Streamed) -> Iterator[Finding]:
    """An item that is done and has a status is completed, incomplete or failed."""
    for thread in fold(streamed).of(ITEM):
        closed, end = thread.closing_event(), thread.end()
        if closed is None or "status" not in end or _waits_for_a_program(end):
            continue
        allowed = thread.lane.statuses[closed.type]
        if str(end["status"]) not in allowed and ":" not in str(end.get("type")):
            expected = " or ".join(sorted(allowed))
            yield Finding(f"{closed.where}/item/status", expected, show(end["status"]))


@rule(Streamed, cites=("LIT-08", "ENV-14", "CG-SSE-07", "BUD-SSE-13"), when=tells_of(ITEM))
def keep_their_identity(streamed: Streamed) -> Iterator[Finding]:
    """`type`, `id` and `call_id` of an item are the same when it is announced and when it is done."""
    for thread in fold(streamed).of(ITEM):
        closed, start, end = thread.closing_event(), thread.start(), thread.end()
        for name in IDENTITY if start and end and closed else ():
            if start.get(name) != end.get(name):
                wanted, got = show(start.get(name, ABSENT)), show(end.get(name, ABSENT))
                yield Finding(f"{closed.where if closed else ''}/item/{name}", wanted, got)


@rule(Streamed, cites=("LIT-20", "LIT-03", "CG-SSE-07"), when=tells_of(ITEM))
def are_announced_empty(streamed: Streamed) -> Iterator[Finding]:
    """An item is announced without the content that its events will bring: `content: []`, `arguments: ""`.

    Clients append deltas to what they have, so content that is there already counts twice.
    """
    yield from early_content(streamed, ITEM)


@rule(Streamed, cites=("LIT-29", "BUD-ITM-08"), when=tells_of("call_arguments"))
def parallel_calls_are_told_apart(streamed: Streamed) -> Iterator[Finding]:
    """No two calls of a stream share a `call_id`."""
    seen: dict[str, str] = {}
    for thread in fold(streamed).of(ITEM):
        opened, call = thread.opening_event(), thread.start().get("call_id")
        if (
            opened is None
            or not isinstance(call, str)
            or str(thread.start().get("type")) not in KNOWN_AT_ONCE
        ):
            continue
        if call in seen:
            where = f"{opened.where}/item/call_id"
            yield Finding(where, f"another than in {seen[call]}", show(call))
        seen.setdefault(call, opened.where)


@rule(Streamed, cites=("LIT-26", "LIT-11", "LIT-19"), when=tells_of(ITEM))
def get_events_of_their_own_type(streamed: Streamed) -> Iterator[Finding]:
    """Events fit the type of their item: parts in messages, arguments in calls, summaries in reasoning."""
    for event, breach in fold(streamed).breaches:
        if breach.kind == "wrong-type" and breach.enclosing == ITEM:
            yield finding(event, breach)


@rule(Streamed, cites="LIT-43", when=lambda streamed: bool(_compactions(streamed)))
def compactions_come_like_other_items(streamed: Streamed) -> Iterator[Finding]:
    """A compaction that took place within a create is announced and done like any other item."""
    told = {thread.indices[0]: thread for thread in fold(streamed).of(ITEM)}
    for index in _compactions(streamed):
        thread = told.get(index)
        if thread is None or thread.opening_event() is None or thread.closing_event() is None:
            expected = "an item that was announced and done"
            yield Finding(f"final response/output/{index}", expected, "no such events")


def _compactions(streamed: Streamed) -> list[int]:
    """The places of compaction items in what the response ended with."""
    return [index for index, _ in output(fold(streamed).final(), "compaction")]
