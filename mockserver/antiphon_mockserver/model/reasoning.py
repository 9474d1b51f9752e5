"""Reasoning: an item before the answer when the request asks for it, and the number of its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.model.reading import Reading, secret
from antiphon_mockserver.response.opaque import seal
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.response.tokens import count
from antiphon_spec.loading.construction import dataclass

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
    excerpt = reading.question.strip()[:EXCERPT_LENGTH]
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
