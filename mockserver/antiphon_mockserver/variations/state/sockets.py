"""Servers whose WebSocket connections differ where no document says how they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.behaviour.sockets import Admit
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.variations import DOCUMENTS, variation


def _errs(behaviour: Behaviour, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Behaviour:
    def error(status: int, inner: Mapping[str, Any]) -> dict[str, Any]:
        return change(behaviour.sockets.error(status, inner))

    return replace(behaviour, sockets=replace(behaviour.sockets, error=error))


@variation("state.says-more-in-socket-errors", fits=DOCUMENTS)
def says_more_in_socket_errors(behaviour: Behaviour) -> Behaviour:
    """Sends errors over WebSocket with a number, with headers, and with their members beside the type, too.

    OpenAI's document has the members beside the type and its servers send headers; Open Responses asks for
    no number, and forbids none.
    """

    def change(event: dict[str, Any]) -> dict[str, Any]:
        error = {name: event["error"][name] for name in ("code", "message", "param")}
        return {**event, **error, "sequence_number": 0, "headers": {"retry-after": "1"}}

    return _errs(behaviour, change)


@variation("state.sends-flat-socket-errors", fits=("openai",))
def sends_flat_socket_errors(behaviour: Behaviour) -> Behaviour:
    """Sends errors over WebSocket with their members beside the type, and without a status.

    OpenAI's document has them so; its servers nest them.
    """

    def change(event: dict[str, Any]) -> dict[str, Any]:
        return {**event["error"], "type": "error", "sequence_number": 0}

    return _errs(behaviour, change)


@variation("state.closes-after-a-socket-error", fits=("openai",))
def closes_after_a_socket_error(behaviour: Behaviour) -> Behaviour:
    """Closes a WebSocket connection after an error.

    The guide does not say that it lasts, and servers of the vendor close it.
    """
    return replace(behaviour, sockets=replace(behaviour.sockets, lasts=lambda _errors: False))


@variation("state.offers-no-websocket", fits=DOCUMENTS)
def offers_no_websocket(behaviour: Behaviour) -> Behaviour:
    """Answers a wish for WebSocket with 404.

    Both documents leave it to the server whether it offers the transport.
    """

    def admit(_check: Admit, _headers: Mapping[str, str]) -> str:
        raise ApiError("Not found.", status=404)

    return replace(behaviour, sockets=replace(behaviour.sockets, admit=admit))


@variation("state.continues-what-has-no-call", fits=DOCUMENTS)
def continues_what_has_no_call(behaviour: Behaviour) -> Behaviour:
    """Answers a tool output without its call.

    No document says that it is rejected over WebSocket; the norm's own test takes that for granted.
    """
    checks = {name: check for name, check in behaviour.requests.context_checks.items() if name != CALLS}
    return replace(behaviour, requests=replace(behaviour.requests, context_checks=checks))


CALLS = "outputs_have_calls"
