"""Stored chats and errors of chats as other servers show them."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call
from antiphon_mockserver.server.context import Answer
from antiphon_mockserver.variations import variation
from antiphon_mockserver.variations.edits import json_of

CHAT = "createChatCompletion"
SHOWN = ("getChatCompletion", "updateChatCompletion")


@variation("http.stores-chats-as-others-do", fits=("openai",))
def stores_chats_as_others_do(answer: Answer, call: Call) -> Answer:
    """Shows less of stored chats, with metadata of its own, and says why a chat is rejected in a text.

    The document says what is stored, and not which settings of the request are shown; clients read an error
    that is a text, too.
    """
    document = json_of(answer)
    if not isinstance(document, dict):
        return answer
    if call.operation == CHAT and answer.status >= 400:
        answer.body = {"error": document["error"]["message"]}
    elif call.operation in SHOWN and answer.status == 200:
        answer.body = _show(document)
    elif call.operation == "listChatCompletions":
        answer.body = {"object": "list", "data": [_show(chat) for chat in document["data"]]}
    elif call.operation == "getChatCompletionMessages":
        said = [{"type": "text", "text": message["content"]} for message in document["data"]]
        answer.body = {"data": [{"role": "user", "content": [part]} for part in said], "has_more": False}
    elif call.operation == "deleteChatCompletion":
        answer.body = {"id": document.get("id"), "deleted": True}
    return answer


def _show(chat: dict[str, Any]) -> dict[str, Any]:
    """A stored chat without the settings of its request."""
    members = {name: chat[name] for name in ("id", "choices", "created", "model")}
    return {**members, "metadata": {**chat["metadata"], "kept_by": "us"}}
