"""The shape of a create: what it has in common with others that differ in their input only.

shape_of(key, {"model": "gpt-5", "input": "Say hello."}).text           # "Say hello."
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

MESSAGE_NAMES = frozenset({"type", "role", "content"})
PART_NAMES = {"type", "text"}


class Shape(NamedTuple):
    """A request without its input: what the requests of a kind have in common."""

    key: bytes
    text: str | None
    """The input, or the text of its only message; None for any other input."""


def shape_of(key: str, body: Mapping[str, Any]) -> Shape:
    """The shape of a request of this client."""
    text, gap = _text_in(body.get("input"))
    common = {**body, "input": gap}
    if isinstance(body.get("previous_response_id"), str):
        common["previous_response_id"] = ""
    return Shape(orjson.dumps((key, common)), text)


def _text_in(source: Any) -> tuple[str | None, Any]:
    """The only text of an input by a user, and the input without it; None for both where there is more."""
    if isinstance(source, str):
        return source, ""
    if not isinstance(source, list) or len(source) != 1:
        return None, None
    item = source[0]
    if not isinstance(item, dict) or item.get("role") != "user" or not MESSAGE_NAMES.issuperset(item):
        return None, None
    content = item.get("content")
    if isinstance(content, str):
        return content, [{**item, "content": ""}]
    if not isinstance(content, list) or len(content) != 1:
        return None, None
    part = content[0]
    if not isinstance(part, dict) or part.keys() != PART_NAMES or part["type"] != "input_text":
        return None, None
    text = part["text"]
    return (text, [{**item, "content": [{**part, "text": ""}]}]) if isinstance(text, str) else (None, None)


def with_text(source: Any, text: str) -> Any:
    """An input with another text in place of its only one."""
    if isinstance(source, str):
        return text
    content = source[0]["content"]
    return [{**source[0], "content": text if isinstance(content, str) else [{**content[0], "text": text}]}]
