"""Citations: whatever page of the web a text names, the text cites."""

from __future__ import annotations

import re
from typing import Any

from antiphon_mockserver.plan import Item

ADDRESS = re.compile(r"https?://([^\s/\"'<>()]+)[^\s\"'<>()]*[^\s\"'<>().,;:!?]")


def with_citations(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items, the texts among them with an annotation for each address in them."""
    return tuple(_cited(item) if item["type"] == "message" else item for item in items)


def _cited(item: Item) -> Item:
    part = item["content"][0]
    if part["type"] != "output_text" or "://" not in part["text"]:
        return item
    annotations = [_citation(found) for found in ADDRESS.finditer(part["text"])]
    return {**item, "content": [{**part, "annotations": annotations}]}


def _citation(found: re.Match[str]) -> dict[str, Any]:
    return {
        "type": "url_citation",
        "url": found[0],
        "title": found[1],
        "start_index": found.start(),
        "end_index": found.end(),
    }
