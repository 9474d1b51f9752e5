"""Chat completions over a library of videos: create, retrieve and list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.api.turns import check, reject_unknown_model
from antiphon_mockserver.response.plan import Denied
from antiphon_mockserver.server.context import House
from antiphon_mockserver.server.exchange import Answer, Incoming
from antiphon_mockserver.state.record import Record

PREFIX = "completion:"
"""The prefix of completion ids in the store, so that no request finds one as a response."""
USUAL_TEMPERATURE = 0.7
"""The temperature when a request has none."""


def create(house: House, incoming: Incoming) -> Answer:
    """Answers the last message of a chat from one collection. Rejects an unknown model with 400."""
    asked = check(house, incoming)
    reject_unknown_model(house, asked.body["model"])
    completion = house.conduct.complete(asked)
    body = {
        "id": incoming.identity.response,
        "object": "chat.completion",
        "created_at": int(house.clock.now() * 1000),
        "model": asked.body["model"],
        "choices": [completion.choice],
        "payload": _payload(asked.body),
        "usage": completion.usage,
    }
    _store(house, incoming, asked.body, body)
    return Answer(body=body)


def retrieve(house: House, incoming: Incoming) -> Answer:
    """Returns a stored completion. Rejects an unknown id with 404."""
    completion_id = incoming.parameters["completion_id"]
    record = house.record(PREFIX + completion_id, incoming.key)
    if record is None:
        raise Denied(f"Chat completion with id '{completion_id[:128]}' not found.", status=404)
    return Answer(body=dict(record.response))


def list_completions(house: House, incoming: Incoming) -> Answer:
    """Returns a page of the completions of this key, newest first."""
    query = incoming.query
    completions = [dict(record.response) for record in house.store.shelf(_shelf(incoming.key))]
    selection = house.conduct.select(completions, query)
    return Answer(body=house.conduct.cut_out(selection, query["offset"], query["limit"]))


def _store(
    house: House, incoming: Incoming, request: Mapping[str, Any], completion: Mapping[str, Any]
) -> None:
    record_id = f"{PREFIX}{completion['id']}"
    house.store.put(Record(record_id, incoming.key, request, (), completion, made_at=house.clock.now()))
    house.store.shelve(_shelf(incoming.key), record_id)


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
