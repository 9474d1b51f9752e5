"""Chat completions over a library of videos: create, retrieve and list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.api.turns import check, reject_unknown_model
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import ServerContext
from antiphon_mockserver.server.exchange import Answer, Request
from antiphon_mockserver.state.record import Record

PREFIX = "completion:"
"""The prefix of completion ids in the store, so that no request finds one as a response."""
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
    _store(server, request, details.body, body)
    return Answer(body=body)


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a stored completion. Rejects an unknown id with 404."""
    completion_id = request.parameters["completion_id"]
    record = server.record(PREFIX + completion_id, request.key)
    if record is None:
        raise ApiError(f"Chat completion with id '{completion_id[:128]}' not found.", status=404)
    return Answer(body=dict(record.response))


def list_completions(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the completions of this key, newest first."""
    query = request.query
    completions = [dict(record.response) for record in server.store.shelf(_shelf(request.key))]
    selection = server.behaviour.lists.select(completions, query)
    return Answer(body=server.behaviour.lists.cut(selection, query["offset"], query["limit"]))


def _store(
    server: ServerContext, request: Request, body: Mapping[str, Any], completion: Mapping[str, Any]
) -> None:
    record_id = f"{PREFIX}{completion['id']}"
    server.store.put(Record(record_id, request.key, body, (), completion, made_at=server.clock.now()))
    server.store.shelve(_shelf(request.key), record_id)


def _shelf(key: str) -> str:
    return f"completions:{key}"


def _payload(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request as the server understood it."""
    return {
        "messages": body["messages"],
        "temperature": body.get("temperature", USUAL_TEMPERATURE),
        "filter": body.get("filter") or {},
        "collections": body["collections"],
    }
