"""Servers whose WebSocket connections behave in another way than HTTP, or forget and fall silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.behaviour.sockets import Admit
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.connection import ConnectionStore
from antiphon_mockserver.state.store import Store

Messages = Sequence[str | bytes]
Event = Mapping[str, Any]
TRACEBACK = (
    'Traceback (most recent call last): File "/srv/app/serving.py", line 212, in run: '
    "<Engine object at 0x7f3a5c1d2e80> is busy"
)
ENDS = ("response.completed", "response.incomplete", "response.failed")


def change_sockets(behaviour: Behaviour, **decisions: Any) -> Behaviour:
    """A server with other decisions about its connections."""
    return replace(behaviour, sockets=replace(behaviour.sockets, **decisions))


def change_messages(behaviour: Behaviour, change: Callable[[Event, int], Event | None]) -> Behaviour:
    """Changes events before they are sent; None is not sent."""

    def messages(event: Event, sent: int) -> Messages:
        changed = change(event, sent)
        return () if changed is None else behaviour.sockets.messages(changed, sent)

    return change_sockets(behaviour, messages=messages)


def change_creates(behaviour: Behaviour, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Behaviour:
    """A server that reads the members of a create in another way."""
    return change_sockets(behaviour, read=lambda event: change(behaviour.sockets.read(event)))


def _errs(behaviour: Behaviour, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Behaviour:
    def error(status: int, inner: Mapping[str, Any]) -> dict[str, Any]:
        return change(behaviour.sockets.error(status, inner))

    return change_sockets(behaviour, error=error)


@mutant("state.sends-binary-messages", caught_by="websocket.messages-are-text")
def sends_binary_messages(behaviour: Behaviour) -> Behaviour:
    """Sends events over WebSocket as binary messages."""

    def messages(event: Event, sent: int) -> Messages:
        texts = behaviour.sockets.messages(event, sent)
        return [text.encode() if isinstance(text, str) else text for text in texts]

    return change_sockets(behaviour, messages=messages)


@mutant("state.sends-done-over-websocket", caught_by="websocket.no-sentinel-is-sent")
def sends_done_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Sends `[DONE]` after each turn over WebSocket, as over HTTP."""

    def messages(event: Event, sent: int) -> Messages:
        texts = behaviour.sockets.messages(event, sent)
        return [*texts, "[DONE]"] if event["type"] in ENDS else texts

    return change_sockets(behaviour, messages=messages)


@mutant("state.sends-socket-errors-without-a-type", caught_by="websocket.an-error-is-an-envelope")
def sends_socket_errors_without_a_type(behaviour: Behaviour) -> Behaviour:
    """Sends errors over WebSocket without a type."""
    return _errs(behaviour, lambda event: {name: event[name] for name in event if name != "type"})


@mutant("state.sends-socket-errors-without-a-status", caught_by="websocket.an-error-is-an-envelope")
def sends_socket_errors_without_a_status(behaviour: Behaviour) -> Behaviour:
    """Sends errors over WebSocket without a status."""
    return _errs(behaviour, lambda event: {name: event[name] for name in event if name != "status"})


@mutant("state.shows-a-traceback-over-websocket", caught_by="websocket.the-message-of-an-error-is-for-people")
def shows_a_traceback_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Shows source files and addresses in the errors of a WebSocket connection."""
    return _errs(behaviour, lambda event: {**event, "error": {**event["error"], "message": TRACEBACK}})


@mutant("state.falls-silent-after-an-error", caught_by="websocket.the-connection-lives-on-after-an-error")
def falls_silent_after_an_error(behaviour: Behaviour) -> Behaviour:
    """Answers nothing more on a connection after an error."""
    return change_sockets(behaviour, answers=lambda errors: not errors)


@mutant("state.wants-the-create-in-a-member", caught_by="websocket.a-create-is-a-turn")
def wants_the_create_in_a_member(behaviour: Behaviour) -> Behaviour:
    """Reads the members of a create from `response`, as another API of the vendor has them."""

    def change(event: dict[str, Any]) -> dict[str, Any]:
        if "response" not in event:
            raise invalid("Missing required parameter: 'response'.", "response", "missing_required_parameter")
        return dict(event["response"])

    return change_creates(behaviour, change)


@mutant("state.sends-no-deltas-over-websocket", caught_by="websocket.events-are-those-of-http")
def sends_no_deltas_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Sends texts over WebSocket as a whole, and in pieces over HTTP."""

    def change(event: Event, _sent: int) -> Event | None:
        return None if event["type"] == "response.output_text.delta" else event

    return change_messages(behaviour, change)


@mutant("state.leaves-usage-out-over-websocket", caught_by="websocket.a-turn-ends-with-the-response-of-http")
def leaves_usage_out_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Ends a turn over WebSocket with a response without `usage`."""

    def change(event: Event, _sent: int) -> Event:
        response = event.get("response")
        if event["type"] not in ENDS or response is None:
            return event
        return {**event, "response": {name: response[name] for name in response if name != "usage"}}

    return change_messages(behaviour, change)


@mutant("state.rejects-in-other-words-over-websocket", caught_by="websocket.errors-are-those-of-http")
def rejects_in_other_words_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Rejects every wrong create over WebSocket with status 422 and one code."""

    def change(event: dict[str, Any]) -> dict[str, Any]:
        if event.get("status") != 400:
            return event
        return {**event, "status": 422, "error": {**event["error"], "code": "validation_error"}}

    return _errs(behaviour, change)


@mutant("state.counts-on-over-websocket", caught_by="websocket.numbers-begin-anew")
def counts_on_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Numbers the events of a connection from its first turn to its last."""

    def change(event: Event, sent: int) -> Event:
        return {**event, "sequence_number": sent} if "sequence_number" in event else event

    return change_messages(behaviour, change)


@mutant("state.sends-an-event-late", caught_by="stream-framing.nothing-follows-the-terminal-event")
def sends_an_event_late(behaviour: Behaviour) -> Behaviour:
    """Sends the last delta of a turn over WebSocket once more after its end."""
    deltas: dict[Any, Event] = {}

    def messages(event: Event, sent: int) -> Messages:
        if event["type"] == "response.output_text.delta":
            deltas[event.get("item_id")] = event
        items = event["response"]["output"] if event["type"] in ENDS else []
        late = [deltas[item["id"]] for item in items[-1:] if item["id"] in deltas]
        return [text for part in (event, *late) for text in behaviour.sockets.messages(part, sent)]

    return change_sockets(behaviour, messages=messages)


@mutant("state.forgets-unstored-turns", caught_by="websocket.an-unstored-response-can-be-continued")
def forgets_unstored_turns(behaviour: Behaviour) -> Behaviour:
    """Continues over WebSocket only what is stored."""
    return change_sockets(behaviour, may_continue=lambda _is_latest, is_local: not is_local)


@mutant(
    "state.ignores-the-chain-over-websocket",
    caught_by=(
        "websocket.a-continuation-knows-the-turn-before",
        "websocket.an-unstored-response-is-gone-after-a-reconnect",
        "websocket.an-unknown-response-cannot-be-continued",
    ),
)
def ignores_the_chain_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Takes `previous_response_id` over WebSocket, and ignores it."""

    def change(event: dict[str, Any]) -> dict[str, Any]:
        return {name: event[name] for name in event if name != "previous_response_id"}

    return change_creates(behaviour, change)


@mutant(
    "state.remembers-unstored-turns-everywhere",
    caught_by="websocket.an-unstored-response-is-gone-after-a-reconnect",
)
def remembers_unstored_turns_everywhere(behaviour: Behaviour) -> Behaviour:
    """Continues a response with `store: false` on any connection."""
    shared: list[ConnectionStore] = []

    def open_store(store: Store) -> ConnectionStore:
        if not shared:
            shared.append(behaviour.sockets.open_store(store))
        return shared[0]

    return change_sockets(behaviour, open_store=open_store, may_continue=lambda _is_latest, _is_local: True)


@mutant("state.keeps-a-failed-chain", caught_by="websocket.a-failed-continuation-ends-the-chain")
def keeps_a_failed_chain(behaviour: Behaviour) -> Behaviour:
    """Continues an unstored response also after a continuation that failed."""
    return change_sockets(behaviour, may_continue=lambda _is_latest, _is_local: True)


@mutant("state.takes-null-for-a-response", caught_by="websocket.null-continues-nothing")
def takes_null_for_a_response(behaviour: Behaviour) -> Behaviour:
    """Rejects `previous_response_id: null` over WebSocket."""

    def change(event: dict[str, Any]) -> dict[str, Any]:
        if "previous_response_id" in event and event["previous_response_id"] is None:
            raise invalid("Expected a string.", "previous_response_id", "invalid_type")
        return event

    return change_creates(behaviour, change)


@mutant("state.drops-malformed-messages", caught_by="websocket.a-wrong-message-gets-an-error")
def drops_malformed_messages(behaviour: Behaviour) -> Behaviour:
    """Answers nothing to a message that is not JSON."""

    def change(event: Event, _sent: int) -> Event | None:
        code = event["error"].get("code") if event["type"] == "error" else None
        return None if code == "invalid_json" else event

    return change_messages(behaviour, change)


@mutant("state.takes-stream-over-websocket", caught_by="websocket.members-of-http-are-rejected")
def takes_stream_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Ignores `stream` over WebSocket."""
    return change_creates(behaviour, lambda event: {name: event[name] for name in event if name != "stream"})


@mutant("state.takes-background-over-websocket", caught_by="websocket.members-of-http-are-rejected")
def takes_background_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Ignores `background` over WebSocket."""
    return change_creates(
        behaviour, lambda event: {name: event[name] for name in event if name != "background"}
    )


@mutant("state.rejects-stream-over-websocket", caught_by="websocket.stream-changes-nothing")
def rejects_stream_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Rejects `stream` over WebSocket, which Codex sends with every turn."""

    def change(event: dict[str, Any]) -> dict[str, Any]:
        if "stream" in event:
            raise invalid("Unknown parameter: 'stream'.", "stream", "unknown_parameter")
        return event

    return change_creates(behaviour, change)


@mutant("state.admits-any-key-over-websocket", caught_by="websocket.a-wrong-key-is-rejected")
def admits_any_key_over_websocket(behaviour: Behaviour) -> Behaviour:
    """Lets a client with any key open a WebSocket connection."""

    def admit(_check: Admit, headers: Mapping[str, str]) -> str:
        return headers.get("authorization", "")

    return change_sockets(behaviour, admit=admit)


@mutant("state.rejects-upgrades-in-plain-text", caught_by="websocket.a-rejected-upgrade-has-an-error")
def rejects_upgrades_in_plain_text(behaviour: Behaviour) -> Behaviour:
    """Rejects a WebSocket connection with a plain text."""
    return change_sockets(behaviour, reject=lambda _body: ("text/plain", b"Unauthorized"))
