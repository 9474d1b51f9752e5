"""What the rules over streams have in common: breaches as findings, sums, views, counting."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from antiphon_conformance.exchange import Event
from antiphon_conformance.fold import Fold, Thread, fold, value_at, views
from antiphon_conformance.parity import VOLATILE
from antiphon_conformance.rule import Finding
from antiphon_conformance.subject import Streamed
from antiphon_conformance.text import ABSENT, show
from antiphon_spec.stream import Breach, Lane

Condition = Callable[[Streamed], bool]

OPENAI = "openai#/components/schemas/"
OPEN_RESPONSES = "openresponses#/components/schemas/"


def tells_of(*lanes: str) -> Condition:
    """For `when=`: the stream tells of an object of one of these lanes."""
    return lambda streamed: any(fold(streamed).of(lane) for lane in lanes)


def is_whole(streamed: Streamed) -> bool:
    """For `when=`: the stream is there from its first to its last event."""
    return not streamed.stream.cut and not fold(streamed).resumed and bool(streamed.events)


def has_beginning(streamed: Streamed) -> bool:
    """For `when=`: the stream is there from its first event on."""
    return not fold(streamed).resumed and bool(streamed.events)


def has_end(streamed: Streamed) -> bool:
    """For `when=`: the response came to its end."""
    return fold(streamed).terminal() is not None


def breaches(
    streamed: Streamed,
    *,
    lanes: Collection[str] = (),
    kinds: Collection[str] = (),
    enclosing: Collection[str] = (),
) -> Iterator[Finding]:
    """What breaches the table in these lanes, in these ways, within these objects; empty means any."""
    for event, breach in fold(streamed).breaches:
        fits = (
            (not lanes or breach.lane in lanes)
            and (not kinds or breach.kind in kinds)
            and (not enclosing or breach.enclosing in enclosing)
        )
        if fits:
            yield finding(event, breach)


def finding(event: Event | None, breach: Breach) -> Finding:
    """A breach of the table as a finding."""
    if event is None:
        return Finding("end of stream", f"{breach.expected} before", f"{breach.where} is {breach.got}")
    got = f"{event.type} while {breach.where} is {breach.got.partition(' at ')[0]}"
    return Finding(event.where, breach.expected, got)


def pieces(thread: Thread) -> str | None:
    """What the pieces of an accumulating lane add up to; None when one is no text."""
    told = thread.lane.accumulates
    if told is None:
        return None
    found = [event.data.get(told.piece) for event in thread.events if event.type == told.event]
    try:
        return "".join(found)  # type: ignore[arg-type]
    except TypeError:
        return None


def unequal_sums(streamed: Streamed, *lanes: str) -> Iterator[Finding]:
    """Where the whole that ends a lane is not what its pieces add up to."""
    for thread in (thread for lane in lanes for thread in fold(streamed).of(lane)):
        told = thread.lane.accumulates
        done = thread.first(told.done) if told else None
        joined = pieces(thread)
        if told is None or done is None or joined is None or not thread.from_start:
            continue
        given = done.data.get(told.whole)
        if given != joined:
            yield Finding(f"{done.where}/{told.whole}", f"the joined deltas: {show(joined)}", show(given))


def unequal_views(streamed: Streamed, *lanes: str) -> Iterator[Finding]:
    """Where an object shows another whole than the event that ended the lane. That an item or a part is not
    there at all is reported as such."""
    for thread in (thread for lane in lanes for thread in fold(streamed).of(lane)):
        told = thread.lane.accumulates
        done = thread.first(told.done) if told else None
        if told is None or done is None:
            continue
        given = done.data.get(told.whole)
        for where, shown in views(thread):
            if shown is ABSENT and thread.lane.within in ("item", "part"):
                continue
            value = value_at(shown, told.into) if shown is not ABSENT else ABSENT
            if value != given:
                path = f"{where}/{told.into}" if told.into else where
                yield Finding(path, f"{show(given)}, as in {done.where}", show(value))


def numbering_findings(streamed: Streamed, lane: str) -> Iterator[Finding]:
    """Where the objects of a lane do not bear the indices 0, 1, 2... in order of appearance."""
    for thread, expected in _miscounts(streamed, lane):
        where = f"{thread.events[0].where}/{thread.lane.identity[-1]}"
        yield Finding(where, str(expected), str(thread.indices[-1]))


def wrong_indices(streamed: Streamed, lane: str) -> frozenset[tuple[int, ...]]:
    """The objects of a lane that bear an index which is not theirs: no wonder that they stand elsewhere."""
    return frozenset(thread.indices for thread, _ in _miscounts(streamed, lane))


def _miscounts(streamed: Streamed, lane: str) -> Iterator[tuple[Thread, int]]:
    expected: dict[tuple[int, ...], int] = {}
    for thread in (found for found in fold(streamed).of(lane) if found.events):
        *outer, index = thread.indices
        before = expected.get(tuple(outer), index if not _counted(thread) else 0)
        if index != before:
            yield thread, before
        expected[tuple(outer)] = index + 1


def _counted(thread: Thread) -> bool:
    """Whether the first object of its kind was seen, so that counting starts at 0."""
    return thread.parent is None or thread.parent.from_start


def early_content(streamed: Streamed, lane: str) -> Iterator[Finding]:
    """Where an object is announced with content that the events to come will bring."""
    found = fold(streamed)
    for thread in found.of(lane):
        opened, start = thread.opening_event(), thread.start()
        for child in children(found, thread) if opened is not None else ():
            told = child.accumulates
            path, empty = (child.place, []) if child.place else (told.into if told else "", "")
            value: Any = value_at(start, path) if path else None
            if opened is not None and value is not None and value != empty:
                yield Finding(f"{opened.where}/{thread.lane.holds}/{path}", show(empty), show(value))


def children(found: Fold, thread: Thread) -> Iterator[Lane]:
    """The lanes that exist inside the object of a thread, by its type."""
    kind = str(thread.start().get("type"))
    for lane in found.grammar.children(thread.lane.name):
        if lane.of is None or kind in lane.of:
            yield lane


def view_differences(before: Any, after: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(pointer, before, after) for each place in which two JSON values differ, save what differs each time.

    An absent member and an empty one are the same: servers leave out in one view what is empty in another.
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
    elif before != after and not (_nothing(before) and _nothing(after)):
        yield pointer, before, after


def _nothing(value: Any) -> bool:
    return value is ABSENT or value is None or value == []
