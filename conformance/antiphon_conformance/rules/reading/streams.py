"""Functions that the rules over streams share: breaches as findings, sums, views, counting."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from antiphon_conformance.http.exchange import Event
from antiphon_conformance.http.text import ABSENT, safe, show, show_apart
from antiphon_conformance.rules.reading.comparison import VOLATILE
from antiphon_conformance.rules.reading.output import value_at
from antiphon_conformance.rules.reading.stream_view import StreamView, Thread, stream_view, value_below, views
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.rules.views import StreamReply
from antiphon_spec.stream import Accumulation, Breach, Lane

Condition = Callable[[StreamReply], bool]

WITH_EVENTS = ", with the events "
"""What stands before the types of a stream in which no event is documented."""
MOST_TYPES = 4
"""How many of these types a finding names."""
OPENAI = "openai#/components/schemas/"
OPEN_RESPONSES = "openresponses#/components/schemas/"


@cache
def tells_of(*lanes: str) -> Condition:
    """For `when=`: the stream has an object of one of these lanes. Rules with the same lanes share it."""
    return lambda stream: any(stream_view(stream).of(lane) for lane in lanes)


def is_whole(stream: StreamReply) -> bool:
    """For `when=`: the stream is complete, from its first to its last event."""
    return not stream.source.cut and not stream_view(stream).is_tail and bool(stream.events)


def has_beginning(stream: StreamReply) -> bool:
    """For `when=`: the stream holds the first event of a response.

    A stream of `error` events alone is a rejection after the status was sent: no response began.
    """
    return not stream_view(stream).is_tail and any(event.type != "error" for event in stream.events)


def is_rejection(stream: StreamReply) -> bool:
    """Whether the stream only says that the request is rejected: it has `error` events and no response."""
    return bool(stream.events) and all(event.type == "error" for event in stream.events)


def is_bare_error(event: Event) -> bool:
    """Whether an event is an error as Chat has it: its data says no type; an `event` line may say `error`.

    Clients look for `error` in the data of any event, and raise its message.
    """
    return event.type == "error" and event.data.get("type") is None


def has_end(stream: StreamReply) -> bool:
    """For `when=`: the stream holds the event that ends the response."""
    return stream_view(stream).terminal() is not None


def breaches(
    stream: StreamReply,
    *,
    lanes: Collection[str] = (),
    kinds: Collection[str] = (),
    enclosing: Collection[str] = (),
) -> Iterator[Finding]:
    """The breaches of the table in these lanes, of these kinds, within these objects; empty means any."""
    for event, breach in stream_view(stream).breaches:
        fits = (
            (not lanes or breach.lane in lanes)
            and (not kinds or breach.kind in kinds)
            and (not enclosing or breach.enclosing in enclosing)
        )
        if fits:
            fault = finding(event, breach)
            if event is None and breach.actual == "start" and stream.events:
                fault = replace(fault, actual=f"{fault.actual}{WITH_EVENTS}{_types(stream)}")
            yield fault


def _types(stream: StreamReply) -> str:
    types = dict.fromkeys(event.type for event in stream.events)
    return ", ".join(safe(name, 40) for name in list(types)[:MOST_TYPES])


def finding(event: Event | None, breach: Breach) -> Finding:
    """A breach of the table as a finding."""
    if event is None:
        return Finding("end of stream", f"{breach.expected} before", f"reached {_moment(breach)}")
    return Finding(event.where, breach.expected, f"{event.type} {_moment(breach)}")


def _moment(breach: Breach) -> str:
    """When it happened, in words that need no table: `before item[0]/part[0] began`."""
    state = breach.actual.partition(" at ")[0]
    if state == "start":
        return f"before {breach.where} began"
    if breach.kind in ("after-done", "after-close"):
        return f"after {breach.where} ended"
    if state == "unseen":
        return f"within {breach.where}, whose beginning was not seen"
    return f"while {breach.where} is {state}"


def pieces(thread: Thread) -> str | None:
    """The text that the pieces of an accumulating lane add up to; None when a piece is not a string."""
    rule = thread.lane.accumulates
    if rule is None:
        return None
    deltas = [event.data.get(rule.piece) for event in thread.events if event.type == rule.event]
    try:
        return "".join(deltas)  # type: ignore[arg-type]
    except TypeError:
        return None


def unequal_sums(stream: StreamReply, *lanes: str) -> Iterator[Finding]:
    """The lanes in which the text of the closing event is not the sum of its pieces.

    Another rule reports an event without its text.
    """
    for thread in (thread for lane in lanes for thread in stream_view(stream).of(lane)):
        rule = thread.lane.accumulates
        last_event = thread.first(rule.done) if rule else None
        total = pieces(thread)
        if rule is None or last_event is None or total is None or not thread.from_start:
            continue
        whole = last_event.data.get(rule.whole, total)
        if whole != total and not _came_at_once(thread, rule, whole, total):
            expected = f"the joined deltas: {show_apart(total, whole)}"
            yield Finding(f"{last_event.where}/{rule.whole}", expected, show_apart(whole, total))


def _came_at_once(thread: Thread, rule: Accumulation, whole: Any, total: str) -> bool:
    """Whether the enclosing object was announced with the whole text, and no piece followed."""
    start = thread.parent.start() if thread.parent and not thread.lane.holds and rule.into else {}
    return not total and value_below(start, rule.into) == whole


def unequal_views(stream: StreamReply, *lanes: str) -> Iterator[Finding]:
    """The places where an object shows another text than the event that ended the lane.

    An event without its text ended that of the deltas, and so did the end of a completed response where no
    event ended it. Other rules report an item, a part, a text or an event that is missing altogether.
    """
    for thread in (thread for lane in lanes for thread in stream_view(stream).of(lane)):
        rule = thread.lane.accumulates
        whole, words = _whole(stream, thread, rule) if rule else (ABSENT, "{}")
        for where, view in views(thread) if rule and whole is not ABSENT else ():
            if view is ABSENT and thread.lane.within in ("item", "part"):
                continue
            value = value_at(view, *(rule.into.split("/") if rule and rule.into else ()))
            if value is ABSENT and view is not ABSENT and whole:
                continue
            if view is ABSENT or _or_null(value) != _or_null(whole):
                path = f"{where}/{rule.into}" if rule and rule.into else where
                yield Finding(path, words.format(show_apart(whole, value)), show_apart(value, whole))


def _whole(stream: StreamReply, thread: Thread, rule: Accumulation) -> tuple[Any, str]:
    """The text of a lane as it ended, and the words of what is expected of the objects that show it; ABSENT
    where nothing tells how it ended."""
    last_event, total = thread.first(rule.done), pieces(thread) if thread.from_start else ABSENT
    if last_event is not None:
        whole = last_event.data.get(rule.whole, total)
        return whole, f"{{}}, as in {last_event.where}"
    terminal = stream_view(stream).terminal()
    is_whole = terminal is not None and terminal.type == "response.completed"
    if not is_whole or not isinstance(total, str) or not total or not _is_placed(stream, thread):
        return ABSENT, "{}"
    return total, "the joined deltas: {}"


def _is_placed(stream: StreamReply, thread: Thread) -> bool:
    """Whether the deltas of an object are surely its own: they name it, or the response has no other."""
    view = stream_view(stream)
    if not any(event.index in view.inferred for event in thread.events):
        return True
    items = view.final().get("output")
    contents = (
        [item.get("content") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    )
    return len(contents) == 1 and (not isinstance(contents[0], list) or len(contents[0]) == 1)


def _or_null(value: Any) -> Any:
    """The value, or None when it is absent: a view that omits a null member shows the same."""
    return None if value is ABSENT else value


def numbering_findings(stream: StreamReply, lane: str) -> Iterator[Finding]:
    """The objects of a lane whose indices are not 0, 1, 2... in order of appearance."""
    for thread, expected in _miscounts(stream, lane):
        where = f"{thread.events[0].where}/{thread.lane.identity[-1]}"
        yield Finding(where, str(expected), str(thread.indices[-1]))


def wrong_indices(stream: StreamReply, lane: str) -> frozenset[tuple[int, ...]]:
    """The objects of a lane with a wrong index, which explains that they stand elsewhere."""
    return frozenset(thread.indices for thread, _ in _miscounts(stream, lane))


def _miscounts(stream: StreamReply, lane: str) -> Iterator[tuple[Thread, int]]:
    expected: dict[tuple[int, ...], int] = {}
    for thread in (thread for thread in stream_view(stream).of(lane) if thread.events):
        *outer, index = thread.indices
        before = expected.get(tuple(outer), index if not _counts_from_zero(thread) else 0)
        if index != before:
            yield thread, before
        expected[tuple(outer)] = index + 1


def _counts_from_zero(thread: Thread) -> bool:
    """Whether the stream holds the first object of this kind, so that counting starts at 0."""
    return thread.parent is None or thread.parent.from_start


def early_content(stream: StreamReply, lane: str) -> Iterator[Finding]:
    """The objects that are announced with content which later events bring once more."""
    stream_fold = stream_view(stream)
    for thread in stream_fold.of(lane):
        opening, start = thread.opening_event(), thread.start()
        for child in children(stream_fold, thread) if opening is not None else ():
            if not _brings_content(stream_fold, thread, child):
                continue
            rule = child.accumulates
            path, empty = (child.place, []) if child.place else (rule.into if rule else "", "")
            value: Any = value_below(start, path) if path else None
            if opening is not None and value is not None and value != empty:
                yield Finding(f"{opening.where}/{thread.lane.holds}/{path}", show(empty), show(value))


def _brings_content(stream_fold: StreamView, thread: Thread, child: Lane) -> bool:
    """Whether events of this lane add to the object: pieces of a text, or objects in a list."""
    inner = [inside for inside in stream_fold.of(child.name) if inside.parent is thread]
    return any(
        _has_pieces(inside) if child.accumulates and not child.place else inside.events for inside in inner
    )


def _has_pieces(thread: Thread) -> bool:
    """Whether deltas bring text; one without its text brings some that nobody can see."""
    rule = thread.lane.accumulates
    deltas = [event.data for event in thread.events if rule and event.type == rule.event]
    return any(delta.get(rule.piece, ABSENT) != "" for delta in deltas if rule)


def children(stream_fold: StreamView, thread: Thread) -> Iterator[Lane]:
    """The lanes inside the object of a thread, by its type."""
    for lane in stream_fold.grammar.children(thread.lane.name):
        if lane.of is None or thread.kind in lane.of:
            yield lane


def view_differences(before: Any, after: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(pointer, before, after) for each place where two JSON values differ, except for volatile members.

    An absent and an empty member count as equal: servers omit in one view what is empty in another.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            if name not in VOLATILE:
                yield from view_differences(
                    before.get(name, ABSENT), after.get(name, ABSENT), f"{pointer}/{name}"
                )
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from view_differences(old, new, f"{pointer}/{index}")
    elif before != after and not (_is_empty(before) and _is_empty(after)):
        yield pointer, before, after


def _is_empty(value: Any) -> bool:
    return value is ABSENT or value is None or value == []
