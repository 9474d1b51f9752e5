"""The operations of conversations and of their items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon_mockserver.api.turns import check, read_items
from antiphon_mockserver.response.plan import ApiError, Item
from antiphon_mockserver.server import conversations
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.state.conversation import Conversation


def create(server: ServerContext, request: Request) -> Answer:
    """Creates a conversation, which may have items from the beginning (CNV-01)."""
    body = check(server, request).body
    items = read_items(server, request, body.get("items"))
    conversation_id = request.identity.item(server.dialect.traits.id_prefixes["conversation"], 0)
    decisions = server.behaviour.conversations
    empty = Conversation(conversation_id, request.key, int(server.clock.now()), {}, ())
    conversation = decisions.describe(decisions.add(empty, items), body.get("metadata"))
    server.conversations.put(conversation_id, conversation)
    return Answer(body=conversation.body)


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a conversation."""
    return Answer(body=_find(server, request).body)


def update(server: ServerContext, request: Request) -> Answer:
    """Replaces the metadata of a conversation."""
    conversation = _find(server, request)
    metadata = check(server, request).body["metadata"]
    describe = server.behaviour.conversations.describe
    after = server.conversations.change(conversation.id, lambda now: describe(now, metadata))
    return Answer(body=(after or conversation).body)


def delete(server: ServerContext, request: Request) -> Answer:
    """Deletes a conversation."""
    conversation = _find(server, request)
    decisions = server.behaviour.conversations
    server.conversations.change(conversation.id, decisions.delete)
    return Answer(body=decisions.deletion_body(conversation.id))


def create_items(server: ServerContext, request: Request) -> Answer:
    """Adds items to the end of a conversation, and returns them (CNV-04)."""
    conversation = _find(server, request)
    items = read_items(server, request, check(server, request).body["items"])
    add = server.behaviour.conversations.add
    server.conversations.change(conversation.id, lambda now: add(now, items))
    return Answer(body=_page(server, items, len(items)))


def list_items(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the items of a conversation (CNV-05)."""
    lists, query = server.behaviour.lists, request.query
    items = lists.arrange(_find(server, request).items, query["order"])
    return Answer(body=_page(server, lists.follow(items, query.get("after")), query["limit"]))


def retrieve_item(server: ServerContext, request: Request) -> Answer:
    """Returns one item of a conversation. Rejects an unknown one with 404."""
    return Answer(body=dict(_item(_find(server, request), request.parameters["item_id"])))


def delete_item(server: ServerContext, request: Request) -> Answer:
    """Takes one item out of a conversation, and returns the conversation (CNV-06)."""
    conversation = _find(server, request)
    item_id = _item(conversation, request.parameters["item_id"])["id"]
    take_out = server.behaviour.conversations.take_out
    after = server.conversations.change(conversation.id, lambda now: take_out(now, item_id))
    return Answer(body=(after or conversation).body)


def _find(server: ServerContext, request: Request) -> Conversation:
    return conversations.find(server, request.parameters["conversation_id"], request.key)


def _item(conversation: Conversation, item_id: str) -> Item:
    item = next((item for item in conversation.items if item["id"] == item_id), None)
    if item is None:
        message = f"Item with id '{item_id[:128]}' not found in conversation '{conversation.id}'."
        raise ApiError(message, status=404)
    return item


def _page(server: ServerContext, items: Sequence[Item], limit: int) -> dict[str, Any]:
    return server.behaviour.lists.page(items, limit)
