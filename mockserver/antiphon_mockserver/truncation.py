"""Contexts that are longer than the model takes."""

from __future__ import annotations

from dataclasses import replace

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.plan import Context, Item
from antiphon_mockserver.tokens import CONTEXT_WINDOW, count_input, count_item

INSTRUCTING = frozenset({"system", "developer"})


def truncate(context: Context, tokens: int) -> Context:
    """The context when it fits; under `truncation: auto` without its oldest items; or a refusal (STA-21)."""
    if tokens <= CONTEXT_WINDOW:
        return context
    if context.request.get("truncation") != "auto":
        message = f"The input has {tokens} tokens, and the model takes {CONTEXT_WINDOW}; shorten it."
        raise invalid(message, "input", "context_length_exceeded")
    shorter = replace(context, items=_dropped(context.items, tokens - CONTEXT_WINDOW))
    if count_input(shorter) > CONTEXT_WINDOW:
        message = (
            f"Even the newest item alone is longer than the {CONTEXT_WINDOW} tokens that the model takes."
        )
        raise invalid(message, "input", "context_length_exceeded")
    return shorter


def _dropped(items: tuple[Item, ...], excess: int) -> tuple[Item, ...]:
    """The items without the oldest ones, up to so many tokens; instructions and the newest item stay."""
    kept = []
    for index, item in enumerate(items):
        if excess > 0 and item.get("role") not in INSTRUCTING and index < len(items) - 1:
            excess -= count_item(item)
        else:
            kept.append(item)
    return tuple(kept)
