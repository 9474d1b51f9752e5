"""Moments, wherever an answer tells one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered
from antiphon_conformance.text import show

STAMPS = ("created_at", "added_at")
FREE = frozenset({"metadata", "source_metadata", "entities", "extract_config"})
"""Members inside which everybody may write what they like."""


def stamps(where: str, document: Any) -> Iterator[tuple[str, Any]]:
    """Every time stamp inside a JSON value, and its place; however deep it lies, nothing recurs."""
    left = [(where, document)]
    while left:
        place, value = left.pop()
        if isinstance(value, list):
            left += [(f"{place}/{index}", inner) for index, inner in enumerate(value)]
        elif isinstance(value, dict):
            yield from ((f"{place}/{name}", value[name]) for name in STAMPS if name in value)
            left += [(f"{place}/{name}", inner) for name, inner in value.items() if name not in FREE]


def _stamps(answered: Answered) -> list[tuple[str, Any]]:
    """The time stamps of an answer; looked for once."""
    return answered.exchange.facts.once("stamps", _found, answered)


def _found(answered: Answered) -> list[tuple[str, Any]]:
    """The time stamps of a body, or of the events of a stream."""
    stream = answered.reply.stream
    told = [("reply.body", answered.reply.body)] if stream is None else []
    told += [(event.where, event.data) for event in (stream.events if stream is not None else ())]
    return [stamp for where, document in told for stamp in stamps(where, document)]


@rule(
    Answered,
    cites="CG-GEN-11",
    when=lambda answered: bool(_stamps(answered)),
    needs="an answer with a time stamp",
)
def are_whole_numbers(answered: Answered) -> Iterator[Finding]:
    """Every time stamp is written as an integer, without a fraction.

    A schema takes `1767225600.0` for an integer; a typed client raises. That it is a number at all, other
    rules demand.
    """
    for where, value in _stamps(answered):
        if isinstance(value, float):
            yield Finding(where, "an integer without a fraction", show(value))
