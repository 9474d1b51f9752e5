"""Rules on extensions of Open Responses: prefixed items, events and tools of a provider."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import CLIENT_ERROR, expect_rejection, took_place
from antiphon_conformance.rules.reading.stream_view import stream_view
from antiphon_conformance.rules.reading.streams import has_end
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Item, ScenarioTrace, StreamReply

PREFIXED = re.compile(r"[A-Za-z0-9_.-]+:.+")
"""A provider's slug, a colon, and a name that the provider chooses."""


@rule("extensions.added-items-have-a-prefix", Item, cites=("EXT-01", "EXT-14", "ITM-05"))
def added_items_have_a_prefix(item: Item) -> Iterator[Finding]:
    """An item type outside Open Responses has the form `slug:type`, also a type of OpenAI."""
    is_standard = item.type in item.dialect.schemas.item_types
    if not is_standard and not (isinstance(item.type, str) and PREFIXED.fullmatch(item.type)):
        expected = "an item type of Open Responses, or `slug:type`"
        yield Finding(f"{item.where}/type", expected, show(item.object.get("type", ABSENT)))


@rule("extensions.the-core-stream-stands-alone", StreamReply, cites=("EXT-06", "EXT-07"), when=has_end)
def the_core_stream_stands_alone(stream: StreamReply) -> Iterator[Finding]:
    """Every output item has events of Open Responses, also in a stream with provider events.

    Clients drop events whose type has a prefix.
    """
    if stream_view(stream).is_tail or not any(":" in event.type for event in stream.events):
        return
    indices = {thread.indices[0] for thread in stream_view(stream).of("item")}
    terminal, output = stream_view(stream).terminal(), stream_view(stream).final().get("output")
    for index, item in enumerate(output if isinstance(output, list) else ()):
        if index not in indices:
            where = f"{terminal.where if terminal else ''}/response/output/{index}"
            yield Finding(where, "an item with events of Open Responses", show(item))


@rule(
    "extensions.unknown-hosted-tools-are-rejected",
    ScenarioTrace,
    scenario="extensions",
    cites="EXT-11",
    when=took_place("unknown_tool"),
)
def unknown_hosted_tools_are_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """An unknown hosted tool of a provider is rejected with a 4xx."""
    yield from expect_rejection(trace["unknown_tool"], "a 4xx, since the server does not know the tool")


@rule(
    "extensions.unknown-input-items-are-no-server-error",
    ScenarioTrace,
    scenario="extensions",
    cites="EXT-12",
    when=took_place("unknown_item"),
)
def unknown_input_items_are_no_server_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """An input item with a provider's prefix is accepted, or rejected with a 4xx."""
    exchange = trace["unknown_item"]
    if not exchange.ok and exchange.answer.status not in CLIENT_ERROR:
        yield Finding("reply.status", "2xx or 4xx", str(exchange.answer.status), exchange.id)
