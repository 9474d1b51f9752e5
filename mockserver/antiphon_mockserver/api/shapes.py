"""The shape of a create: what it has in common with others that differ in their input only.

shape_of(key, {"model": "gpt-5", "input": "Say hello."}).text           # "Say hello."
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

MESSAGE_NAMES = frozenset({"type", "role", "content"})
PART_NAMES = {"type", "text"}
TO_REPEAT: Mapping[str, type] = {"previous_response_id": str, "instructions": str, "metadata": dict}
"""The members that an answer repeats, with the types that they have there; requests of a kind may differ in
them, too."""
GAP = 0
"""Stands for such a member, which is no number itself."""
MANY = 1
"""Stands for an input of many items."""


class Shape(NamedTuple):
    """A request without its input: what the requests of a kind have in common."""

    key: bytes
    text: str | None
    """The input, or the text of its last message; None where that is more than a text of the user."""


def shape_of(key: str, body: Mapping[str, Any]) -> Shape:
    """The shape of a request of this client."""
    text, gap = _text_in(body.get("input"))
    common = {**body, "input": gap}
    if not TO_REPEAT.keys().isdisjoint(body):
        common |= dict.fromkeys(repeated(body), GAP)
    return Shape(orjson.dumps((key, common)), text)


def repeated(body: Mapping[str, Any]) -> list[str]:
    """The names of the members of a request that its answer repeats, and that are no part of its shape."""
    return [name for name, kind in TO_REPEAT.items() if body.get(name) and isinstance(body[name], kind)]


def wide_shape_of(key: str, body: Mapping[str, Any]) -> Shape | None:
    """The shape of all requests that differ in a whole list of items; None for those of one item or text."""
    source = body.get("input")
    return shape_of(key, {**body, "input": MANY}) if isinstance(source, list) and len(source) > 1 else None


def shape_of_chat(key: str, body: Mapping[str, Any]) -> Shape:
    """The shape of a request for a chat completion, which differs from others in its last message."""
    text, gap = _text_in(body.get("messages"))
    return Shape(orjson.dumps((key, "chat", {**body, "messages": gap})), text)


def _text_in(source: Any) -> tuple[str | None, Any]:
    """The last text of an input, which a user says, and the input without it; None for both without one."""
    if isinstance(source, str):
        return source, ""
    if not isinstance(source, list) or not source:
        return None, None
    *before, item = source
    if not isinstance(item, dict) or item.get("role") != "user" or not MESSAGE_NAMES.issuperset(item):
        return None, None
    if before and not all(map(_is_text, before)):
        return None, None
    content = item.get("content")
    if isinstance(content, str):
        return content, [*before, {**item, "content": ""}]
    if not isinstance(content, list) or len(content) != 1 or not _is_part(content[0]):
        return None, None
    part = content[0]
    return part["text"], [*before, {**item, "content": [{**part, "text": ""}]}]


def _is_text(item: Any) -> bool:
    """Whether an item is a message of texts: it names nothing that is stored elsewhere."""
    if not isinstance(item, dict) or "role" not in item or item.get("type", "message") != "message":
        return False
    content = item.get("content")
    return isinstance(content, str) or (isinstance(content, list) and all(map(_is_part, content)))


def _is_part(part: Any) -> bool:
    is_text = isinstance(part, dict) and part.keys() == PART_NAMES
    return is_text and part["type"] in ("input_text", "output_text") and isinstance(part["text"], str)


def with_text(source: Any, text: str) -> Any:
    """An input with another text in place of its last one."""
    if isinstance(source, str):
        return text
    *before, item = source
    content = item["content"]
    return [
        *before,
        {**item, "content": text if isinstance(content, str) else [{**content[0], "text": text}]},
    ]
