"""What a conversation holds, what its responses see of it, and what they add to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.response.plan import ApiError, Item
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.conversation import Conversation


def not_found(conversation_id: str) -> ApiError:
    """Returns a 404: the same for an unknown id and one that is deleted or of another key (CNV-07)."""
    return ApiError(f"Conversation with id '{conversation_id[:128]}' not found.", status=404)


def reject_locked(conversation: Conversation) -> None:
    """Rejects a second response while another one runs in the conversation, with 400 (CNV-10)."""
    if conversation.running is not None:
        message = "Another response is running in this conversation; try again when it has ended."
        raise invalid(message, "conversation", "conversation_locked")


def recall(conversation: Conversation, items: Sequence[Item]) -> tuple[Item, ...]:
    """Returns what the model sees: the items of the conversation, then the new ones (CNV-08)."""
    return (*conversation.items, *items)


def additions(
    request: Mapping[str, Any], items: Sequence[Item], response: Mapping[str, Any]
) -> tuple[Item, ...]:
    """Returns what a response adds at its end: its input, then its output (CNV-08).

    One that fails or is not stored adds nothing.
    """
    if request.get("store") is False or response["status"] == "failed":
        return ()
    return (*items, *response["output"])


def add(conversation: Conversation, items: Sequence[Item]) -> Conversation:
    """Returns the conversation with further items at its end; one that it has already stays in its place."""
    known = {item["id"] for item in conversation.items}
    return replace(
        conversation, items=(*conversation.items, *(item for item in items if item["id"] not in known))
    )


def take_out(conversation: Conversation, item_id: str) -> Conversation:
    """Returns the conversation without one of its items."""
    return replace(conversation, items=tuple(item for item in conversation.items if item["id"] != item_id))


def describe(conversation: Conversation, metadata: Mapping[str, Any] | None) -> Conversation:
    """Returns the conversation with other metadata, which replace the earlier ones whole (CNV-02)."""
    return replace(conversation, metadata=metadata or {})


def delete(conversation: Conversation) -> Conversation:
    """Marks a conversation as deleted."""
    return replace(conversation, deleted=True)


def deletion_body(conversation_id: str) -> dict[str, Any]:
    """Returns the body of the answer to a delete (CNV-03)."""
    return {"id": conversation_id, "object": "conversation.deleted", "deleted": True}
