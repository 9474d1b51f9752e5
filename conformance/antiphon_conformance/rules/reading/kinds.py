"""What an item or a part without `type` is, by its other members.

The missing member is one finding of the rule that demands it; every other rule judges the object all the
same. Only an absent or null `type` is inferred: a wrong one is what the server says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

Tellers = Sequence[tuple[str, tuple[str, ...]]]

ITEMS: Tellers = (
    ("message", ("role",)),
    ("mcp_call", ("server_label", "arguments")),
    ("function_call", ("call_id", "arguments")),
    ("function_call", ("name", "arguments")),
    ("custom_tool_call", ("call_id", "input")),
    ("custom_tool_call", ("name", "input")),
    ("reasoning", ("summary",)),
    ("compaction", ("encrypted_content",)),
)
"""Types of items, each with members that tell it; the first row that fits decides."""
PARTS: Tellers = (("output_text", ("text",)), ("refusal", ("refusal",)))
"""Types of parts of a message, each with the member that tells it."""
THOUGHTS = {"content": "reasoning_text", "summary": "summary_text"}
"""The list of a reasoning item -> the type of its parts."""


def item_kind(item: Json) -> str | None:
    """The type of an item, sent or inferred; None when it has a wrong type, or nothing tells."""
    return _kind(item, ITEMS)


def part_kind(part: Json) -> str | None:
    """The type of a part of a message, sent or inferred; None when it has a wrong type, or nothing tells."""
    return _kind(part, PARTS)


def typed_item(item: Json) -> Json:
    """The item with its type, where that was missing and can be inferred."""
    return _typed(item, item_kind(item))


def typed_part(part: Json, item: Json, place: str = "content") -> Json:
    """A part of an item's list with its type, where that was missing and can be inferred."""
    thought = THOUGHTS.get(place) if item_kind(item) == "reasoning" and "text" in part else None
    return _typed(part, thought or part_kind(part))


def typed_parts(item: Json) -> Json:
    """The item with its type and those of its parts, where they were missing and can be inferred."""
    lists = {name: _list(item, name) for name in THOUGHTS if isinstance(item.get(name), list)}
    return (
        {**typed_item(item), **lists}
        if any(item[name] != lists[name] for name in lists)
        else typed_item(item)
    )


def _list(item: Json, name: str) -> list[Any]:
    return [typed_part(part, item, name) if isinstance(part, dict) else part for part in item[name]]


def _kind(value: Json, rows: Tellers) -> str | None:
    sent = value.get("type")
    if sent is not None:
        return sent if isinstance(sent, str) else None
    return next((kind for kind, names in rows if all(name in value for name in names)), None)


def _typed(value: Json, kind: str | None) -> Json:
    return {**value, "type": kind} if value.get("type") is None and kind is not None else value
