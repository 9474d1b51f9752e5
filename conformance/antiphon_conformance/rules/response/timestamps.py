"""The time stamps of an answer, at any depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.http.text import show
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import AnyReply

STAMPS = ("created_at", "added_at")
FREE = frozenset({"metadata", "source_metadata", "entities", "extract_config"})
"""Members whose content is free, so that their time stamps follow no document."""


def stamps(where: str, document: Any) -> Iterator[tuple[str, Any]]:
    """(path, value) of every time stamp inside a JSON value. It does not recurse, so depth does no harm."""
    queue = [(where, document)]
    while queue:
        place, value = queue.pop()
        if isinstance(value, list):
            queue += [(f"{place}/{index}", inner) for index, inner in enumerate(value)]
        elif isinstance(value, dict):
            yield from ((f"{place}/{name}", value[name]) for name in STAMPS if name in value)
            queue += [(f"{place}/{name}", inner) for name, inner in value.items() if name not in FREE]


def _stamps(view: AnyReply) -> list[tuple[str, Any]]:
    """The time stamps of an answer; the exchange remembers them for the next call."""
    return view.exchange.facts.once("stamps", _find_stamps, view)


def _find_stamps(view: AnyReply) -> list[tuple[str, Any]]:
    """The time stamps of a body, or of the events of a stream."""
    stream = view.reply.stream
    documents = [("reply.body", view.reply.body)] if stream is None else []
    documents += [(event.where, event.data) for event in (stream.events if stream is not None else ())]
    return [stamp for where, document in documents for stamp in stamps(where, document)]


@rule(
    "timestamps.are-integers",
    AnyReply,
    cites="CG-GEN-11",
    when=lambda view: bool(_stamps(view)),
    needs="an answer with a time stamp",
)
def are_integers(view: AnyReply) -> Iterator[Finding]:
    """Every time stamp is an integer in JSON, without a fraction.

    `1767225600.0` is an integer for a schema, but a typed client raises. Other rules demand that a time stamp
    is a number.
    """
    for where, value in _stamps(view):
        if isinstance(value, float):
            yield Finding(where, "an integer without a fraction", show(value))
