"""Obfuscation: padding of delta events that hides the length of their text."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import show
from antiphon_conformance.rules.reading.output import member
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Streamed

MEMBER = "obfuscation"


def _forbids_padding(streamed: Streamed) -> bool:
    return member(streamed.asked, "stream_options", "include_obfuscation") is False


@rule("stream-padding.is-absent-on-request", Streamed, cites="ENV-20", when=_forbids_padding)
def is_absent_on_request(streamed: Streamed) -> Iterator[Finding]:
    """With `stream_options.include_obfuscation: false` no event carries `obfuscation`."""
    for event in streamed.events:
        if MEMBER in event.data:
            yield Finding(f"{event.where}/{MEMBER}", "no padding", show(event.data[MEMBER]))


@rule("stream-padding.is-a-string", Streamed, cites="ENV-19")
def is_a_string(streamed: Streamed) -> Iterator[Finding]:
    """The `obfuscation` of a delta event is a string.

    Other events may carry a member of this name, like any other unknown member.
    """
    sums = (lane.accumulates for lane in streamed.dialect.grammar.lanes.values())
    for event in streamed.stream.of(*{total.event for total in sums if total and total.padded}):
        if not isinstance(event.data.get(MEMBER, ""), str):
            yield Finding(f"{event.where}/{MEMBER}", "a string", show(event.data[MEMBER]))
