"""Reasoning in a stream: summaries, and the raw text where a server sends it."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.rules.reading.stream_view import fold
from antiphon_conformance.rules.reading.streams import (
    breaches,
    early_content,
    numbering_findings,
    tells_of,
    unequal_sums,
    unequal_views,
)
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Streamed

SUMMARY, SUMMARY_TEXT, RAW = "summary_part", "summary_text", "reasoning_text"


@rule(
    "stream-reasoning.summaries-come-in-order",
    Streamed,
    cites=("LIT-30", "BUD-SSE-09"),
    when=tells_of(SUMMARY, SUMMARY_TEXT),
)
def summaries_come_in_order(streamed: Streamed) -> Iterator[Finding]:
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
    yield from breaches(streamed, lanes={SUMMARY, SUMMARY_TEXT}, kinds=kinds)
    yield from breaches(streamed, lanes={SUMMARY_TEXT}, kinds={"outside"})


@rule("stream-reasoning.summaries-are-counted-from-zero", Streamed, cites="LIT-30", when=tells_of(SUMMARY))
def summaries_are_counted_from_zero(streamed: Streamed) -> Iterator[Finding]:
    """`summary_index` counts the summaries of each reasoning item from 0."""
    yield from numbering_findings(streamed, SUMMARY)


@rule(
    "stream-reasoning.summary-deltas-add-up-to-the-summary",
    Streamed,
    cites="LIT-31",
    when=tells_of(SUMMARY_TEXT),
)
def summary_deltas_add_up_to_the_summary(streamed: Streamed) -> Iterator[Finding]:
    """The joined deltas of a summary equal its `.done`; its part is empty at first."""
    yield from unequal_sums(streamed, SUMMARY_TEXT)
    yield from early_content(streamed, SUMMARY)


@rule("stream-reasoning.summaries-are-in-their-item", Streamed, cites="LIT-31", when=tells_of(SUMMARY_TEXT))
def summaries_are_in_their_item(streamed: Streamed) -> Iterator[Finding]:
    """The text of a summary is equal in its `part.done` and in the reasoning item."""
    yield from unequal_views(streamed, SUMMARY_TEXT)


def _reasons(streamed: Streamed) -> bool:
    """The stream has a reasoning item, or events of raw reasoning."""
    reasoning = (thread.start().get("type") == "reasoning" for thread in fold(streamed).of("item"))
    return bool(fold(streamed).of(RAW)) or any(reasoning)


@rule("stream-reasoning.raw-text-comes-in-order", Streamed, cites=("LIT-32", "LIT-33"), when=_reasons)
def raw_text_comes_in_order(streamed: Streamed) -> Iterator[Finding]:
    """Raw reasoning, where an item has it, streams as deltas and then one `.done` event."""
    kinds = {"unfinished", "after-done", "out-of-order", "repeated", "wrong-type"}
    if not _uses_other_event_names(streamed):
        yield from breaches(streamed, lanes={RAW}, kinds=kinds)


def _uses_other_event_names(streamed: Streamed) -> bool:
    """Whether the events have the names of the other dialect, which another rule reports: Open Responses and
    OpenAI name them differently."""
    types = streamed.dialect.grammar.events
    return any(
        event.type.startswith("response.reasoning") and event.type not in types for event in streamed.events
    )


@rule(
    "stream-reasoning.raw-deltas-add-up-to-the-raw-text", Streamed, cites=("LIT-32", "LIT-33"), when=_reasons
)
def raw_deltas_add_up_to_the_raw_text(streamed: Streamed) -> Iterator[Finding]:
    """The joined deltas of raw reasoning equal its `.done` and the content of its item."""
    yield from unequal_sums(streamed, RAW)
    yield from unequal_views(streamed, RAW)


@rule("stream-reasoning.raw-text-is-in-a-content-part", Streamed, cites="LIT-34", when=tells_of(RAW))
def raw_text_is_in_a_content_part(streamed: Streamed) -> Iterator[Finding]:
    """Raw reasoning streams inside an open content part of type `reasoning_text`."""
    yield from breaches(streamed, lanes={RAW}, kinds={"outside", "after-close"}, enclosing={"part"})
