"""What a model gets to see: input in item form, behind the turns that it continues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.plan import Item
from antiphon_mockserver.record import Record

COMPLETED = frozenset({"message", "function_call", "function_call_output"})
"""Item types that count as completed when a client sends them without a status."""


def normalise(given: Any) -> list[Item]:
    """Any `input` as items in resource form; a string is one user message (REQ-06)."""
    if given is None:
        return []
    if isinstance(given, str):
        return [_message({"role": "user", "content": given})]
    return [_item(item) for item in given]


def instructing(request: Mapping[str, Any]) -> list[Item]:
    """All that a request itself tells the model in words: its instructions, then its messages."""
    instructions = request.get("instructions")
    system = [_message({"role": "system", "content": instructions})] if instructions else []
    given = normalise(request.get("input"))
    return [*system, *(item for item in given if item["type"] == "message")]


def carry(body: Mapping[str, Any], chain: Sequence[Record]) -> Mapping[str, Any]:
    """The request as the model sees it: nothing of earlier turns is carried into it (STA-05)."""
    return body


def context(chain: Sequence[Record], items: Sequence[Item]) -> tuple[Item, ...]:
    """Each turn's input, then its output, oldest turn first, then the new input (STA-02)."""
    earlier = (item for record in chain for item in (*record.input, *record.response["output"]))
    return (*earlier, *items)


def resolve(reference: Item, found: Item | None) -> Item:
    """The item that a reference names (STA-26)."""
    if found is None:
        id = str(reference.get("id"))[:128]
        message = (
            f"Item with id '{id}' not found. Items are not kept when `store` is false; send the item itself."
        )
        raise invalid(message, "input")
    return found


def is_reference(item: Item) -> bool:
    """Whether an input item stands for another one; its type may be missing (REQ-24)."""
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
    given = {name: value for name, value in item.items() if value is not None}
    parts = [_part(part) for part in content]
    return {**given, "type": "message", "status": given.get("status", "completed"), "content": parts}


def _part(part: Mapping[str, Any]) -> Item:
    if part.get("type") == "output_text":
        return {"annotations": [], "logprobs": [], **part}
    if part.get("type") == "input_image" and part.get("detail") is None:
        return {**part, "detail": "auto"}
    return dict(part)
