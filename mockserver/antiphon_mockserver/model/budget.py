"""`max_output_tokens`: how much of an answer fits into the limit, and where it is cut."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon_mockserver.model.reasoning import Thought
from antiphon_mockserver.response.plan import Item
from antiphon_mockserver.response.tokens import count, split

TEXT_MEMBERS = {"function_call": "arguments", "custom_tool_call": "input", "compaction": "encrypted_content"}
"""The member with the text of an item that is no message, by type of item."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What fits into the limit."""

    items: tuple[Item, ...]
    output_tokens: int
    reasoning_tokens: int
    cut: bool


def spend(thought: Thought | None, items: list[Item], limit: int | None) -> Spending:
    """The items that fit into the limit; the last one may be cut. Reasoning uses up the limit first."""
    thinking = thought.tokens if thought else 0
    first = (thought.item,) if thought else ()
    if limit is None:
        return Spending((*first, *items), thinking + sum(map(cost, items)), thinking, cut=False)
    left = limit - thinking
    if left <= 0:
        return Spending(first, limit, limit, cut=True)
    items_within: list[Item] = []
    for item in items:
        price = cost(item)
        if price > left:
            items_within += [shorten(item, left)] if left else []
            return Spending((*first, *items_within), limit, thinking, cut=True)
        items_within.append(item)
        left -= price
    return Spending((*first, *items_within), limit - left, thinking, cut=False)


def cost(item: Item) -> int:
    """The output tokens of an item."""
    return count(_text(item))


def shorten(item: Item, tokens: int) -> Item:
    """The item with the first tokens of its text."""
    text = "".join(split(_text(item))[:tokens])
    if field := TEXT_MEMBERS.get(item["type"]):
        return {**item, field: text}
    part = item["content"][0]
    field = "refusal" if part["type"] == "refusal" else "text"
    return {**item, "content": [{**part, field: text}]}


def _text(item: Item) -> str:
    if field := TEXT_MEMBERS.get(item["type"]):
        return str(item[field])
    if "content" not in item:
        return ""
    part = item["content"][0]
    return str(part.get("text", part.get("refusal", "")))
