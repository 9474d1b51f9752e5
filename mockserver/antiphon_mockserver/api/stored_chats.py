"""Chats that were created with `store: true`: listed, read, described anew and deleted."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from antiphon_mockserver.api import objects
from antiphon_mockserver.response.completion import ChatView, completion
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.server.haste import announce

CHAT = "chat"
COST = 0.1
"""Microseconds that a token or an alternative of a completion takes."""
SETTINGS = (
    "temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "tools", "tool_choice",
    "response_format",
)  # fmt: skip
"""What a stored chat repeats of its request; null when the request did not say so."""
Json = dict[str, Any]


def keep(server: ServerContext, request: Request, view: ChatView) -> None:
    """Stores a completion with its messages, if its request wants that."""
    body = view.request
    if body.get("store") is not True:
        return
    alternatives = (body.get("top_logprobs") or 0) if view.has_logprobs else 0
    announce(view.usage()["completion_tokens"] * (1 + alternatives) * COST)
    settings = {name: body.get(name) for name in SETTINGS}
    chat = {**completion(view), **settings, "metadata": body.get("metadata") or {}}
    stored = {"id": chat["id"], "completion": chat, "messages": body["messages"]}
    objects.add(server, CHAT, request.key, chat["id"], stored)


def list_chats(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the stored chats, oldest first unless the query says otherwise."""
    chats = [stored["completion"] for stored in objects.every(server, CHAT, request.key)]
    model = request.query.get("model")
    wanted = _metadata(request)
    chats = [
        chat
        for chat in chats
        if model in (None, chat["model"]) and wanted.items() <= chat["metadata"].items()
    ]
    return objects.page(server, request, chats)


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a stored chat."""
    return Answer(body=_require(server, request)["completion"])


def update(server: ServerContext, request: Request) -> Answer:
    """Replaces the metadata of a stored chat. Rejects a body without `metadata` with 400."""
    stored = _require(server, request)
    if "metadata" not in request.body:
        raise invalid("Missing required parameter: 'metadata'.", "metadata", "missing_required_parameter")
    chat = {**stored["completion"], "metadata": request.body["metadata"] or {}}
    objects.add(server, CHAT, request.key, stored["id"], {**stored, "completion": chat})
    return Answer(body=chat)


def delete(server: ServerContext, request: Request) -> Answer:
    """Deletes a stored chat."""
    chat_id = _require(server, request)["id"]
    objects.delete(server, CHAT, request.key, chat_id)
    return Answer(body={"object": "chat.completion.deleted", "id": chat_id, "deleted": True})


def list_messages(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the messages that a stored chat began with."""
    stored = _require(server, request)
    messages = [
        {"id": f"{stored['id']}-{number}", "name": None, **_message(message)}
        for number, message in enumerate(stored["messages"])
    ]
    return objects.page(server, request, messages)


def _message(message: Json) -> Json:
    """A message as the list shows it: the text apart from the parts."""
    content = message.get("content")
    if not isinstance(content, list):
        return {**message, "content_parts": None}
    texts = [part["text"] for part in content if part.get("type") == "text"]
    return {**message, "content": "\n".join(texts) or None, "content_parts": content}


def _metadata(request: Request) -> dict[str, str]:
    """The entries of `metadata[name]=value` in the query."""
    pairs = parse_qsl(request.query_string)
    return {name[9:-1]: value for name, value in pairs if name.startswith("metadata[") and name[-1] == "]"}


def _require(server: ServerContext, request: Request) -> Json:
    return objects.require(server, CHAT, request.key, request.parameters["completion_id"], "chat completion")
