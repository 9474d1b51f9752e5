"""Obfuscation: padding of delta events, so that their lengths tell nothing of the text."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import member
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Streamed
from antiphon_conformance.text import show

MEMBER = "obfuscation"


def _unwanted(streamed: Streamed) -> bool:
    return member(streamed.asked, "stream_options", "include_obfuscation") is False


@rule(Streamed, cites="ENV-20", when=_unwanted)
def is_left_out_on_request(streamed: Streamed) -> Iterator[Finding]:
    """With `stream_options.include_obfuscation: false` no event carries `obfuscation`."""
    for event in streamed.events:
        if MEMBER in event.data:
            yield Finding(f"{event.where}/{MEMBER}", "no padding", show(event.data[MEMBER]))


@rule(Streamed, cites="ENV-19")
def is_text(streamed: Streamed) -> Iterator[Finding]:
    """`obfuscation`, where a delta event has it, is text. Elsewhere it is one more member, and legal."""
    grammar = streamed.dialect.grammar
    padded = {told.event for lane in grammar.lanes.values() if (told := lane.accumulates) and told.padded}
    for event in streamed.stream.of(*padded):
        if not isinstance(event.data.get(MEMBER, ""), str):
            yield Finding(f"{event.where}/{MEMBER}", "a string", show(event.data[MEMBER]))
