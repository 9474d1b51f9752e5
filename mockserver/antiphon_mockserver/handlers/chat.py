"""Chat completions over a library of videos: made in one piece, kept, listed and read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.answer import Answer, Incoming
from antiphon_mockserver.handlers.turns import check, refuse_unknown_model
from antiphon_mockserver.house import House
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.record import Record

PREFIX = "completion:"
"""In the store the ids of completions begin with this: they are no responses."""
USUAL_TEMPERATURE = 0.7
"""The temperature when a request says nothing."""


def create(house: House, incoming: Incoming) -> Answer:
    """Answers the last message of a chat from one collection."""
    asked = check(house, incoming)
    refuse_unknown_model(house, asked.body["model"])
    made = house.conduct.complete(asked)
    told = {
        "id": incoming.identity.response,
        "object": "chat.completion",
        "created_at": int(house.clock.now() * 1000),
        "model": asked.body["model"],
        "choices": [made.choice],
        "payload": _payload(asked.body),
        "usage": made.usage,
    }
    _keep(house, incoming, asked.body, told)
    return Answer(body=told)


def retrieve(house: House, incoming: Incoming) -> Answer:
    """A completion that was made before."""
    id = incoming.parameters["completion_id"]
    found = house.record(PREFIX + id, incoming.key)
    if found is None:
        raise Denied(f"Chat completion with id '{id[:128]}' not found.", status=404)
    return Answer(body=dict(found.response))


def list_completions(house: House, incoming: Incoming) -> Answer:
    """A page of the completions that this key has made, the newest first."""
    query = incoming.query
    kept = [dict(record.response) for record in house.store.shelf(_shelf(incoming.key))]
    found = house.conduct.select(kept, query)
    return Answer(body=house.conduct.cut_out(found, query["offset"], query["limit"]))


def _keep(house: House, incoming: Incoming, body: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    id = f"{PREFIX}{told['id']}"
    house.store.put(Record(id, incoming.key, body, (), told, made_at=house.clock.now()))
    house.store.shelve(_shelf(incoming.key), id)


def _shelf(key: str) -> str:
    return f"completions:{key}"


def _payload(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request as it was understood."""
    return {
        "messages": body["messages"],
        "temperature": body.get("temperature", USUAL_TEMPERATURE),
        "filter": body.get("filter") or {},
        "collections": body["collections"],
    }
