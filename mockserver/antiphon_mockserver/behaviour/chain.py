"""The context of a model: the input as items, after the turns that it continues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.response.plan import Item
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Record

COMPLETED = frozenset({"message", "function_call", "function_call_output"})
"""Item types that get the status `completed` when a client sends them without one."""


def normalise(source: Any) -> list[Item]:
    """Returns any `input` as items in resource form; a string is one user message (REQ-06)."""
    if source is None:
        return []
    if isinstance(source, str):
        return [_message({"role": "user", "content": source})]
    return [_item(item) for item in source]


def instruction_messages(request: Mapping[str, Any]) -> list[Item]:
    """The messages of a request itself: its instructions as a system message, then those of its input."""
    instructions = request.get("instructions")
    system = [_message({"role": "system", "content": instructions})] if instructions else []
    items = normalise(request.get("input"))
    return [*system, *(item for item in items if item["type"] == "message")]


def carry(body: Mapping[str, Any], chain: Sequence[Record]) -> Mapping[str, Any]:
    """Returns the request as the model sees it: earlier turns change nothing in it (STA-05)."""
    return body


def context(chain: Sequence[Record], items: Sequence[Item]) -> tuple[Item, ...]:
    """Returns each turn's input and output, oldest turn first, then the new input (STA-02)."""
    earlier = (item for record in chain for item in (*record.input, *record.response["output"]))
    return (*earlier, *items)


def resolve(reference: Item, target: Item | None) -> Item:
    """Returns the item that a reference names (STA-26). Rejects a reference without a target with 400."""
    if target is None:
        item_id = str(reference.get("id"))[:128]
        message = f"Item with id '{item_id}' not found."
        hint = "Items are not kept when `store` is false; send the item itself."
        raise invalid(f"{message} {hint}", "input")
    return target


def is_reference(item: Item) -> bool:
    """Whether an input item refers to another one; its type may be missing (REQ-24)."""
    return item.get("type") == "item_reference"


def _item(item: Mapping[str, Any]) -> Item:
    kind = item.get("type")
    if kind is None:
        kind = "message" if "role" in item else "item_reference"
    if kind == "message":
        return _message(item)
    complete: Item = {**item, "type": kind}
    if kind in COMPLETED and complete.get("status") is None:
        complete["status"] = "completed"
    return complete


def _message(item: Mapping[str, Any]) -> Item:
    content = item["content"]
    if isinstance(content, str):
        content = [{"type": "output_text" if item["role"] == "assistant" else "input_text", "text": content}]
    members = {name: value for name, value in item.items() if value is not None}
    parts = [_part(part) for part in content]
    return {**members, "type": "message", "status": members.get("status", "completed"), "content": parts}


def _part(part: Mapping[str, Any]) -> Item:
    if part.get("type") == "output_text":
        return {"annotations": [], "logprobs": [], **part}
    if part.get("type") == "input_image" and part.get("detail") is None:
        return {**part, "detail": "auto"}
    return dict(part)
