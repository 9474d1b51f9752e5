"""Servers that lack a part of the operations of conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.mutants import Call, mutant
from antiphon_mockserver.server.context import Answer

NO_PATH: Mapping[str, Any] = {
    "message": "Unknown path.",
    "type": "invalid_request_error",
    "param": None,
    "code": "unknown_url",
}


@mutant("http.lists-no-items-of-conversations", caught_by="conversations.each-operation-is-answered")
def lists_no_items_of_conversations(answer: Answer, call: Call) -> Answer:
    """Has no list of the items of a conversation."""
    return (
        Answer(404, answer.headers, {"error": NO_PATH})
        if call.operation == "listConversationItems"
        else answer
    )
