"""The lifecycle events of a stream: created, queued, in progress, and one terminal event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Event
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import texts
from antiphon_conformance.rules.reading.stream_view import Thread, fold, member_object
from antiphon_conformance.rules.reading.streams import (
    breaches,
    has_beginning,
    has_end,
    is_whole,
    tells_of,
    view_differences,
)
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Streamed
from antiphon_spec.stream import Lane

ROOT = "response"


@rule(
    "lifecycle.begins-with-created", Streamed, cites=("LIF-01", "CG-SSE-07", "BUD-SSE-03"), when=has_beginning
)
def begins_with_created(streamed: Streamed) -> Iterator[Finding]:
    """The first event is `response.created`.

    The official client raises an error when any other event comes first.
    """
    lane = _lane(streamed)
    first = streamed.events[0]
    if first.type not in lane.beginnings:
        yield Finding(f"{first.where}/type", " or ".join(lane.beginnings), show(first.type))


@rule("lifecycle.the-second-event-is-in-progress", Streamed, cites="BUD-SSE-03", when=has_beginning)
def the_second_event_is_in_progress(streamed: Streamed) -> Iterator[Finding]:
    """The second event is `response.in_progress` or `response.queued`."""
    second = streamed.events[1].type if len(streamed.events) > 1 else ABSENT
    if second not in ("response.in_progress", "response.queued"):
        yield Finding("event[1]/type", "response.in_progress", show(second))


@rule("lifecycle.is-created-once", Streamed, cites=("LIF-02", "CG-SSE-07"), when=tells_of(ROOT))
def is_created_once(streamed: Streamed) -> Iterator[Finding]:
    """The stream has exactly one `response.created`."""
    yield from breaches(streamed, lanes={ROOT}, kinds={"repeated"})
    lane = _lane(streamed)
    if is_whole(streamed) and not any(event.type in lane.beginnings for event in streamed.events):
        yield Finding("stream", f"a stream with {' or '.join(lane.beginnings)}", "a stream without it")


@rule(
    "lifecycle.states-follow-each-other", Streamed, cites=("LIF-05", "LIF-06", "LIF-04"), when=tells_of(ROOT)
)
def states_follow_each_other(streamed: Streamed) -> Iterator[Finding]:
    """The response is created, then perhaps queued, then in progress, each state with one event."""
    for event, breach in fold(streamed).breaches:
        in_order = breach.lane != ROOT or breach.kind not in ("out-of-order", "not-started", "after-done")
        if event is not None and not in_order and event.type not in _lane(streamed).closing:
            yield Finding(f"{event.where}/type", breach.expected, event.type)


@rule("lifecycle.items-come-after-in-progress", Streamed, cites="LIF-06", when=tells_of("item"))
def items_come_after_in_progress(streamed: Streamed) -> Iterator[Finding]:
    """No event about an item comes before `response.in_progress`."""
    yield from breaches(streamed, kinds={"outside"}, enclosing={ROOT})


def _should_end(streamed: Streamed) -> bool:
    """Whether the connection lasted; only a resumed stream may have no event at all."""
    return not streamed.stream.cut and bool(streamed.events or not fold(streamed).is_tail)


@rule(
    "lifecycle.ends-with-a-terminal-event",
    Streamed,
    cites=("LIF-07", "CG-SSE-06", "BUD-SSE-15"),
    when=_should_end,
)
def ends_with_a_terminal_event(streamed: Streamed) -> Iterator[Finding]:
    """The stream ends with `response.completed`, `response.failed` or `response.incomplete`.

    Without this event a client cannot distinguish a whole answer from a broken connection.
    """
    yield from breaches(streamed, lanes={ROOT}, kinds={"unfinished"})


@rule("lifecycle.ends-once", Streamed, cites="LIF-07", when=has_end)
def ends_once(streamed: Streamed) -> Iterator[Finding]:
    """The stream has only one terminal event."""
    root = fold(streamed).root()
    closing = [event for event in root.events if event.type in root.lane.closing] if root else []
    for event in closing[1:]:
        yield Finding(f"{event.where}/type", "no second terminal event", event.type)


@rule(
    "lifecycle.events-fit-the-status",
    Streamed,
    cites=("LIF-08", "LIF-03", "CG-SSE-08", "BUD-SSE-04"),
    when=tells_of(ROOT),
)
def events_fit_the_status(streamed: Streamed) -> Iterator[Finding]:
    """The response in a lifecycle event has the `status` that the event's name says."""
    lane = _lane(streamed)
    for event, response in _snapshots(streamed):
        status, statuses = response.get("status", ABSENT), lane.statuses.get(event.type, frozenset())
        if response and statuses and not (isinstance(status, str) and status in statuses):
            yield Finding(f"{event.where}/response/status", " or ".join(sorted(statuses)), show(status))


@rule("lifecycle.a-response-is-empty-before-the-terminal-event", Streamed, cites="LIF-03", when=has_beginning)
def a_response_is_empty_before_the_terminal_event(streamed: Streamed) -> Iterator[Finding]:
    """Before the terminal event the response has no output, usage, error or `completed_at`."""
    lane = _lane(streamed)
    for event, response in _snapshots(streamed):
        for name, empty in lane.blank.get(ROOT, {}).items() if event.type not in lane.closing else ():
            if response.get(name, empty) != empty:
                yield Finding(f"{event.where}/response/{name}", show(empty), show(response[name]))


@rule("lifecycle.events-carry-a-response", Streamed, cites=("ENV-16", "BUD-SSE-04"), when=tells_of(ROOT))
def events_carry_a_response(streamed: Streamed) -> Iterator[Finding]:
    """Every lifecycle event carries the response under `response`."""
    for event, response in _snapshots(streamed):
        if not response:
            got = show(event.data.get("response", ABSENT))
            yield Finding(f"{event.where}/response", "a response object with members", got)


@rule(
    "lifecycle.the-id-never-changes", Streamed, cites=("ENV-17", "ENV-16", "CG-SSE-08"), when=tells_of(ROOT)
)
def the_id_never_changes(streamed: Streamed) -> Iterator[Finding]:
    """Every lifecycle event of a stream carries the same `response.id`.

    Clients resume, poll and continue a response with the id of the first event.
    """
    yield from _require_constant(streamed, "id")


@rule("lifecycle.the-time-of-creation-never-changes", Streamed, cites="ENV-16", when=tells_of(ROOT))
def the_time_of_creation_never_changes(streamed: Streamed) -> Iterator[Finding]:
    """Every lifecycle event of a stream carries the same `created_at`."""
    yield from _require_constant(streamed, "created_at")


@rule("lifecycle.the-terminal-event-carries-usage", Streamed, cites=("LIF-10", "BUD-SSE-15"), when=has_end)
def the_terminal_event_carries_usage(streamed: Streamed) -> Iterator[Finding]:
    """The terminal event carries `usage`, unless the response failed.

    It is the only event of a stream that shows a client its costs.
    """
    terminal, final = fold(streamed).terminal(), fold(streamed).final()
    if terminal and final.get("status") != "failed" and not isinstance(final.get("usage"), dict):
        got = show(final.get("usage", ABSENT))
        yield Finding(f"{terminal.where}/response/usage", "an object with token counts", got)


def _is_completed(streamed: Streamed) -> bool:
    terminal = fold(streamed).terminal()
    return terminal is not None and terminal.type == "response.completed"


@rule(
    "lifecycle.the-completed-event-carries-the-whole-response",
    Streamed,
    cites="CG-SSE-06",
    when=_is_completed,
    needs="a stream that completes",
)
def the_completed_event_carries_the_whole_response(streamed: Streamed) -> Iterator[Finding]:
    """`response.completed` carries the whole response: status, output, annotations, usage.

    Clients that ignore the deltas read the answer and its citations from this event alone.
    """
    terminal, final = fold(streamed).terminal(), fold(streamed).final()
    where = f"{terminal.where if terminal else 'stream'}/response"
    if final.get("status") != "completed":
        yield Finding(f"{where}/status", "completed", show(final.get("status", ABSENT)))
    for name, kind in (("output", list), ("usage", dict)):
        if not isinstance(final.get(name), kind):
            expected = f"an {'array' if kind is list else 'object'}"
            yield Finding(f"{where}/{name}", expected, show(final.get(name, ABSENT)))
    for path, part in texts(final):
        if not isinstance(part.get("annotations"), list):
            got = show(part.get("annotations", ABSENT))
            yield Finding(f"{where}/{path}/annotations", "an array, which may be empty", got)


def _can_compare_items(streamed: Streamed) -> bool:
    return has_end(streamed) and not fold(streamed).is_tail


@rule(
    "lifecycle.the-terminal-event-has-the-items-of-the-stream",
    Streamed,
    cites=("LIF-09", "CG-SSE-07", "BUD-SSE-15"),
    when=_can_compare_items,
)
def the_terminal_event_has_the_items_of_the_stream(streamed: Streamed) -> Iterator[Finding]:
    """The output of the terminal event has the items of the stream, each at its `output_index`.

    A client that reads the events and one that reads the last object must get the same answer.
    """
    terminal, output = fold(streamed).terminal(), fold(streamed).final().get("output")
    where = f"{terminal.where if terminal else 'stream'}/response/output"
    output = output if isinstance(output, list) else []
    threads = {thread.indices[0]: thread for thread in fold(streamed).of("item")}
    for index, thread in sorted(threads.items()):
        if index >= len(output) and (thread.end() or not _has_failed(streamed)):
            kind = show((thread.end() or thread.start()).get("type"))
            yield Finding(f"{where}/{index}", f"the streamed item of type {kind}", show(ABSENT))
    for index in range(len(output)):
        if index not in threads:
            yield Finding(
                f"{where}/{index}", "no item, since the stream has none at this index", show(output[index])
            )


@rule(
    "lifecycle.the-terminal-event-repeats-the-items",
    Streamed,
    cites=("LIF-09", "ENV-15", "ITM-22", "CG-SSE-07", "BUD-SSE-14"),
    when=_can_compare_items,
)
def the_terminal_event_repeats_the_items(streamed: Streamed) -> Iterator[Finding]:
    """Each item of the terminal event equals the item of its `response.output_item.done`."""
    terminal, output = fold(streamed).terminal(), fold(streamed).final().get("output")
    for thread in fold(streamed).of("item"):
        index, item = thread.indices[0], thread.end()
        if terminal is None or not isinstance(output, list) or index >= len(output) or not item:
            continue
        for pointer, expected, got in view_differences(item, output[index]):
            where = f"{terminal.where}/response/output/{index}{pointer}"
            yield Finding(where, f"{show(expected)}, as in `response.output_item.done`", show(got))


def _lane(streamed: Streamed) -> Lane:
    return streamed.dialect.grammar.lanes[ROOT]


def _root(streamed: Streamed) -> Thread | None:
    return fold(streamed).root()


def _snapshots(streamed: Streamed) -> Iterator[tuple[Event, Mapping[str, Any]]]:
    """The lifecycle events, with the response that each carries."""
    lane, root = _lane(streamed), _root(streamed)
    for event in root.events if root else ():
        if event.type in lane.statuses:
            yield event, member_object(event, lane.holds)


def _has_failed(streamed: Streamed) -> bool:
    return fold(streamed).final().get("status") == "failed"


def _require_constant(streamed: Streamed, name: str) -> Iterator[Finding]:
    snapshots = [(event, response) for event, response in _snapshots(streamed) if name in response]
    for event, response in snapshots[1:]:
        first, expected = snapshots[0][0], snapshots[0][1][name]
        if response[name] != expected:
            where = f"{event.where}/response/{name}"
            yield Finding(where, f"{show(expected)}, as in {first.where}", show(response[name]))
