"""The lifecycle events of a stream: created, queued, in progress, and one terminal event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Event, Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import number, texts
from antiphon_conformance.rules.reading.stream_view import Thread, member_object, stream_view
from antiphon_conformance.rules.reading.streams import (
    breaches,
    has_beginning,
    has_end,
    is_rejection,
    tells_of,
    view_differences,
    wrong_indices,
)
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply
from antiphon_spec.stream import Lane

ROOT = "response"
RUNNING = "response.in_progress"
USAGE = "usage"


@rule(
    "lifecycle.begins-with-created",
    StreamReply,
    cites=("LIF-01", "CG-SSE-07", "BUD-SSE-03"),
    when=has_beginning,
)
def begins_with_created(stream: StreamReply) -> Iterator[Finding]:
    """The first event is `response.created`.

    The official client raises an error when any other event comes first, be it one that keeps the connection
    alive.
    """
    lane = _lane(stream)
    first = stream.source.events[0]
    if first.type not in lane.beginnings:
        yield Finding(f"{first.where}/type", " or ".join(lane.beginnings), show(first.type))


@rule(
    "lifecycle.the-second-event-is-in-progress",
    StreamReply,
    cites="BUD-SSE-03",
    when=has_beginning,
    reads={Part.BODY_END},
)
def the_second_event_is_in_progress(stream: StreamReply) -> Iterator[Finding]:
    """The second event is `response.in_progress` or `response.queued`."""
    second = stream.events[1].type if len(stream.events) > 1 else ABSENT
    if second not in ("response.in_progress", "response.queued"):
        yield Finding("event[1]/type", "response.in_progress", show(second))


@rule("lifecycle.is-created-once", StreamReply, cites=("LIF-02", "CG-SSE-07"), when=tells_of(ROOT))
def is_created_once(stream: StreamReply) -> Iterator[Finding]:
    """The stream has no second `response.created`.

    Another rule reports a stream that begins without one.
    """
    yield from breaches(stream, lanes={ROOT}, kinds={"repeated"})


@rule(
    "lifecycle.states-follow-each-other",
    StreamReply,
    cites=("LIF-05", "LIF-06", "LIF-04"),
    when=lambda stream: has_beginning(stream) or (stream_view(stream).is_tail and tells_of(ROOT)(stream)),
)
def states_follow_each_other(stream: StreamReply) -> Iterator[Finding]:
    """The response is created, then perhaps queued, then in progress, each state with one event."""
    for event, breach in stream_view(stream).breaches:
        in_order = breach.lane != ROOT or breach.kind not in ("out-of-order", "not-started", "after-done")
        if event is not None and not in_order and event.type not in _lane(stream).closing:
            yield Finding(f"{event.where}/type", breach.expected, event.type)


@rule("lifecycle.items-come-after-in-progress", StreamReply, cites="LIF-06", when=tells_of("item"))
def items_come_after_in_progress(stream: StreamReply) -> Iterator[Finding]:
    """No event about an item comes before `response.created` and `response.in_progress`.

    The latter may be missing, but it does not come late.
    """
    yield from breaches(stream, kinds={"outside"}, enclosing={ROOT})
    first = min(
        (event.index for item in stream_view(stream).of("item") for event in item.events), default=None
    )
    start = next(iter(stream.source.of(RUNNING)), None)
    if first is not None and start is not None and start.index > first:
        yield Finding(f"{start.where}/type", f"{RUNNING} before event[{first}]", "after the first item")


def _should_end(stream: StreamReply) -> bool:
    """Whether the connection lasted and a response began; only a resumed stream may have no event at all."""
    is_whole = not stream.source.cut and not is_rejection(stream)
    return is_whole and bool(stream.events or not stream_view(stream).is_tail)


@rule(
    "lifecycle.ends-with-a-terminal-event",
    StreamReply,
    cites=("LIF-07", "CG-SSE-06", "BUD-SSE-15"),
    when=_should_end,
    reads={Part.BODY_END},
)
def ends_with_a_terminal_event(stream: StreamReply) -> Iterator[Finding]:
    """The stream ends with `response.completed`, `response.failed` or `response.incomplete`.

    Without this event a client cannot distinguish a whole answer from a broken connection.
    """
    yield from breaches(stream, lanes={ROOT}, kinds={"unfinished"})


@rule("lifecycle.ends-once", StreamReply, cites="LIF-07", when=has_end)
def ends_once(stream: StreamReply) -> Iterator[Finding]:
    """The stream has only one terminal event."""
    root = stream_view(stream).root()
    closing = [event for event in root.events if event.type in root.lane.closing] if root else []
    for event in closing[1:]:
        yield Finding(f"{event.where}/type", "no second terminal event", event.type)


@rule(
    "lifecycle.events-fit-the-status",
    StreamReply,
    cites=("LIF-08", "LIF-03", "CG-SSE-08", "BUD-SSE-04"),
    when=tells_of(ROOT),
)
def events_fit_the_status(stream: StreamReply) -> Iterator[Finding]:
    """The response in a lifecycle event has the `status` that the event's name says.

    Another rule reports a response without status.
    """
    lane = _lane(stream)
    for event, response in _response_objects(stream):
        status, statuses = response.get("status"), lane.statuses.get(event.type, frozenset())
        if status is not None and statuses and not (isinstance(status, str) and status in statuses):
            yield Finding(f"{event.where}/response/status", " or ".join(sorted(statuses)), show(status))


def _is_blank(value: Any, empty: Any) -> bool:
    """Whether a value is the empty one; an object of counts may count more kinds of nothing, or be null."""
    if isinstance(empty, Mapping) and isinstance(value, Mapping | None):
        return _is_nothing(value)
    return bool(value == empty)


def _is_nothing(value: Any) -> bool:
    """Whether there is nothing in a value but zeros, nulls and what is empty."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else None
    return all(map(_is_nothing, inner)) if inner is not None else not value


@rule(
    "lifecycle.a-response-is-empty-before-the-terminal-event", StreamReply, cites="LIF-03", when=has_beginning
)
def a_response_is_empty_before_the_terminal_event(stream: StreamReply) -> Iterator[Finding]:
    """Before the terminal event the response has no output, error or `completed_at`.

    Another rule judges `usage`.
    """
    lane = _lane(stream)
    for event, response in _response_objects(stream):
        for name, empty in lane.blank.get(ROOT, {}).items() if event.type not in lane.closing else ():
            if name != USAGE and not _is_blank(response.get(name, empty), empty):
                yield Finding(f"{event.where}/response/{name}", show(empty), show(response[name]))


@rule("lifecycle.events-carry-a-response", StreamReply, cites=("ENV-16", "BUD-SSE-04"), when=tells_of(ROOT))
def events_carry_a_response(stream: StreamReply) -> Iterator[Finding]:
    """Every lifecycle event carries the response under `response`."""
    for event, response in _response_objects(stream):
        if not response:
            actual = show(event.data.get("response", ABSENT))
            yield Finding(f"{event.where}/response", "a response object with members", actual)


@rule(
    "lifecycle.the-id-never-changes",
    StreamReply,
    cites=("ENV-17", "ENV-16", "CG-SSE-08"),
    when=tells_of(ROOT),
    reads={Part.IDS},
)
def the_id_never_changes(stream: StreamReply) -> Iterator[Finding]:
    """Every lifecycle event of a stream carries the same `response.id`.

    Clients resume, poll and continue a response with the id of the first event.
    """
    yield from _require_constant(stream, "id")


@rule(
    "lifecycle.the-time-of-creation-never-changes",
    StreamReply,
    cites="ENV-16",
    when=tells_of(ROOT),
    reads={Part.TIMES},
)
def the_time_of_creation_never_changes(stream: StreamReply) -> Iterator[Finding]:
    """Every lifecycle event of a stream carries the same `created_at`, to the second."""
    yield from _require_constant(stream, "created_at")


@rule("lifecycle.the-terminal-event-carries-usage", StreamReply, cites=("LIF-10", "BUD-SSE-15"), when=has_end)
def the_terminal_event_carries_usage(stream: StreamReply) -> Iterator[Finding]:
    """The terminal event carries `usage`, unless the response failed or was cancelled.

    It is the only event of a stream that shows a client its costs.
    """
    terminal, final = stream_view(stream).terminal(), stream_view(stream).final()
    if (
        terminal
        and final
        and final.get("status") not in ("failed", "cancelled")
        and not isinstance(final.get("usage"), dict)
    ):
        actual = show(final.get("usage", ABSENT))
        yield Finding(f"{terminal.where}/response/usage", "an object with token counts", actual)


def _is_completed(stream: StreamReply) -> bool:
    terminal = stream_view(stream).terminal()
    return terminal is not None and terminal.type == "response.completed"


@rule(
    "lifecycle.the-completed-event-carries-the-whole-response",
    StreamReply,
    cites="CG-SSE-06",
    when=_is_completed,
    needs="a stream that completes",
    reads={Part.TEXTS, Part.IDS},
)
def the_completed_event_carries_the_whole_response(stream: StreamReply) -> Iterator[Finding]:
    """`response.completed` carries the whole response: status, output, annotations, usage.

    Clients that ignore the deltas read the answer and its citations from this event alone.
    """
    terminal, final = stream_view(stream).terminal(), stream_view(stream).final()
    where = f"{terminal.where if terminal else 'stream'}/response"
    if final.get("status") != "completed":
        yield Finding(f"{where}/status", "completed", show(final.get("status", ABSENT)))
    for name, kind in (("output", list), ("usage", dict)):
        if not isinstance(final.get(name), kind):
            expected = f"an {'array' if kind is list else 'object'}"
            yield Finding(f"{where}/{name}", expected, show(final.get(name, ABSENT)))
    if final.get("output") == [] and "response.output_text.delta" in stream.types:
        yield Finding(f"{where}/output", "the message of the stream", show([]))
    for path, part in texts(final):
        if not isinstance(part.get("annotations"), list):
            actual = show(part.get("annotations", ABSENT))
            yield Finding(f"{where}/{path}/annotations", "an array, which may be empty", actual)


def _can_compare_items(stream: StreamReply) -> bool:
    return has_end(stream) and not stream_view(stream).is_tail


@rule(
    "lifecycle.the-terminal-event-has-the-items-of-the-stream",
    StreamReply,
    cites=("LIF-09", "CG-SSE-07", "BUD-SSE-15"),
    when=_can_compare_items,
    reads={Part.TEXTS, Part.IDS},
)
def the_terminal_event_has_the_items_of_the_stream(stream: StreamReply) -> Iterator[Finding]:
    """The output of the terminal event has the items of the stream, each at its `output_index`.

    A client that reads the events and one that reads the last object must get the same answer. Another rule
    reports a response without output.
    """
    terminal, final = stream_view(stream).terminal(), stream_view(stream).final()
    if "output" not in final:
        return
    where = f"{terminal.where if terminal else 'stream'}/response/output"
    output = final["output"] if isinstance(final["output"], list) else []
    threads = {thread.indices[0]: thread for thread in stream_view(stream).of("item")}
    if not output and any(thread.end() for thread in threads.values()):
        yield Finding(where, f"the {len(threads)} items of the stream", show([]))
        return
    for index, thread in sorted(threads.items()):
        if index >= len(output) and (thread.end() or not _has_failed(stream)):
            expected = f"the streamed item of type {show(thread.kind)}"
            yield Finding(f"{where}/{index}", expected, show(ABSENT))
    yield from _misplaced_items(stream, output, where)
    for index in range(len(output)):
        if index not in threads:
            yield Finding(
                f"{where}/{index}", "an item that the stream announced at this index", show(output[index])
            )


def _misplaced_items(stream: StreamReply, output: list[Any], where: str) -> Iterator[Finding]:
    """The items that stand elsewhere than at their index; another rule reports indices that miscount."""
    places, miscounted = _places_by_id(output), wrong_indices(stream, "item")
    for thread in stream_view(stream).of("item") if not miscounted else ():
        identity, index = thread.end().get("id"), thread.indices[0]
        if isinstance(identity, str) and places.get(identity, index) != index:
            place = places[identity]
            yield Finding(f"{where}/{place}", f"the item with `output_index` {place}", f"that with {index}")


@rule(
    "lifecycle.the-terminal-event-repeats-the-items",
    StreamReply,
    cites=("LIF-09", "ENV-15", "ITM-22", "CG-SSE-07", "BUD-SSE-14"),
    when=_can_compare_items,
    reads={Part.TEXTS, Part.IDS},
)
def the_terminal_event_repeats_the_items(stream: StreamReply) -> Iterator[Finding]:
    """Each item of the terminal event equals the item of its `response.output_item.done`.

    Another rule reports an item that is missing or in another place.
    """
    terminal, output = stream_view(stream).terminal(), stream_view(stream).final().get("output")
    places = _places_by_id(output)
    for thread in stream_view(stream).of("item"):
        index, item = thread.indices[0], thread.end()
        index = places.get(str(item.get("id")), index)
        if terminal is None or not isinstance(output, list) or not 0 <= index < len(output) or not item:
            continue
        for pointer, expected, actual in view_differences(item, output[index]):
            where = f"{terminal.where}/response/output/{index}{pointer}"
            yield Finding(where, f"{show(expected)}, as in `response.output_item.done`", show(actual))


def _places_by_id(output: Any) -> Mapping[str, int]:
    """The index of each item that has an id of its own."""
    ids = (
        [item.get("id") if isinstance(item, dict) else None for item in output]
        if isinstance(output, list)
        else []
    )
    return {name: index for index, name in enumerate(ids) if isinstance(name, str) and ids.count(name) == 1}


def _lane(stream: StreamReply) -> Lane:
    return stream.dialect.grammar.lanes[ROOT]


def _root(stream: StreamReply) -> Thread | None:
    return stream_view(stream).root()


def _response_objects(stream: StreamReply) -> Iterator[tuple[Event, Mapping[str, Any]]]:
    """The lifecycle events, with the response that each carries."""
    lane, root = _lane(stream), _root(stream)
    for event in root.events if root else ():
        if event.type in lane.statuses:
            yield event, member_object(event, lane.holds)


def _has_failed(stream: StreamReply) -> bool:
    return stream_view(stream).final().get("status") == "failed"


def _is_the_same_second(left: Any, right: Any) -> bool:
    """Whether two values are times of the same second, rounded or not."""
    first, second = number(left), number(right)
    return first is not None and second is not None and abs(first - second) < 1


def _require_constant(stream: StreamReply, name: str) -> Iterator[Finding]:
    responses = [(event, response) for event, response in _response_objects(stream) if name in response]
    for event, response in responses[1:]:
        first, expected = responses[0][0], responses[0][1][name]
        if response[name] != expected and not _is_the_same_second(response[name], expected):
            where = f"{event.where}/response/{name}"
            yield Finding(where, f"{show(expected)}, as in {first.where}", show(response[name]))
