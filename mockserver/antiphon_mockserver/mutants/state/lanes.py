"""Servers that mix the lanes of a WebSocket connection, generate where they should not, and steer badly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.state.sockets import (
    Event,
    Messages,
    change_creates,
    change_messages,
    change_sockets,
)
from antiphon_mockserver.server.errors import invalid

STEER = "response.steer"
CREATED = "response.created"
ENDS = ("response.completed", "response.incomplete", "response.failed")


@mutant("state.mixes-turns", caught_by="websocket.turns-of-one-lane-do-not-mix")
def mixes_turns(behaviour: Behaviour) -> Behaviour:
    """Runs all creates of a connection side by side, also those of one lane."""
    return change_sockets(behaviour, queue=lambda lane_id, creates: f"{lane_id or ''} {creates}")


@mutant("state.names-lanes-in-some-events", caught_by="websocket.events-name-their-lane")
def names_lanes_in_some_events(behaviour: Behaviour) -> Behaviour:
    """Leaves `stream_id` out of the deltas of a lane."""

    def change(event: Event, _sent: int) -> Event:
        is_delta = str(event["type"]).endswith(".delta")
        return {name: event[name] for name in event if name != "stream_id"} if is_delta else event

    return change_messages(behaviour, change)


@mutant("state.names-the-usual-lane", caught_by="websocket.events-without-a-lane-name-none")
def names_the_usual_lane(behaviour: Behaviour) -> Behaviour:
    """Adds `stream_id: default` to the events of creates without a lane."""
    return change_messages(behaviour, lambda event, _sent: {"stream_id": "default", **event})


@mutant("state.takes-any-lane", caught_by="websocket.a-malformed-lane-is-rejected")
def takes_any_lane(behaviour: Behaviour) -> Behaviour:
    """Accepts any text as `stream_id`."""
    return change_sockets(behaviour, is_lane=lambda _lane_id: True)


@mutant("state.evicts-the-parent-of-a-failed-fork", caught_by="websocket.a-failed-fork-leaves-its-parent")
def evicts_the_parent_of_a_failed_fork(behaviour: Behaviour) -> Behaviour:
    """Forgets a response when a continuation of it fails in any lane."""
    parents: list[Any] = []
    evicted: set[Any] = set()

    def read(event: dict[str, Any]) -> dict[str, Any]:
        parent = event.get("previous_response_id")
        if parent is not None and parent in evicted:
            code = "previous_response_not_found"
            raise invalid("Previous response not found.", "previous_response_id", code)
        parents.append(parent)
        return behaviour.sockets.read(event)

    def error(status: int, inner: Mapping[str, Any]) -> dict[str, Any]:
        evicted.update(parents[-1:])
        return behaviour.sockets.error(status, inner)

    return change_sockets(behaviour, read=read, error=error)


@mutant("state.generates-in-a-warm-up", caught_by="websocket.a-warm-up-has-no-output")
def generates_in_a_warm_up(behaviour: Behaviour) -> Behaviour:
    """Ignores `generate: false`."""
    return change_creates(
        behaviour, lambda event: {name: event[name] for name in event if name != "generate"}
    )


@mutant("state.forgets-what-a-warm-up-told", caught_by="websocket.a-warm-up-can-be-continued")
def forgets_what_a_warm_up_told(behaviour: Behaviour) -> Behaviour:
    """Answers a warm-up with an id, and keeps nothing of its input."""
    return change_creates(
        behaviour, lambda event: {**event, "input": "."} if event.get("generate") is False else event
    )


@mutant("state.names-no-steered-response", caught_by="websocket.steering-is-answered")
def names_no_steered_response(behaviour: Behaviour) -> Behaviour:
    """Accepts input for a running response, and does not say which one."""

    def change(event: Event, _sent: int) -> Event:
        return {**event, "steer": {}} if event["type"] == f"{STEER}.accepted" else event

    return change_messages(behaviour, change)


@mutant("state.steers-for-another-reason", caught_by="websocket.a-steered-response-says-so")
def steers_for_another_reason(behaviour: Behaviour) -> Behaviour:
    """Ends a steered response as incomplete with the reason `interrupted`."""

    def change(event: Event, _sent: int) -> Event:
        response = event.get("response") or {}
        if (response.get("incomplete_details") or {}).get("reason") != "steered":
            return event
        return {**event, "response": {**response, "incomplete_details": {"reason": "interrupted"}}}

    return change_messages(behaviour, change)


@mutant(
    "state.fails-after-steering",
    caught_by="websocket.a-steered-response-has-a-successor",
)
def fails_after_steering(behaviour: Behaviour) -> Behaviour:
    """Accepts input for a running response, and answers with an error in place of the successor."""
    steered: list[str] = []

    def messages(event: Event, sent: int) -> Messages:
        response = event.get("response") or {}
        if event["type"] == f"{STEER}.accepted":
            steered.append(event["steer"]["previous_response_id"])
        if response.get("previous_response_id") not in steered:
            return behaviour.sockets.messages(event, sent)
        return _failure() if event["type"] == CREATED else ()

    return change_sockets(behaviour, messages=messages)


def _failure() -> Sequence[str]:
    error = {"type": "server_error", "code": "server_error", "message": "The server had an error."}
    return (orjson.dumps({"type": "error", "status": 500, "error": error}).decode(),)


@mutant(
    "state.accepts-input-for-unknown-responses",
    caught_by="websocket.steering-of-an-unknown-response-fails",
)
def accepts_input_for_unknown_responses(behaviour: Behaviour) -> Behaviour:
    """Accepts input for a response that the connection does not have."""

    def change(event: Event, _sent: int) -> Event:
        is_unknown = event["type"] == f"{STEER}.failed" and event["error"]["code"] == "response_not_found"
        if not is_unknown:
            return event
        steer = {"id": "steer_1", "previous_response_id": event["steer"]["previous_response_id"]}
        return {"type": f"{STEER}.accepted", "sequence_number": 0, "steer": steer}

    return change_messages(behaviour, change)


@mutant("state.rejects-compacted-contexts", caught_by="websocket.a-compacted-context-begins-a-chain")
def rejects_compacted_contexts(behaviour: Behaviour) -> Behaviour:
    """Rejects compactions over WebSocket."""

    def change(event: dict[str, Any]) -> dict[str, Any]:
        given = event.get("input")
        items = given if isinstance(given, list) else []
        if any(item.get("type") == "compaction" for item in items if isinstance(item, dict)):
            raise invalid("Invalid 'input': unknown item type.", "input", "invalid_value")
        return event

    return change_creates(behaviour, change)
