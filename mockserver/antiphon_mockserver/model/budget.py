"""`max_output_tokens`: how much of an answer may be said, and where it is cut."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon_mockserver.model.reasoning import Thought
from antiphon_mockserver.plan import Item
from antiphon_mockserver.tokens import count, split

SPOKEN = {"function_call": "arguments", "custom_tool_call": "input", "compaction": "encrypted_content"}
"""Where the text of an item that is no message stands, by its type."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What the budget allowed."""

    items: tuple[Item, ...]
    output_tokens: int
    reasoning_tokens: int
    cut: bool


def spend(thought: Thought | None, items: list[Item], limit: int | None) -> Spent:
    """The items that fit into the limit, the last of them shortened if need be; reasoning is paid first."""
    thinking = thought.tokens if thought else 0
    first = (thought.item,) if thought else ()
    if limit is None:
        return Spent((*first, *items), thinking + sum(map(cost, items)), thinking, cut=False)
    left = limit - thinking
    if left <= 0:
        return Spent(first, limit, limit, cut=True)
    said: list[Item] = []
    for item in items:
        needed = cost(item)
        if needed > left:
            said += [shorten(item, left)] if left else []
            return Spent((*first, *said), limit, thinking, cut=True)
        said.append(item)
        left -= needed
    return Spent((*first, *said), limit - left, thinking, cut=False)


def cost(item: Item) -> int:
    """The output tokens of an item."""
    return count(_text(item))


def shorten(item: Item, tokens: int) -> Item:
    """The item with only so many tokens of its text."""
    kept = "".join(split(_text(item))[:tokens])
    if field := SPOKEN.get(item["type"]):
        return {**item, field: kept}
    part = item["content"][0]
    field = "refusal" if part["type"] == "refusal" else "text"
    return {**item, "content": [{**part, field: kept}]}


def _text(item: Item) -> str:
    if field := SPOKEN.get(item["type"]):
        return str(item[field])
    if "content" not in item:
        return ""
    part = item["content"][0]
    return str(part.get("text", part.get("refusal", "")))
