"""Reasoning in a stream: summaries, and the raw text where a model shows it."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.fold import fold
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.streams import (
    breaches,
    early_content,
    numbering_findings,
    tells_of,
    unequal_sums,
    unequal_views,
)
from antiphon_conformance.subject import Streamed

SUMMARY, SUMMARY_TEXT, RAW = "summary_part", "summary_text", "reasoning_text"


@rule(Streamed, cites=("LIT-30", "BUD-SSE-09"), when=tells_of(SUMMARY, SUMMARY_TEXT))
def summaries_come_in_order(streamed: Streamed) -> Iterator[Finding]:
    """A summary streams as part added, text deltas, text done, part done."""
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


@rule(Streamed, cites="LIT-30", when=tells_of(SUMMARY))
def summaries_are_counted_from_zero(streamed: Streamed) -> Iterator[Finding]:
    """`summary_index` counts the summaries of each reasoning item from 0."""
    yield from numbering_findings(streamed, SUMMARY)


@rule(Streamed, cites="LIT-31", when=tells_of(SUMMARY_TEXT))
def summaries_add_up(streamed: Streamed) -> Iterator[Finding]:
    """The deltas of a summary, joined, are the text of its `.done` event; its part was opened empty."""
    yield from unequal_sums(streamed, SUMMARY_TEXT)
    yield from early_content(streamed, SUMMARY)


@rule(Streamed, cites="LIT-31", when=tells_of(SUMMARY_TEXT))
def summaries_end_up_in_their_item(streamed: Streamed) -> Iterator[Finding]:
    """The text of a summary is that of its closed part and of the finished reasoning item, at its index."""
    yield from unequal_views(streamed, SUMMARY_TEXT)


def _reasons(streamed: Streamed) -> bool:
    """The stream has a reasoning item, or what looks like the text of one."""
    reasoning = (thread.start().get("type") == "reasoning" for thread in fold(streamed).of("item"))
    return bool(fold(streamed).of(RAW)) or any(reasoning)


@rule(Streamed, cites=("LIT-32", "LIT-33"), when=_reasons)
def raw_text_comes_in_order(streamed: Streamed) -> Iterator[Finding]:
    """Raw reasoning, where an item shows it, streams as deltas, then one event that says it is done."""
    kinds = {"unfinished", "after-done", "out-of-order", "repeated", "wrong-type"}
    if not _in_events_of_another_name(streamed):
        yield from breaches(streamed, lanes={RAW}, kinds=kinds)


def _in_events_of_another_name(streamed: Streamed) -> bool:
    """Open Responses and OpenAI name the same events differently; the name itself is another rule's."""
    known = streamed.dialect.grammar.events
    return any(
        event.type.startswith("response.reasoning") and event.type not in known for event in streamed.events
    )


@rule(Streamed, cites=("LIT-32", "LIT-33"), when=_reasons)
def raw_text_adds_up(streamed: Streamed) -> Iterator[Finding]:
    """The deltas of raw reasoning, joined, are its end, and the text of the finished item's content."""
    yield from unequal_sums(streamed, RAW)
    yield from unequal_views(streamed, RAW)


@rule(Streamed, cites="LIT-34", when=tells_of(RAW))
def raw_text_is_in_a_content_part(streamed: Streamed) -> Iterator[Finding]:
    """Raw reasoning stands in a content part of type `reasoning_text`, which is open while it streams."""
    yield from breaches(streamed, lanes={RAW}, kinds={"outside", "after-close"}, enclosing={"part"})
