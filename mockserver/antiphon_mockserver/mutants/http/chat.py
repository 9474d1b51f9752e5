"""Servers that answer chats in another way than asked, reject right ones, or accept wrong ones."""

from __future__ import annotations

from typing import Any

import orjson

from antiphon_mockserver.mutants import Call, mutant
from antiphon_mockserver.server.context import Answer

CHAT = "createChatCompletion"


def _messages(call: Call) -> list[Any]:
    messages = call.body.get("messages") if isinstance(call.body, dict) else None
    return messages if isinstance(messages, list) else []


@mutant("http.streams-no-chat", caught_by="chat.a-stream-is-streamed")
def streams_no_chat(answer: Answer, call: Call) -> Answer:
    """Answers a chat with `stream: true` with one document."""
    if call.operation == CHAT and isinstance(call.body, dict) and call.body.get("stream") is True:
        answer.headers["content-type"] = "application/json"
        message = {"role": "assistant", "content": "Hello!"}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        answer.body = orjson.dumps({"id": "chatcmpl-1", "object": "chat.completion", "choices": choices})
    return answer


@mutant("http.rejects-the-answer-of-a-tool-in-a-chat", caught_by="chat.the-answer-to-a-call-is-accepted")
def rejects_the_answer_of_a_tool_in_a_chat(answer: Answer, call: Call) -> Answer:
    """Rejects a chat with the answer of a tool."""
    if call.operation == CHAT and any(message.get("role") == "tool" for message in _messages(call)):
        answer.status, answer.body = 400, b'{"error": {"message": "Invalid role.", "code": null}}'
    return answer


@mutant("http.chats-about-nothing", caught_by="chat.messages-are-required")
def chats_about_nothing(answer: Answer, call: Call) -> Answer:
    """Answers a chat without messages."""
    if call.operation == CHAT and not _messages(call):
        answer.status, answer.body = 200, b'{"object": "chat.completion", "choices": []}'
    return answer


@mutant(
    "http.retrieves-chats-that-are-not-there",
    caught_by=("stored-chats.a-deleted-chat-is-gone", "stored-chats.an-unknown-chat-is-not-found"),
)
def retrieves_chats_that_are_not_there(answer: Answer, call: Call) -> Answer:
    """Retrieves a chat that was deleted or never stored."""
    if call.operation == "getChatCompletion" and answer.status == 404:
        answer.status, answer.body = 200, b'{"object": "chat.completion", "choices": []}'
    return answer


@mutant("http.rejects-a-chat-without-an-error", caught_by="chat.an-error-says-why")
def rejects_a_chat_without_an_error(answer: Answer, call: Call) -> Answer:
    """Rejects a chat with a message that is in no `error`."""
    if call.operation == CHAT and answer.status >= 400:
        answer.body = b'{"object": "error", "message": "Missing messages.", "code": 400}'
    return answer


@mutant("http.rejects-a-chat-with-200", caught_by="chat.an-error-has-its-status")
def rejects_a_chat_with_200(answer: Answer, call: Call) -> Answer:
    """Answers a wrong chat with an error and the status 200."""
    if call.operation == CHAT and answer.status >= 400:
        answer.status = 200
    return answer
