"""Finds out where a request went whose address the recorder hid: its answer says what it is.

Some recorders replace the whole URL by a placeholder. An answer that names its kind (`"object": "response"`,
an event `response.created`) can come from one operation only, together with the method and the body of the
request. What stays open is set aside as a request to no operation.
"""

from __future__ import annotations

from dataclasses import replace

from antiphon_conformance.http.exchange import Exchange, Part, Reply
from antiphon_conformance.http.placeholder import is_placeholder

CHAT_CHUNK = "chat.completion.chunk"
PATHS = {
    "response": "/responses",
    "response.compaction": "/responses/compact",
    "response.input_tokens": "/responses/input_tokens",
    "chat.completion": "/chat/completions",
    CHAT_CHUNK: "/chat/completions",
}
"""The path of a POST with a body, by the kind of its answer."""


def with_address(exchange: Exchange) -> Exchange:
    """The exchange with the path that its answer shows; unchanged where the path was recorded."""
    request, reply = exchange.request, exchange.reply
    if reply is None or not is_placeholder(request.path):
        return exchange
    kind = _kind(reply)
    # A cancel answers a response, too, and its request has no body.
    if request.method == "POST" and request.body and kind in PATHS:
        return replace(exchange, request=replace(request, path=PATHS[kind]))
    identity = reply.fields.get("id")
    if request.method == "GET" and kind == "response" and isinstance(identity, str):
        found = replace(request, path=f"/responses/{identity}")
        return replace(exchange, request=found, not_recorded=exchange.not_recorded | {Part.REQUEST})
    return exchange


def _kind(reply: Reply) -> str:
    """What the answer says that it is; empty when it does not."""
    if reply.stream is None:
        return str(reply.fields.get("object") or "")
    if any(event.type.startswith("response.") for event in reply.stream.events):
        return "response"
    return CHAT_CHUNK if any(CHAT_CHUNK in frame.data for frame in reply.stream.frames) else ""
