"""Servers on which one account sees what another stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.state.sockets import change_sockets


@mutant(
    "state.shows-responses-to-any-key",
    caught_by=(
        "accounts.another-account-cannot-continue-a-response",
        "accounts.another-account-cannot-read-a-response",
        "accounts.another-account-cannot-delete-a-response",
    ),
)
def shows_responses_to_any_key(behaviour: Behaviour) -> Behaviour:
    """Finds a stored response whoever asks."""
    return replace(behaviour, access=replace(behaviour.access, may_see=lambda _record, _key: True))


@mutant(
    "state.continues-any-response-over-websocket",
    caught_by="accounts.another-account-cannot-continue-a-response",
)
def continues_any_response_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Continues the response of another key over WebSocket, and rejects that over HTTP."""
    named: set[Any] = set()

    def read(event: dict[str, Any]) -> dict[str, Any]:
        named.add(event.get("previous_response_id"))
        return behaviour.sockets.read(event)

    def may_see(record: Any, key: str) -> bool:
        return behaviour.access.may_see(record, key) or getattr(record, "id", None) in named

    changed = change_sockets(behaviour, read=read)
    return replace(changed, access=replace(behaviour.access, may_see=may_see))
