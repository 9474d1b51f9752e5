"""Reasoning, an item before the answer, and `max_output_tokens`: what fits into the limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.model.reading import Reading, secret
from antiphon_mockserver.response.opaque import seal
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.response.tokens import count, split

EXCERPT_LENGTH = 200

EFFORTS = {"minimal": 1, "low": 1, "medium": 2, "high": 4, "xhigh": 8, "max": 16}
"""By which factor an effort multiplies the reasoning tokens."""


@dataclass(frozen=True, slots=True)
class Thought:
    """A reasoning item, and the number of its tokens."""

    item: Item
    tokens: int


def reason(context: Context, reading: Reading, intent: str) -> Thought | None:
    """The reasoning before what the model is about to do; None when the request asks for none."""
    options = context.request.get("reasoning") or {}
    effort = options.get("effort")
    summary = options.get("summary") or options.get("generate_summary")
    if effort == "none" or not (effort or summary):
        return None
    steps = _steps(reading, intent)
    text = " ".join(step for _, step in steps)
    return Thought(_item(context, steps, text, summary), count(text) * EFFORTS.get(effort or "medium", 2))


def _steps(reading: Reading, intent: str) -> tuple[tuple[str, str], ...]:
    """The steps of the reasoning, each with its headline."""
    excerpt = reading.prompt.strip()[:EXCERPT_LENGTH]
    observation = f"The user wrote: {excerpt}" if excerpt else "The user wrote nothing new."
    return (("Reading the request", observation), ("Choosing the answer", intent))


def _item(context: Context, steps: tuple[tuple[str, str], ...], text: str, summary: str | None) -> Item:
    item: Item = {"type": "reasoning"}
    if "reasoning.encrypted_content" in (context.request.get("include") or ()):
        item["encrypted_content"] = seal(text.encode(errors="surrogatepass"), secret(context))
    elif context.dialect.mock.raw_reasoning:
        item["content"] = [{"type": "reasoning_text", "text": text}]
    if not context.dialect.mock.raw_reasoning:
        item["content"] = []
    item["summary"] = [_summary(headline, step) for headline, step in _summary_steps(steps, summary)]
    return item


def _summary_steps(steps: tuple[tuple[str, str], ...], summary: str | None) -> tuple[tuple[str, str], ...]:
    """The steps in a summary of this kind: all of them when it is detailed, else the last."""
    if not summary:
        return ()
    return steps if summary == "detailed" else steps[-1:]


def _summary(headline: str, step: str) -> Mapping[str, Any]:
    return {"type": "summary_text", "text": f"**{headline}**\n\n{step}"}


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
