"""Servers whose WebSocket connections differ where no document says how they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.behaviour.sockets import Admit
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.variations import DOCUMENTS, variation

LATER_MEMBERS = ("generate", "stream_id", "stream")
"""What OpenAI's guide added to a create over WebSocket, and what Codex sends with it."""


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
    return replace(behaviour, sockets=replace(behaviour.sockets, lasts=lambda errors, _turns: not errors))


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


@variation("state.knows-no-lanes", fits=("openai",))
def knows_no_lanes(behaviour: Behaviour) -> Behaviour:
    """Ignores `generate: false` and `stream_id` over WebSocket, and knows no `response.steer`.

    Servers are older than the guide that has them. The vendor's own document of August 2026 does not name
    warm-ups and steering, and a client that leaves them out gets all answers.
    """

    def read(event: dict[str, Any]) -> dict[str, Any]:
        return {name: event[name] for name in event if name not in LATER_MEMBERS}

    sockets = replace(behaviour.sockets, has_lanes=lambda _kind: False, read=read)
    return replace(behaviour, sockets=sockets)


@variation("state.rejects-a-second-create", fits=DOCUMENTS)
def rejects_a_second_create(behaviour: Behaviour) -> Behaviour:
    """Rejects a create over WebSocket while another one runs.

    Open Responses leaves open whether it waits; OpenAI lets it wait, and no client relies on that.
    """
    return replace(behaviour, sockets=replace(behaviour.sockets, admits_turn=lambda turns: not turns))


@variation("state.closes-after-a-turn", fits=DOCUMENTS)
def closes_after_a_turn(behaviour: Behaviour) -> Behaviour:
    """Closes a WebSocket connection after each turn, and after an error.

    A server may accept several creates on a connection (Open Responses), and need not.
    """
    return replace(behaviour, sockets=replace(behaviour.sockets, lasts=lambda _errors, _turns: False))


@variation("state.sends-messages-of-the-connection", fits=DOCUMENTS)
def sends_messages_of_the_connection(behaviour: Behaviour) -> Behaviour:
    """Sends messages over WebSocket before and after each turn that belong to no response.

    Servers tell limits and show that they are alive so; clients skip types that they do not know.
    """

    def messages(event: Mapping[str, Any], sent: int) -> Sequence[str | bytes]:
        texts = behaviour.sockets.messages(event, sent)
        if event["type"] == "response.created":
            return (LIMITS, *texts)
        return (*texts, PING) if event["type"] in ENDS else texts

    return replace(behaviour, sockets=replace(behaviour.sockets, messages=messages))


@variation("state.names-the-connection-in-responses", fits=DOCUMENTS)
def names_the_connection_in_responses(behaviour: Behaviour) -> Behaviour:
    """Sends responses over WebSocket with a member more than over HTTP, and errors without their parameter.

    Both documents allow further members, and Open Responses leaves `param` to the server.
    """

    def messages(event: Mapping[str, Any], sent: int) -> Sequence[str | bytes]:
        response = event.get("response")
        if response is not None:
            event = {**event, "response": {**response, "connection": "conn_1"}}
        return behaviour.sockets.messages(event, sent)

    def change(event: dict[str, Any]) -> dict[str, Any]:
        inner = {name: value for name, value in event["error"].items() if name != "param"}
        return {**event, "error": inner}

    named = replace(behaviour, sockets=replace(behaviour.sockets, messages=messages))
    return _errs(named, change)


PING = '{"type": "ping"}'
LIMITS = '{"type": "codex.rate_limits", "rate_limits": {"allowed": true, "limit_reached": false}}'
ENDS = ("response.completed", "response.incomplete", "response.failed")
