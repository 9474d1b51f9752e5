"""Handles contexts that are too long for the model."""

from __future__ import annotations

from dataclasses import replace

from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.response.tokens import CONTEXT_WINDOW, count_input, count_item
from antiphon_mockserver.server.errors import invalid

INSTRUCTION_ROLES = frozenset({"system", "developer"})


def truncate(context: Context, tokens: int) -> Context:
    """Returns the context when it fits; with `truncation: auto`, without its oldest items (STA-21).

    Rejects a context that is still too long, with 400.
    """
    if tokens <= CONTEXT_WINDOW:
        return context
    if context.request.get("truncation") != "auto":
        message = f"The input has {tokens} tokens, and the model takes {CONTEXT_WINDOW}; shorten it."
        raise invalid(message, "input", "context_length_exceeded")
    shorter = replace(context, items=_drop_oldest(context.items, tokens - CONTEXT_WINDOW))
    if count_input(shorter) > CONTEXT_WINDOW:
        message = (
            f"Even the newest item alone is longer than the {CONTEXT_WINDOW} tokens that the model takes."
        )
        raise invalid(message, "input", "context_length_exceeded")
    return shorter


def _drop_oldest(items: tuple[Item, ...], excess: int) -> tuple[Item, ...]:
    """Drops the oldest items, at least `excess` tokens; instructions and the newest item stay."""
    rest = []
    for index, item in enumerate(items):
        if excess > 0 and item.get("role") not in INSTRUCTION_ROLES and index < len(items) - 1:
            excess -= count_item(item)
        else:
            rest.append(item)
    return tuple(rest)
