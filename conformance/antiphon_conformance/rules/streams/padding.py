"""Obfuscation: padding of delta events that hides the length of their text."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import show
from antiphon_conformance.rules.reading.output import member
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply

MEMBER = "obfuscation"


def _forbids_padding(stream: StreamReply) -> bool:
    return member(stream.request_fields, "stream_options", "include_obfuscation") is False


@rule("stream-padding.is-absent-on-request", StreamReply, cites="ENV-20", when=_forbids_padding)
def is_absent_on_request(stream: StreamReply) -> Iterator[Finding]:
    """With `stream_options.include_obfuscation: false` no event carries `obfuscation`.

    Empty padding is none.
    """
    for event in stream.events:
        if event.data.get(MEMBER):
            yield Finding(f"{event.where}/{MEMBER}", "no padding", show(event.data[MEMBER]))


@rule("stream-padding.is-a-string", StreamReply, cites="ENV-19")
def is_a_string(stream: StreamReply) -> Iterator[Finding]:
    """The `obfuscation` of a delta event is a string.

    Other events may carry a member of this name, like any other unknown member.
    """
    sums = (lane.accumulates for lane in stream.dialect.grammar.lanes.values())
    for event in stream.source.of(*{total.event for total in sums if total and total.padded}):
        if not isinstance(event.data.get(MEMBER, ""), str):
            yield Finding(f"{event.where}/{MEMBER}", "a string", show(event.data[MEMBER]))
