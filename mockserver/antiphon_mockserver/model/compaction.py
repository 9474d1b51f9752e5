"""Compaction: a conversation shrunk to one opaque item from which it can be recalled."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import orjson

from antiphon_mockserver.compose import usage
from antiphon_mockserver.model.reading import secret, text_of, unfold
from antiphon_mockserver.plan import Context, Identity, Item, Plan
from antiphon_mockserver.sealed import seal
from antiphon_mockserver.tokens import ITEM_OVERHEAD, count, count_input

TRIGGER = "compaction_trigger"
DEFAULT_THRESHOLD = 200_000
"""From how many tokens on a context is compacted when the request leaves that to the server."""


def compact(context: Context, identity: Identity, created_at: int) -> dict[str, Any]:
    """The compaction object: the next context window for this conversation."""
    items = list(unfold(context.items, secret(context)))
    prefixes = context.dialect.traits.id_prefixes
    kept = [
        _kept(item, identity.item(prefixes.get("message", "msg_"), index))
        for index, item in enumerate(item for item in items if item.get("role") == "user")
    ]
    compaction = {
        "id": identity.item(prefixes.get("compaction", "cmp_"), len(kept)),
        **_sealed(items, context),
    }
    plan = Plan(input_tokens=count_input(context), output_tokens=_cost(items))
    return {
        "id": identity.response,
        "object": "response.compaction",
        "created_at": created_at,
        "output": [*kept, compaction],
        "usage": usage(plan, context.dialect),
    }


def in_band(context: Context, input_tokens: int) -> tuple[Item, ...]:
    """The compaction item that opens an answer once `context_management` or a trigger says so.

    What stands before it may then be left away (CMP-14), so that it holds the user's words, too.
    """
    if not is_triggered(context) and input_tokens <= _threshold(context.request.get("context_management")):
        return ()
    return (_sealed(unfold(context.items, secret(context)), context, everything=True),)


def is_triggered(context: Context) -> bool:
    """Whether the input ends in a `compaction_trigger` (CMP-15)."""
    return bool(context.items) and context.items[-1].get("type") == TRIGGER


def _threshold(management: Any) -> float:
    """The number of tokens beyond which a context is compacted."""
    entries = [entry for entry in management or () if entry.get("type") == "compaction"]
    return min((entry.get("compact_threshold") or DEFAULT_THRESHOLD for entry in entries), default=inf)


def _sealed(items: Iterable[Item], context: Context, *, everything: bool = False) -> Item:
    remembered = orjson.dumps(_remembered(items, everything=everything))
    return {"type": "compaction", "encrypted_content": seal(remembered, secret(context))}


def _kept(item: Item, new_id: str) -> Item:
    """A user message in the form of a resource."""
    content = item.get("content")
    parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
    return {
        "id": item.get("id") or new_id,
        "type": "message",
        "status": "completed",
        "content": parts,
        "role": "user",
    }


def _remembered(items: Iterable[Item], *, everything: bool = False) -> list[Item]:
    """Everybody's words, nothing but role and text; without the user's, if these are kept as they are."""
    said = (
        (item.get("role", "assistant"), text_of(item.get("content") or item.get("output"))) for item in items
    )
    return [
        {"type": "message", "role": role, "content": text}
        for role, text in said
        if text and (everything or role != "user")
    ]


def _cost(items: Iterable[Item]) -> int:
    return sum(ITEM_OVERHEAD + count(item["content"]) for item in _remembered(items)) + ITEM_OVERHEAD
