"""Conversations in the store: found by id, locked while a response runs, and completed when it has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.response.plan import ApiError, Item
from antiphon_mockserver.server.context import ServerContext
from antiphon_mockserver.state.conversation import Conversation, Running
from antiphon_mockserver.state.record import Record


def find(server: ServerContext, conversation_id: str, key: str) -> Conversation:
    """Returns a conversation of this key, with what its ended response added.

    Rejects a malformed id with 400 and an unknown one with 404.
    """
    if not server.behaviour.storage.is_valid_id(conversation_id):
        message = "Invalid 'conversation': expected an id of letters, digits, underscores and dashes."
        raise ApiError(message, param="conversation", code="invalid_value")
    conversation = server.conversations.get(conversation_id)
    if conversation is None or conversation.deleted or not server.behaviour.access.may_see(conversation, key):
        raise server.behaviour.conversations.not_found(conversation_id)
    running = conversation.running
    if running is None or not _has_ended(server, running):
        return conversation
    items = () if _was_cancelled(server, running) else running.items
    after = server.conversations.change(
        conversation_id, lambda now: _finish(server, now, running.response, items)
    )
    return after or conversation


def begin(server: ServerContext, conversation: Conversation, record: Record, end: float) -> None:
    """Lets a response run in its conversation until `end`, in Unix seconds; one that has ended is added.

    Rejects it with 400 when another one runs.
    """
    decisions = server.behaviour.conversations
    items = decisions.additions(record.request, record.input, record.response)
    running = Running(record.id, tuple(items), end, record.background)
    ended = _has_ended(server, running, record)

    def start(now: Conversation) -> Conversation:
        decisions.reject_locked(now)
        return decisions.add(now, items) if ended else replace(now, running=running)

    server.conversations.change(conversation.id, start)


def id_of(param: str | Mapping[str, Any]) -> str:
    """The id in the `conversation` of a request: a text, or an object with an id."""
    return param if isinstance(param, str) else str(param["id"])


def _has_ended(server: ServerContext, running: Running, record: Record | None = None) -> bool:
    """Whether a response has ended: by the clock or, when it runs in the background, by its progress."""
    if not running.background:
        return server.clock.virtual or server.clock.now() >= running.until
    record = record or server.responses.get(running.response)
    if record is None or record.cut is not None:
        return True
    if not server.clock.virtual:
        return server.clock.now() >= running.until
    return record.step >= server.timeline(record).steps


def _was_cancelled(server: ServerContext, running: Running) -> bool:
    record = server.responses.get(running.response) if running.background else None
    return record is not None and record.cut is not None


def _finish(
    server: ServerContext, conversation: Conversation, response_id: str, items: Sequence[Item]
) -> Conversation:
    """The conversation after its response has ended; another request may have seen that before."""
    if conversation.running is None or conversation.running.response != response_id:
        return conversation
    return server.behaviour.conversations.add(replace(conversation, running=None), items)
