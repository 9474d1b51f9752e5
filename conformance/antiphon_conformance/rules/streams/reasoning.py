"""Reasoning in a stream: summaries, and the raw text where a server sends it."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.rules.reading.stream_view import stream_view
from antiphon_conformance.rules.reading.streams import (
    breaches,
    early_content,
    numbering_findings,
    tells_of,
    unequal_sums,
    unequal_views,
)
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply

SUMMARY, SUMMARY_TEXT, RAW = "summary_part", "summary_text", "reasoning_text"


@rule(
    "stream-reasoning.summaries-come-in-order",
    StreamReply,
    cites=("LIT-30", "BUD-SSE-09"),
    when=tells_of(SUMMARY, SUMMARY_TEXT),
)
def summaries_come_in_order(stream: StreamReply) -> Iterator[Finding]:
    """A summary streams as `part.added`, then text deltas, `text.done` and `part.done`."""
    kinds = {
        "not-started",
        "out-of-order",
        "repeated",
        "after-done",
        "unfinished",
        "wrong-type",
        "after-close",
    }
    yield from breaches(stream, lanes={SUMMARY, SUMMARY_TEXT}, kinds=kinds)
    yield from breaches(stream, lanes={SUMMARY_TEXT}, kinds={"outside"})


@rule("stream-reasoning.summaries-are-counted-from-zero", StreamReply, cites="LIT-30", when=tells_of(SUMMARY))
def summaries_are_counted_from_zero(stream: StreamReply) -> Iterator[Finding]:
    """`summary_index` counts the summaries of each reasoning item from 0."""
    yield from numbering_findings(stream, SUMMARY)


@rule(
    "stream-reasoning.summary-deltas-add-up-to-the-summary",
    StreamReply,
    cites="LIT-31",
    when=tells_of(SUMMARY_TEXT),
    reads={Part.TEXTS},
)
def summary_deltas_add_up_to_the_summary(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of a summary equal its `.done`; its part is empty at first."""
    yield from unequal_sums(stream, SUMMARY_TEXT)
    yield from early_content(stream, SUMMARY)


@rule(
    "stream-reasoning.summaries-are-in-their-item",
    StreamReply,
    cites="LIT-31",
    when=tells_of(SUMMARY_TEXT),
    reads={Part.TEXTS},
)
def summaries_are_in_their_item(stream: StreamReply) -> Iterator[Finding]:
    """The text of a summary is equal in its `part.done` and in the reasoning item."""
    yield from unequal_views(stream, SUMMARY_TEXT)


def _reasons(stream: StreamReply) -> bool:
    """The stream has a reasoning item, or events of raw reasoning."""
    reasoning = (thread.kind == "reasoning" for thread in stream_view(stream).of("item"))
    return bool(stream_view(stream).of(RAW)) or any(reasoning)


@rule("stream-reasoning.raw-text-comes-in-order", StreamReply, cites=("LIT-32", "LIT-33"), when=_reasons)
def raw_text_comes_in_order(stream: StreamReply) -> Iterator[Finding]:
    """Raw reasoning, where an item has it, streams as deltas and then one `.done` event."""
    kinds = {"unfinished", "after-done", "out-of-order", "repeated", "wrong-type"}
    if not _uses_other_event_names(stream):
        yield from breaches(stream, lanes={RAW}, kinds=kinds)


def _uses_other_event_names(stream: StreamReply) -> bool:
    """Whether the events have the names of the other dialect, which another rule reports: Open Responses and
    OpenAI name them differently."""
    types = stream.dialect.grammar.events
    return any(
        event.type.startswith("response.reasoning") and event.type not in types for event in stream.events
    )


@rule(
    "stream-reasoning.raw-deltas-add-up-to-the-raw-text",
    StreamReply,
    cites=("LIT-32", "LIT-33"),
    when=_reasons,
    reads={Part.TEXTS},
)
def raw_deltas_add_up_to_the_raw_text(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of raw reasoning equal its `.done` and the content of its item."""
    yield from unequal_sums(stream, RAW)
    yield from unequal_views(stream, RAW)


@rule("stream-reasoning.raw-text-is-in-a-content-part", StreamReply, cites="LIT-34", when=tells_of(RAW))
def raw_text_is_in_a_content_part(stream: StreamReply) -> Iterator[Finding]:
    """Raw reasoning streams inside an open content part of type `reasoning_text`."""
    yield from breaches(stream, lanes={RAW}, kinds={"outside", "after-close"}, enclosing={"part"})
