"""Lists in pages: which items, in which order, after which, how many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.identity import sibling
from antiphon_mockserver.plan import Item
from antiphon_mockserver.record import Record


def list_input(record: Record, chain: Sequence[Record]) -> list[Item]:
    """The items of a response's own input.

    Whether those of its ancestors belong there, too, nothing says (INP-14).
    """
    return list(record.input)


def list_conversation(chain: Sequence[Record]) -> list[Item]:
    """What led to the last of these: its instructions, earlier turns with answers, its input."""
    last = chain[-1]
    earlier = [item for turn in chain[:-1] for item in (*turn.input, *turn.response["output"])]
    return [*_instructions(last), *map(_plain, (*earlier, *last.input))]


def _instructions(record: Record) -> list[Item]:
    told = record.request.get("instructions")
    id = sibling(record.id, "msg_", "instructions")
    return [{"id": id, "type": "message", "role": "system", "content": told}] if told else []


def _plain(item: Item) -> Item:
    """The item, the parts of a message as one text when they are nothing else."""
    content = item.get("content")
    if item["type"] != "message" or not isinstance(content, list) or not all(map(_is_text, content)):
        return item
    return {**item, "content": "\n".join(part["text"] for part in content)}


def _is_text(part: Item) -> bool:
    return part.get("type") in ("input_text", "output_text")


def arrange(items: Sequence[Item], order: str) -> list[Item]:
    """Oldest first for `asc`, newest first for `desc`."""
    return list(items) if order == "asc" else list(reversed(items))


def follow(items: Sequence[Item], after: str | None) -> list[Item]:
    """What stands behind the item of this id (INP-06)."""
    if after is None:
        return list(items)
    place = next((index for index, item in enumerate(items) if item["id"] == after), None)
    if place is None:
        raise invalid(
            f"Invalid 'after': the list has no item with the id '{after[:128]}'.", "after", "invalid_value"
        )
    return list(items[place + 1 :])


def page(items: Sequence[Item], limit: int) -> dict[str, Any]:
    """The list object for what remains; the ids of an empty page are empty (INP-16)."""
    data = list(items[:limit])
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else "",
        "last_id": data[-1]["id"] if data else "",
        "has_more": len(items) > limit,
    }
