"""What a provider adds to Open Responses: prefixed items, events and tools."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antiphon_conformance.fold import fold
from antiphon_conformance.parity import CLIENT_ERROR, took_place
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.streams import has_end
from antiphon_conformance.subject import Item, Scene, Streamed
from antiphon_conformance.text import show

PREFIXED = re.compile(r"[A-Za-z0-9_.-]+:.+")
"""A provider's slug, a colon, and the name within the provider's own."""


@rule(Item, cites=("EXT-01", "EXT-14", "ITM-05"))
def added_items_have_a_prefix(item: Item) -> Iterator[Finding]:
    """An item type that Open Responses does not define is named `slug:type`, also those of OpenAI."""
    known = item.type in item.dialect.schemas.item_types
    if not known and not (isinstance(item.type, str) and PREFIXED.fullmatch(item.type)):
        yield Finding(f"{item.where}/type", "an item type of Open Responses, or `slug:type`", show(item.type))


@rule(Streamed, cites=("EXT-06", "EXT-07"), when=has_end)
def the_core_stream_stands_alone(streamed: Streamed) -> Iterator[Finding]:
    """Without the events of providers the stream is whole: every item of the end was streamed by core events.

    Clients drop events whose type has a prefix.
    """
    if fold(streamed).is_tail or not any(":" in event.type for event in streamed.events):
        return
    told = {thread.indices[0] for thread in fold(streamed).of("item")}
    terminal, found = fold(streamed).terminal(), fold(streamed).final().get("output")
    for index, item in enumerate(found if isinstance(found, list) else ()):
        if index not in told:
            where = f"{terminal.where if terminal else ''}/response/output/{index}"
            yield Finding(where, "an item that core events told of", show(item))


@rule(Scene, scenario="extensions", cites="EXT-11", when=took_place("unknown_tool"))
def unknown_hosted_tools_are_refused(scene: Scene) -> Iterator[Finding]:
    """A hosted tool of a provider that the server does not know is refused with a 4xx."""
    refused = scene["unknown_tool"]
    if refused.answer.status not in CLIENT_ERROR:
        yield Finding("reply.status", "a 4xx", str(refused.answer.status), refused.id)


@rule(Scene, scenario="extensions", cites="EXT-12", when=took_place("unknown_item"))
def unknown_input_items_do_no_harm(scene: Scene) -> Iterator[Finding]:
    """An input item with a provider's prefix is taken as it is, or refused with a 4xx; it breaks nothing."""
    answer = scene["unknown_item"]
    if not answer.ok and answer.answer.status not in CLIENT_ERROR:
        yield Finding("reply.status", "2xx or 4xx", str(answer.answer.status), answer.id)
