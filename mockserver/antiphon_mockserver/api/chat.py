"""Chat completions over a library of videos: create, retrieve and list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.api.responses import check, reject_unknown_model
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.state.record import Resource

USUAL_TEMPERATURE = 0.7
"""The temperature when a request has none."""


def create(server: ServerContext, request: Request) -> Answer:
    """Answers the last message of a chat from one collection. Rejects an unknown model with 400."""
    details = check(server, request)
    reject_unknown_model(server, details.body["model"])
    completion = server.behaviour.model.complete(details)
    body = {
        "id": request.identity.response,
        "object": "chat.completion",
        "created_at": int(server.clock.now() * 1000),
        "model": details.body["model"],
        "choices": [completion.choice],
        "payload": _payload(details.body),
        "usage": completion.usage,
    }
    server.completions.put(body["id"], Resource(request.key, body))
    server.completions.enlist(request.key, body["id"])
    return Answer(body=body)


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a stored completion. Rejects an unknown id with 404."""
    completion_id = request.parameters["completion_id"]
    completion = server.completions.get(completion_id)
    if completion is None or not server.behaviour.access.may_see(completion, request.key):
        raise ApiError(f"Chat completion with id '{completion_id[:128]}' not found.", status=404)
    return Answer(body=dict(completion.body))


def list_completions(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the completions of this key, newest first."""
    query = request.query
    completions = [dict(completion.body) for completion in server.completions.newest_first(request.key)]
    selection = server.behaviour.lists.select(completions, query)
    return Answer(body=server.behaviour.lists.cut(selection, query["offset"], query["limit"]))


def _payload(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request as the server understood it."""
    return {
        "messages": body["messages"],
        "temperature": body.get("temperature", USUAL_TEMPERATURE),
        "filter": body.get("filter") or {},
        "collections": body["collections"],
    }
