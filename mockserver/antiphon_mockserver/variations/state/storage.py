"""Servers that keep no responses, and say so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.response.plan import Context
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails
from antiphon_mockserver.variations import DOCUMENTS, variation
from antiphon_mockserver.variations.edits import on_final
from antiphon_mockserver.variations.state.sockets import offers_no_websocket


@variation("state.keeps-no-responses", fits=DOCUMENTS)
def keeps_no_responses(behaviour: Behaviour) -> Behaviour:
    """Rejects `store: true` and `previous_response_id`, says `store: false`, and has no WebSocket.

    What a server keeps is its own affair, as long as it tells; a client then sends the whole input.
    """

    def reject_state(details: RequestDetails) -> None:
        if details.body.get("store") is True:
            raise invalid("'store' must be false; responses are not stored.", "store")
        for name in ("previous_response_id", "background"):
            if details.body.get(name):
                raise invalid(f"'{name}' is not supported: responses are not stored.", name)

    def say_so(response: dict[str, Any], _context: Context) -> None:
        response["store"] = False

    checks = {"state": reject_state, **behaviour.requests.checks}
    storage = replace(behaviour.storage, keeps=lambda _body: False)
    requests = replace(behaviour.requests, checks=checks)
    alone: Behaviour = offers_no_websocket(replace(behaviour, storage=storage, requests=requests))
    return on_final(say_so)(alone)
