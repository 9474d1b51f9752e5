"""Lists: which items, in which order, and one page of them, by a cursor or by an offset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from operator import gt, lt
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


MILLISECONDS_SINCE = 10**11
"""A time stamp from here on counts milliseconds (since 1973); a smaller one counts seconds (until 5138)."""
Query = Mapping[str, Any]
Test = Callable[[Item], bool]
EQUAL = ("status", "collection_type")
"""Parameters that an item's member of the same name must equal."""


def select(items: Sequence[Item], query: Query) -> list[Item]:
    """Returns the items that pass a query, in the order of the query; without one, in their own order."""
    tests = [*_tests(query)]
    matches = [item for item in items if all(test(item) for test in tests)]
    order = query.get("order")
    if order is None:
        return matches
    matches.sort(key=lambda item: _key(item, order), reverse=query.get("sort") == "desc")
    return matches


def cut(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
    """Returns the list object of one page."""
    data = list(items[offset : offset + limit])
    return {"object": "list", "data": data, "total": len(items), "limit": limit, "offset": offset}


def _tests(query: Query) -> Iterator[Test]:
    for name in EQUAL:
        if name in query:
            yield partial(_equals, name, query[name])
    for word in ("created", "added"):
        for side, holds in (("before", lt), ("after", gt)):
            if (date := query.get(f"{word}_{side}")) is not None:
                yield partial(_compares, f"{word}_at", holds, _seconds(date))


def _equals(name: str, value: Any, item: Item) -> bool:
    return bool(item.get(name) == value)


def _compares(name: str, holds: Callable[[float, float], bool], bound: float, item: Item) -> bool:
    stamp: float = item[name]
    return holds(stamp / 1000 if stamp >= MILLISECONDS_SINCE else stamp, bound)


def _key(item: Item, order: str) -> Any:
    """The sort key of an item; names and file names may be members of its `file`."""
    return item[order] if order in item else item.get("file", {}).get(order)


def _seconds(date: str) -> float:
    """A date in Unix seconds; one without a time means its first moment, and one without a zone is in UTC."""
    moment = datetime.fromisoformat(date.upper())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
