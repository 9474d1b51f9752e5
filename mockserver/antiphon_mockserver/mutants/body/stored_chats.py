"""Stored chats that are not what was stored."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

Body = dict[str, Any]


@mutant("body.retrieves-another-chat", caught_by="stored-chats.a-chat-is-retrieved-as-it-was-answered")
def retrieves_another_chat(body: Body, call: Call) -> Body:
    """Retrieves a stored chat with another text."""
    if call.operation == "getChatCompletion" and "choices" in body:
        return {**body, "choices": [{"index": 0, "message": {"role": "assistant", "content": "Moo."}}]}
    return body


@mutant("body.lists-no-stored-chat", caught_by="stored-chats.the-list-has-a-stored-chat")
def lists_no_stored_chat(body: Body, call: Call) -> Body:
    """Lists no stored chats, though they can be retrieved."""
    return {**body, "data": []} if call.operation == "listChatCompletions" else body


@mutant("body.lists-no-message-of-a-chat", caught_by="stored-chats.messages-are-those-of-the-request")
def lists_no_message_of_a_chat(body: Body, call: Call) -> Body:
    """Lists no message of a stored chat."""
    return {**body, "data": []} if call.operation == "getChatCompletionMessages" else body


@mutant("body.keeps-the-metadata-of-a-chat", caught_by="stored-chats.an-update-changes-the-metadata")
def keeps_the_metadata_of_a_chat(body: Body, call: Call) -> Body:
    """Answers an update of a stored chat with no metadata."""
    return {**body, "metadata": {}} if call.operation == "updateChatCompletion" else body


@mutant("body.does-not-report-the-deletion-of-a-chat", caught_by="stored-chats.a-deleted-chat-is-gone")
def does_not_report_the_deletion_of_a_chat(body: Body, call: Call) -> Body:
    """Answers the deletion of a stored chat as if it had not happened."""
    return {**body, "deleted": False} if call.operation == "deleteChatCompletion" else body
