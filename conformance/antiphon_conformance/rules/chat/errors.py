"""Chats that fail: what the answer says, and its status."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.requests.constants import CHAT
from antiphon_conformance.rules.http.errors import describe_body, is_of_the_api
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ChatErrorReply, DocumentReply


@rule(
    "chat.an-error-says-why",
    ChatErrorReply,
    cites="CHT-21",
    when=is_of_the_api,
    needs="a chat that is rejected",
    reads={Part.TEXTS},
)
def an_error_says_why(error_reply: ChatErrorReply) -> Iterator[Finding]:
    """A rejected chat is answered with an `error` that has a `message`, or is a text.

    The vendor's client for JavaScript says "(no body)" where there is no `error`.
    """
    if not isinstance(error_reply.reply.body, dict):
        yield Finding("reply.body", "a JSON object", describe_body(error_reply.reply))
        return
    error = error_reply.reply.fields.get("error", ABSENT)
    if isinstance(error, dict):
        message = error.get("message", ABSENT)
        if not isinstance(message, str) or not message.strip():
            yield Finding("reply.body/error/message", "a sentence", show(message))
    elif not isinstance(error, str) or not error.strip():
        yield Finding("reply.body/error", "an object with a message", show(error))


@rule(
    "chat.an-error-has-its-status",
    DocumentReply,
    cites="CHT-22",
    when=lambda reply: reply.operation == CHAT,
    needs="a chat",
    reads={Part.STATUS},
)
def an_error_has_its_status(reply: DocumentReply) -> Iterator[Finding]:
    """A chat that failed is answered with a 4xx or 5xx, and not with a success.

    A client reads it as a completion without choices.
    """
    if reply.object.get("error") and not reply.object.get("choices"):
        yield Finding("reply.status", "a 4xx or 5xx, since the body is an error", str(reply.reply.status))
