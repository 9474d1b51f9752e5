"""Conversations and lists of their items that lack what the document demands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiphon_mockserver.mutants import Call, add

Json = dict[str, Any]
CREATE, DELETE = "createConversation", "deleteConversation"
LIST, READ, TAKE_OUT = "listConversationItems", "getConversationItem", "deleteConversationItem"


def _in(operation: str, change: Callable[[Json, Call], object]) -> Callable[[Json, Call], Json]:
    def mutate(body: Json, call: Call) -> Json:
        if call.operation == operation:
            change(body, call)
        return body

    return mutate


def _oldest_first(body: Json, call: Call) -> None:
    if "order" not in call.query:
        body["data"].reverse()


MUTANTS: tuple[tuple[str, str, str, str, Callable[[Json, Call], object]], ...] = (
    ("leaves_created_at_out_of_conversations", "Leaves `created_at` out of a new conversation.",
     "conversations.a-conversation-has-its-members", CREATE, lambda body, _: body.pop("created_at")),
    ("calls_a_deleted_conversation_conversation", "Answers a deletion with the object `conversation`.",
     "conversations.a-deletion-is-confirmed", DELETE, lambda body, _: body.update(object="conversation")),
    ("leaves_has_more_out_of_conversations", "Leaves `has_more` out of a list of a conversation's items.",
     "conversations.a-list-of-items-has-its-members", LIST, lambda body, _: body.pop("has_more")),
    ("lists_the_oldest_items_of_a_conversation_first", "Lists a page with the older item first.",
     "conversations.the-newest-items-are-listed-first", LIST, _oldest_first),
    ("reads_an_item_under_another_id", "Gives an item another id when it is read alone.",
     "conversations.an-item-is-read-by-its-id", READ, lambda body, _: body.update(id=body["id"] + "0")),
    ("marks_a_deleted_item", "Answers the deletion of an item with a mark, and not with the conversation.",
     "conversations.the-deletion-of-an-item-answers-the-conversation", TAKE_OUT,
     lambda body, _: body.update(object="conversation.item.deleted")),
)  # fmt: skip

for _name, _doc, _rule, _operation, _change in MUTANTS:
    add("body", _name, _doc, _rule, _in(_operation, _change))
