"""Text in a stream: content parts, their deltas, refusals and annotations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import member, output, refusals, text_of
from antiphon_conformance.rules.reading.stream_view import stream_view, value_below, views
from antiphon_conformance.rules.reading.streams import (
    breaches,
    early_content,
    is_whole,
    numbering_findings,
    tells_of,
    unequal_sums,
    unequal_views,
    view_differences,
    wrong_indices,
)
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply

PART, TEXT, REFUSAL, ANNOTATION = "part", "text", "refusal", "annotation"
DELTA = "response.output_text.delta"
REFUSAL_DELTA = "response.refusal.delta"


@rule(
    "stream-text.parts-are-opened-first",
    StreamReply,
    cites=("LIT-11", "LIT-19", "CG-SSE-07", "BUD-SSE-06"),
    when=tells_of(PART, TEXT),
)
def parts_are_opened_first(stream: StreamReply) -> Iterator[Finding]:
    """A text begins after the `response.content_part.added` of its part.

    The official client raises on a delta for a part that it does not know.
    """
    yield from breaches(stream, lanes={PART}, kinds={"not-started"})
    yield from breaches(stream, lanes={TEXT}, kinds={"outside"})


@rule(
    "stream-text.parts-are-opened-once",
    StreamReply,
    cites=("LIT-11", "LIT-18", "CG-SSE-07"),
    when=tells_of(PART),
)
def parts_are_opened_once(stream: StreamReply) -> Iterator[Finding]:
    """No two `response.content_part.added` of an item share a `content_index`."""
    yield from breaches(stream, lanes={PART}, kinds={"repeated"})


@rule(
    "stream-text.parts-are-closed-once",
    StreamReply,
    cites=("LIT-11", "LIT-16", "CG-SSE-07", "BUD-SSE-06"),
    when=tells_of(PART),
)
def parts_are_closed_once(stream: StreamReply) -> Iterator[Finding]:
    """Every part ends with one `response.content_part.done` before its item is done."""
    yield from breaches(stream, lanes={PART}, kinds={"unfinished", "after-done", "out-of-order"})


@rule(
    "stream-text.texts-belong-to-text-parts",
    StreamReply,
    cites=("LIT-11", "LIT-19", "CG-SSE-07", "BUD-SSE-06"),
    when=tells_of(TEXT),
)
def texts_belong_to_text_parts(stream: StreamReply) -> Iterator[Finding]:
    """Text events belong to parts of type `output_text`."""
    yield from breaches(stream, lanes={TEXT}, kinds={"wrong-type"})


@rule(
    "stream-text.texts-are-done-once",
    StreamReply,
    cites=("LIT-11", "LIT-16", "CG-SSE-07", "BUD-SSE-06"),
    when=tells_of(TEXT, PART),
)
def texts_are_done_once(stream: StreamReply) -> Iterator[Finding]:
    """Every text ends with one `output_text.done`, after its deltas and before its part ends."""
    kinds = {"unfinished", "after-done", "after-close", "out-of-order", "repeated"}
    yield from breaches(stream, lanes={TEXT}, kinds=kinds, enclosing={PART})


@rule(
    "stream-text.parts-are-opened-empty",
    StreamReply,
    cites=("LIT-12", "LIT-20", "CG-SSE-07"),
    when=tells_of(PART),
)
def parts_are_opened_empty(stream: StreamReply) -> Iterator[Finding]:
    """In `content_part.added` a part is still empty: `text: ""`, `annotations: []`.

    Clients append the deltas to this text, so text in the first event counts twice.
    """
    yield from early_content(stream, PART)


@rule("stream-text.parts-keep-their-type", StreamReply, cites=("LIT-12", "CG-SSE-07"), when=tells_of(PART))
def parts_keep_their_type(stream: StreamReply) -> Iterator[Finding]:
    """A part has the same `type` in its `content_part.added` and its `content_part.done`."""
    for thread in stream_view(stream).of(PART):
        closing, start, end = thread.closing_event(), thread.start(), thread.end()
        if closing is not None and start and end and start.get("type") != end.get("type"):
            expected, actual = show(start.get("type", ABSENT)), show(end.get("type", ABSENT))
            yield Finding(f"{closing.where}/part/type", expected, actual)


@rule(
    "stream-text.parts-are-counted-from-zero", StreamReply, cites=("LIT-18", "CG-SSE-10"), when=tells_of(PART)
)
def parts_are_counted_from_zero(stream: StreamReply) -> Iterator[Finding]:
    """`content_index` counts the parts of each item from 0 in the order in which they begin."""
    yield from numbering_findings(stream, PART)


@rule(
    "stream-text.deltas-add-up-to-the-text",
    StreamReply,
    cites=("LIT-15", "ENV-21", "CG-SSE-09", "BUD-SSE-08"),
    when=tells_of(TEXT),
    reads={Part.TEXTS},
)
def deltas_add_up_to_the_text(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of a text equal the text of its `response.output_text.done`.

    Padding changes nothing in this. Some clients show the deltas and store the end: both must be the same
    answer.
    """
    yield from unequal_sums(stream, TEXT)


@rule(
    "stream-text.texts-are-in-their-item",
    StreamReply,
    cites=("LIT-16", "CG-SSE-05", "BUD-SSE-08"),
    when=tells_of(TEXT),
    reads={Part.TEXTS},
)
def texts_are_in_their_item(stream: StreamReply) -> Iterator[Finding]:
    """The text of `output_text.done` is equal in the part, the item and the final response."""
    yield from unequal_views(stream, TEXT)


@rule(
    "stream-text.parts-are-in-their-item",
    StreamReply,
    cites=("LIT-16", "LIT-18", "CG-SSE-07"),
    when=tells_of(PART),
    reads={Part.TEXTS},
)
def parts_are_in_their_item(stream: StreamReply) -> Iterator[Finding]:
    """A part is at its `content_index` in the finished item, equal to its `content_part.done`.

    Log probabilities may be missing in `content_part.done`: genuine servers send them only in the item.
    """
    misplacements = wrong_indices(stream, PART)
    for thread in (thread for thread in stream_view(stream).of(PART) if thread.indices not in misplacements):
        end = {
            name: value for name, value in thread.end().items() if name not in ("logprobs", "text", "refusal")
        }
        for where, view in views(thread) if end else ():
            rest = {name: view[name] for name in view if name in end} if isinstance(view, dict) else view
            for pointer, before, actual in view_differences(end, rest):
                yield Finding(f"{where}{pointer}", f"{show(before)}, as in `content_part.done`", show(actual))


@rule(
    "stream-text.delta-logprobs-add-up-to-the-logprobs",
    StreamReply,
    cites=("LIT-15", "LIT-24"),
    when=tells_of(TEXT),
    reads={Part.TEXTS},
)
def delta_logprobs_add_up_to_the_logprobs(stream: StreamReply) -> Iterator[Finding]:
    """`output_text.done` has the log probabilities of its deltas, where both events have any.

    The number of entries and their tokens agree.
    """
    for thread in stream_view(stream).of(TEXT):
        total = thread.lane.accumulates
        end = thread.first(total.done) if total else None
        if total is None or end is None or not thread.from_start:
            continue
        lists = [event.data.get("logprobs") for event in thread.events if event.type == total.event]
        entries: list[Any] = [entry for entries in lists if isinstance(entries, list) for entry in entries]
        whole = end.data.get("logprobs")
        if not entries or not isinstance(whole, list):
            continue
        if len(whole) != len(entries):
            expected = f"{len(entries)} entries, as in the deltas"
            yield Finding(f"{end.where}/logprobs", expected, f"{len(whole)} entries")
            continue
        for index, (piece, entry) in enumerate(zip(entries, whole, strict=True)):
            early, late = member(piece, "token"), member(entry, "token")
            if isinstance(early, str) and isinstance(late, str) and early != late:
                expected = f"{show(early)}, as in the deltas"
                yield Finding(f"{end.where}/logprobs/{index}/token", expected, show(late))
                break


def _has_final_text(stream: StreamReply) -> bool:
    return is_whole(stream) and bool(text_of(stream_view(stream).final()))


@rule(
    "stream-text.a-text-is-streamed-before-the-end",
    StreamReply,
    cites="CG-SSE-04",
    when=_has_final_text,
    needs="a stream that ends with a text",
)
def a_text_is_streamed_before_the_end(stream: StreamReply) -> Iterator[Finding]:
    """At least one `response.output_text.delta` of a text comes before the terminal event.

    A stream that sends the whole text in its last event shows nothing until then.
    """
    terminal = stream_view(stream).terminal()
    if terminal is not None and all(event.index > terminal.index for event in stream.source.of(DELTA)):
        yield Finding(terminal.where, f"{DELTA} before it", "no delta")


def _streams_its_text(stream: StreamReply) -> bool:
    return _has_final_text(stream) and any(stream.source.of(DELTA))


@rule(
    "stream-text.deltas-add-up-to-the-answer",
    StreamReply,
    cites="CG-SSE-05",
    when=_streams_its_text,
    needs="a stream of text",
    reads={Part.TEXTS},
)
def deltas_add_up_to_the_answer(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of a stream equal the text of its final response.

    The other events that a server sends or omits do not matter.
    """
    deltas = [event.data.get("delta") for event in stream.source.of(DELTA)]
    total = "".join(delta for delta in deltas if isinstance(delta, str))
    text = text_of(stream_view(stream).final())
    if total != text:
        terminal = stream_view(stream).terminal()
        where = f"{terminal.where if terminal else 'stream'}/response/output"
        yield Finding(where, f"the joined deltas: {show(total)}", show(text))


@rule("stream-text.refusals-come-in-order", StreamReply, cites="LIT-21", when=tells_of(REFUSAL))
def refusals_come_in_order(stream: StreamReply) -> Iterator[Finding]:
    """A refusal streams inside a part of type `refusal`: deltas, then one `refusal.done`."""
    yield from breaches(stream, lanes={REFUSAL})


@rule(
    "stream-text.refusal-deltas-add-up-to-the-refusal",
    StreamReply,
    cites="LIT-22",
    when=tells_of(REFUSAL),
    reads={Part.TEXTS},
)
def refusal_deltas_add_up_to_the_refusal(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of a refusal equal its `response.refusal.done` and its finished part."""
    yield from unequal_sums(stream, REFUSAL)
    yield from unequal_views(stream, REFUSAL)


def _ends_well_after_a_refusal(stream: StreamReply) -> bool:
    terminal = stream_view(stream).terminal()
    has_refusal = any(event.data.get("delta") for event in stream.source.of(REFUSAL_DELTA))
    return has_refusal and terminal is not None and terminal.type == "response.completed"


@rule(
    "stream-text.a-streamed-refusal-is-in-the-final-response",
    StreamReply,
    cites="LIF-09",
    when=_ends_well_after_a_refusal,
    needs="a stream that refuses",
)
def a_streamed_refusal_is_in_the_final_response(stream: StreamReply) -> Iterator[Finding]:
    """A refusal that streamed is in the output of the completed response.

    Programs look for it there; without it they show an empty answer, or parse it as what they asked for.
    Other rules report a response without output, and a message without content.
    """
    terminal, final = stream_view(stream).terminal(), stream_view(stream).final()
    has_content = all(isinstance(item.get("content"), list) for _, item in output(final, "message"))
    if terminal and final.get("output") and has_content and not any(refusals(final)):
        actual = f"without a refusal; the text is {show(text_of(final))}"
        yield Finding(f"{terminal.where}/response/output", "the refusal that streamed", actual)


@rule(
    "stream-text.annotations-come-inside-their-part", StreamReply, cites="LIT-23", when=tells_of(ANNOTATION)
)
def annotations_come_inside_their_part(stream: StreamReply) -> Iterator[Finding]:
    """An annotation has one `output_text.annotation.added`, while its part is open."""
    yield from breaches(stream, lanes={ANNOTATION})


@rule("stream-text.annotations-are-counted-from-zero", StreamReply, cites="LIT-23", when=tells_of(ANNOTATION))
def annotations_are_counted_from_zero(stream: StreamReply) -> Iterator[Finding]:
    """`annotation_index` counts the annotations of each part from 0."""
    yield from numbering_findings(stream, ANNOTATION)


@rule(
    "stream-text.annotations-are-in-their-part",
    StreamReply,
    cites="LIT-23",
    when=tells_of(ANNOTATION),
    reads={Part.TEXTS, Part.IDS},
)
def annotations_are_in_their_part(stream: StreamReply) -> Iterator[Finding]:
    """Every annotation of the stream is at its index in the finished part and in its item.

    Another rule reports a part without `annotations`.
    """
    for thread in stream_view(stream).of(ANNOTATION):
        opening, start, index = thread.opening_event(), thread.start(), thread.indices[-1]
        for where, part in views(thread.parent) if thread.parent and opening else ():
            annotations = value_below(part, thread.lane.place or "")
            if annotations is None and part is not ABSENT:
                continue
            is_there = isinstance(annotations, list) and index < len(annotations)
            actual = annotations[index] if is_there else ABSENT
            if any(view_differences(start, actual)):
                yield Finding(f"{where}/annotations/{index}", show(start), show(actual))
