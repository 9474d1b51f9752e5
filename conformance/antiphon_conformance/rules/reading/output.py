"""Reads calls, messages, parts and texts in a response object that may be malformed.

A value of an unexpected type is skipped here; the rules about that member report it. An item or a part
without `type` has the one that its members tell: the missing member is one finding of the rule that demands
it, and every other rule judges the object all the same. A wrong type is what the server says, and stays.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antiphon_conformance.http.exchange import Exchange, MissingStepError
from antiphon_conformance.http.text import ABSENT

Json = Mapping[str, Any]

CLIENT_CALLS = ("function_call", "custom_tool_call")
"""The calls that the client has to execute itself."""

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


def objects(value: Any) -> Iterator[tuple[int, Json]]:
    """The elements of a list that are objects, with their indices."""
    if not isinstance(value, list):
        return iter(())
    return iter([(index, entry) for index, entry in enumerate(value) if isinstance(entry, dict)])


def output(response: Json, *types: str) -> Iterator[tuple[int, Json]]:
    """The output items of a response, with their indices; only those of `types`, unless it is empty.

    An item without `type` has the one that its members tell.
    """
    items = [(index, typed_item(item)) for index, item in objects(response.get("output"))]
    return iter([entry for entry in items if entry[1].get("type") in types] if types else items)


def is_call(item: Json) -> bool:
    """Whether an item calls a tool, the client's or a hosted one."""
    kind = item.get("type")
    return isinstance(kind, str) and kind.endswith("_call")


def calls(response: Json) -> list[tuple[int, Json]]:
    """The items that call a tool of the client."""
    return list(output(response, *CLIENT_CALLS))


def parts(item: Json) -> Iterator[tuple[int, Json]]:
    """The content parts of a message or a reasoning item, with their indices.

    A part without `type` has the one that its members tell.
    """
    return ((index, typed_part(part, item)) for index, part in objects(item.get("content")))


def texts(response: Json) -> Iterator[tuple[str, Json]]:
    """Every `output_text` part of the messages, with its place below the response object."""
    for index, item in output(response, "message"):
        for place, part in parts(item):
            if part.get("type") == "output_text":
                yield f"output/{index}/content/{place}", part


def refusals(response: Json) -> Iterator[tuple[str, Json]]:
    """Every `refusal` part of the messages, with its place below the response object."""
    for index, item in output(response, "message"):
        for place, part in parts(item):
            if part.get("type") == "refusal":
                yield f"output/{index}/content/{place}", part


def text_of(response: Json) -> str:
    """The text of all messages of a response."""
    return "".join(part["text"] for _, part in texts(response) if isinstance(part.get("text"), str))


def number(value: Any) -> int | float | None:
    """The value if it is a number and not a boolean, else None."""
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def member(value: Any, *path: str) -> Any:
    """The value at a path of members; None when a member is missing or its parent is not an object."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def value_at(value: Any, *path: str) -> Any:
    """The member at a path, as a finding prints it: ABSENT, and not None, when it was not sent."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return ABSENT
        value = value[name]
    return value


def parse_json(text: Any) -> Any:
    """The JSON value in a text. Raises ValueError when there is none."""
    if not isinstance(text, str):
        raise ValueError("not a string")
    try:
        return json.loads(text)
    except RecursionError as problem:
        raise ValueError("nested too deeply") from problem


def stops_midway(text: Any) -> bool:
    """Whether a text is the beginning of a JSON value that never ends."""
    if not isinstance(text, str) or not text.strip():
        return False
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        return problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated")
    except RecursionError:
        return False
    return False


def includes(request: Json, name: str) -> bool:
    """Whether the request's `include` names this."""
    include = request.get("include")
    return isinstance(include, list) and name in include


def answered(exchange: Exchange) -> Json:
    """The response object of a successful exchange. Raises MissingStepError for any other."""
    if not exchange.ok:
        raise MissingStepError(f"{exchange.id}: answered {exchange.answer.status}")
    return exchange.response


def response_or_empty(exchange: Exchange) -> Json:
    """The response object of an exchange; empty when it has none."""
    try:
        return exchange.response
    except MissingStepError:
        return {}


def equal_json(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal. `true` differs from `1`, but `1.0` equals `1`: numbers are
    compared at double precision, because JSON promises no more (RFC 8259, section 6)."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal_json(left[key], right[key]) for key in left)
    if isinstance(left, Sequence) and isinstance(right, Sequence) and not isinstance(left, str):
        return len(left) == len(right) and all(map(equal_json, left, right))
    if number(left) is not None and number(right) is not None:
        return left == right or as_double(left) == as_double(right)
    return bool(isinstance(left, bool) == isinstance(right, bool) and left == right)


def as_double(value: float) -> float:
    """The number at double precision; infinity beyond it."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def item_kind(item: Json) -> str | None:
    """The type of an item, sent or inferred; None when it has a wrong type, or nothing tells."""
    return _kind(item, ITEMS)


def part_kind(part: Json) -> str | None:
    """The type of a part of a message, sent or inferred; None when it has a wrong type, or nothing tells."""
    return _kind(part, PARTS)


def typed_item(item: Json) -> Json:
    """The item with its type, where that was missing and can be inferred."""
    return item if item.get("type") is not None else _typed(item, item_kind(item))


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
