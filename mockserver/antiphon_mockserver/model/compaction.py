"""Compaction: a conversation shrunk to one opaque item from which it can be recalled."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import orjson

from antiphon_mockserver.model.reading import secret, text_of, unfold
from antiphon_mockserver.response.compose import usage
from antiphon_mockserver.response.opaque import seal
from antiphon_mockserver.response.plan import Context, Identity, Item, Plan
from antiphon_mockserver.response.tokens import ITEM_OVERHEAD, count, count_input

TRIGGER = "compaction_trigger"
DEFAULT_THRESHOLD = 200_000
"""The tokens beyond which a context is compacted when the request names no threshold."""


def compact(context: Context, identity: Identity, created_at: int) -> dict[str, Any]:
    """The compaction object: the next context window for this conversation."""
    items = list(unfold(context.items, secret(context)))
    prefixes = context.dialect.traits.id_prefixes
    messages = [
        _resource(item, identity.item(prefixes.get("message", "msg_"), index))
        for index, item in enumerate(item for item in items if item.get("role") == "user")
    ]
    compaction = {
        "id": identity.item(prefixes.get("compaction", "cmp_"), len(messages)),
        **_compaction(items, context),
    }
    plan = Plan(input_tokens=count_input(context), output_tokens=_cost(items))
    return {
        "id": identity.response,
        "object": "response.compaction",
        "created_at": created_at,
        "output": [*messages, compaction],
        "usage": usage(plan, context.dialect),
    }


def in_band(context: Context, input_tokens: int) -> tuple[Item, ...]:
    """The compaction item that opens an answer when `context_management` or a trigger demands it.

    A client may drop everything before it (CMP-14), so it also holds the user's messages.
    """
    if not is_triggered(context) and input_tokens <= _threshold(context.request.get("context_management")):
        return ()
    return (_compaction(unfold(context.items, secret(context)), context, with_user=True),)


def is_triggered(context: Context) -> bool:
    """Whether the input ends in a `compaction_trigger` (CMP-15)."""
    return bool(context.items) and context.items[-1].get("type") == TRIGGER


def _threshold(management: Any) -> float:
    """The number of tokens beyond which a context is compacted."""
    entries = [entry for entry in management or () if entry.get("type") == "compaction"]
    return min((entry.get("compact_threshold") or DEFAULT_THRESHOLD for entry in entries), default=inf)


def _compaction(items: Iterable[Item], context: Context, *, with_user: bool = False) -> Item:
    memory = orjson.dumps(_memory(items, with_user=with_user))
    return {"type": "compaction", "encrypted_content": seal(memory, secret(context))}


def _resource(item: Item, new_id: str) -> Item:
    """A user message as a resource, with an id and a status."""
    content = item.get("content")
    parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
    return {
        "id": item.get("id") or new_id,
        "type": "message",
        "status": "completed",
        "content": parts,
        "role": "user",
    }


def _memory(items: Iterable[Item], *, with_user: bool = False) -> list[Item]:
    """The texts of the items with their roles; those of the user only on demand."""
    texts = (
        (item.get("role", "assistant"), text_of(item.get("content") or item.get("output"))) for item in items
    )
    return [
        {"type": "message", "role": role, "content": text}
        for role, text in texts
        if text and (with_user or role != "user")
    ]


def _cost(items: Iterable[Item]) -> int:
    return sum(ITEM_OVERHEAD + count(item["content"]) for item in _memory(items)) + ITEM_OVERHEAD
