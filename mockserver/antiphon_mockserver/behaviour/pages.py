"""Lists with a cursor: which items, in which order, after which item, how many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon_mockserver.response.identity import sibling
from antiphon_mockserver.response.plan import Item
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Record


def list_input(record: Record, chain: Sequence[Record]) -> list[Item]:
    """Returns the input items of the response itself.

    No norm says whether the items of earlier turns belong to the list (INP-14).
    """
    return list(record.input)


def list_conversation(chain: Sequence[Record]) -> list[Item]:
    """Returns the conversation up to the last record: its instructions, the earlier turns, its input."""
    last = chain[-1]
    earlier = [item for turn in chain[:-1] for item in (*turn.input, *turn.response["output"])]
    return [*_instructions(last), *map(_with_text_content, (*earlier, *last.input))]


def _instructions(record: Record) -> list[Item]:
    text = record.request.get("instructions")
    item_id = sibling(record.id, "msg_", "instructions")
    return [{"id": item_id, "type": "message", "role": "system", "content": text}] if text else []


def _with_text_content(item: Item) -> Item:
    """The item; the content of a message becomes one text when all its parts are text."""
    content = item.get("content")
    if item["type"] != "message" or not isinstance(content, list) or not all(map(_is_text, content)):
        return item
    return {**item, "content": "\n".join(part["text"] for part in content)}


def _is_text(part: Item) -> bool:
    return part.get("type") in ("input_text", "output_text")


def arrange(items: Sequence[Item], order: str) -> list[Item]:
    """Returns the items oldest first for `asc`, newest first for `desc`."""
    return list(items) if order == "asc" else list(reversed(items))


def follow(items: Sequence[Item], after: str | None) -> list[Item]:
    """Returns the items after the one with this id (INP-06). Rejects an unknown id with 400."""
    if after is None:
        return list(items)
    place = next((index for index, item in enumerate(items) if item["id"] == after), None)
    if place is None:
        raise invalid(
            f"Invalid 'after': the list has no item with the id '{after[:128]}'.", "after", "invalid_value"
        )
    return list(items[place + 1 :])


def page(items: Sequence[Item], limit: int) -> dict[str, Any]:
    """Returns the list object of one page; an empty page has empty strings as its ids (INP-16)."""
    data = list(items[:limit])
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else "",
        "last_id": data[-1]["id"] if data else "",
        "has_more": len(items) > limit,
    }
