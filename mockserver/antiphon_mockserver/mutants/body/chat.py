"""Chat completions whose choices, calls or counts are wrong, or that ignore what was asked for."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

CHAT = "createChatCompletion"
Body = dict[str, Any]


@mutant("body.chats-without-a-choice", caught_by="chat.a-completion-has-choices")
def chats_without_a_choice(body: Body, call: Call) -> Body:
    """Answers a chat with no choice."""
    return {**body, "choices": []} if call.operation == CHAT else body


@mutant("body.gives-no-reason-in-a-chat", caught_by="chat.a-choice-says-why-it-ended")
def gives_no_reason_in_a_chat(body: Body, call: Call) -> Body:
    """Leaves `finish_reason` out of the choices of a chat."""
    for choice in body["choices"] if call.operation == CHAT else ():
        choice.pop("finish_reason")
    return body


@mutant("body.names-no-call-in-a-chat", caught_by="chat.calls-are-whole")
def names_no_call_in_a_chat(body: Body, call: Call) -> Body:
    """Leaves the name of the function out of the calls of a chat."""
    for choice in body["choices"] if call.operation == CHAT else ():
        for entry in choice["message"].get("tool_calls", ()):
            entry["function"].pop("name")
    return body


@mutant("body.counts-a-chat-too-low", caught_by="chat.usage-adds-up")
def counts_a_chat_too_low(body: Body, call: Call) -> Body:
    """Counts in the total of a chat only what was said."""
    if call.operation == CHAT:
        body["usage"]["total_tokens"] = body["usage"]["completion_tokens"]
    return body


@mutant("body.chats-about-a-tool", caught_by="chat.a-named-tool-is-called")
def chats_about_a_tool(body: Body, call: Call) -> Body:
    """Answers a chat that has to call a tool with a text."""
    for choice in body["choices"] if call.operation == CHAT else ():
        if choice["message"].pop("tool_calls", None):
            choice["message"]["content"] = "I would call a tool."
            choice["finish_reason"] = "stop"
    return body


@mutant("body.ignores-the-schema-of-a-chat", caught_by="chat.an-answer-keeps-to-its-schema")
def ignores_the_schema_of_a_chat(body: Body, call: Call) -> Body:
    """Answers a chat by a schema with a sentence."""
    is_structured = isinstance(call.body, dict) and call.body.get("response_format")
    for choice in body["choices"] if call.operation == CHAT and is_structured else ():
        choice["message"]["content"] = "Paris is a city."
    return body
