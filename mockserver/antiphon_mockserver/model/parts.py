"""Changing the text parts of the messages among the items of an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from antiphon_mockserver.response.plan import Item


def with_text_parts(items: tuple[Item, ...], extend: Callable[[str], Mapping[str, Any]]) -> tuple[Item, ...]:
    """The items; each text part has in addition the members that `extend` gives for its text."""
    return tuple(_extend(item, extend) if item["type"] == "message" else item for item in items)


def _extend(item: Item, extend: Callable[[str], Mapping[str, Any]]) -> Item:
    part = item["content"][0]
    if part["type"] != "output_text":
        return item
    return {**item, "content": [{**part, **extend(part["text"])}]}
