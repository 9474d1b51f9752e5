"""Reasoning: an item before the answer when the request asks for it, and the tokens that it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.model.reading import Reading, secret
from antiphon_mockserver.plan import Context, Item
from antiphon_mockserver.sealed import seal
from antiphon_mockserver.tokens import count

EXCERPT_LENGTH = 200

EFFORTS = {"minimal": 1, "low": 1, "medium": 2, "high": 4, "xhigh": 8, "max": 16}
"""How many times over the model thinks its thoughts."""


@dataclass(frozen=True, slots=True)
class Thought:
    """What was reasoned: the item that shows it, and its cost."""

    item: Item
    tokens: int


def reason(context: Context, reading: Reading, intent: str) -> Thought | None:
    """The reasoning that leads to what the model is about to do, or None when none was asked for."""
    wanted = context.request.get("reasoning") or {}
    effort = wanted.get("effort")
    summary = wanted.get("summary") or wanted.get("generate_summary")
    if effort == "none" or not (effort or summary):
        return None
    steps = _steps(reading, intent)
    text = " ".join(step for _, step in steps)
    return Thought(_item(context, steps, text, summary), count(text) * EFFORTS.get(effort or "medium", 2))


def _steps(reading: Reading, intent: str) -> tuple[tuple[str, str], ...]:
    """What is thought, each step with its headline."""
    asked = reading.prompt.strip()[:EXCERPT_LENGTH]
    seen = f"The user wrote: {asked}" if asked else "The user wrote nothing new."
    return (("Reading the request", seen), ("Choosing the answer", intent))


def _item(context: Context, steps: tuple[tuple[str, str], ...], text: str, summary: str | None) -> Item:
    item: Item = {"type": "reasoning"}
    if "reasoning.encrypted_content" in (context.request.get("include") or ()):
        item["encrypted_content"] = seal(text.encode(errors="surrogatepass"), secret(context))
    elif context.dialect.traits.raw_reasoning:
        item["content"] = [{"type": "reasoning_text", "text": text}]
    if not context.dialect.traits.raw_reasoning:
        item["content"] = []
    item["summary"] = [_summary(headline, step) for headline, step in _summarised(steps, summary)]
    return item


def _summarised(steps: tuple[tuple[str, str], ...], summary: str | None) -> tuple[tuple[str, str], ...]:
    """The steps that a summary of this kind shows: all of them in detail, else the last."""
    if not summary:
        return ()
    return steps if summary == "detailed" else steps[-1:]


def _summary(headline: str, step: str) -> Mapping[str, Any]:
    return {"type": "summary_text", "text": f"**{headline}**\n\n{step}"}
