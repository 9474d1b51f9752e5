"""Conversations that show the same in another way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.response.plan import ApiError, Context, Item, Plan
from antiphon_mockserver.state.conversation import Conversation
from antiphon_mockserver.variations import variation


@variation("state.gives-items-of-conversations-ids-of-their-own", fits=("openai",))
def gives_items_of_conversations_ids_of_their_own(behaviour: Behaviour) -> Behaviour:
    """Stores the items of a response in its conversation under other ids.

    No document says that an item has the same id in its response and in the conversation.
    """

    def additions(
        request: Mapping[str, Any], items: Sequence[Item], response: Mapping[str, Any]
    ) -> Sequence[Item]:
        own = behaviour.conversations.additions(request, items, response)
        return tuple({**item, "id": f"{item['id']}c"} for item in own)

    return replace(behaviour, conversations=replace(behaviour.conversations, additions=additions))


@variation("state.begins-conversations-with-instructions", fits=("openai",))
def begins_conversations_with_instructions(behaviour: Behaviour) -> Behaviour:
    """Puts a message of its own before the first items of a conversation.

    The document says where new items go, and not what a conversation holds before.
    """

    def add(conversation: Conversation, items: Sequence[Item]) -> Conversation:
        first: Item = {
            "id": f"msg_{conversation.id[5:]}",
            "type": "message",
            "role": "developer",
            "status": "completed",
            "content": [{"type": "input_text", "text": "Be polite."}],
        }
        whole = items if conversation.items else (first, *items)
        return behaviour.conversations.add(conversation, whole)

    return replace(behaviour, conversations=replace(behaviour.conversations, add=add))


@variation("state.locks-conversations-with-a-conflict", fits=("openai",))
def locks_conversations_with_a_conflict(behaviour: Behaviour) -> Behaviour:
    """Answers 409 in words of its own while another response runs in a conversation.

    No document says how a locked conversation is reported.
    """

    def reject_locked(conversation: Conversation) -> None:
        if conversation.running is not None:
            raise ApiError("Busy; please retry.", status=409, code="conflict")

    return replace(behaviour, conversations=replace(behaviour.conversations, reject_locked=reject_locked))


@variation("state.counts-conversations-in-another-way", fits=("openai",))
def counts_conversations_in_another_way(behaviour: Behaviour) -> Behaviour:
    """Counts fewer tokens for what stands in a conversation than for the same items in a request.

    No document says that the marks around an item are the same in both.
    """

    def plan(context: Context) -> Plan:
        whole = behaviour.model.plan(context)
        tokens = whole.input_tokens
        return replace(whole, input_tokens=tokens * 3 // 4 if context.request.get("conversation") else tokens)

    return replace(behaviour, model=replace(behaviour.model, plan=plan))
