"""The seven WebSocket sequences of the published Open Responses suite, each with all that it asserts."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from antiphon_mockserver import MockServer
from antiphon_spec.dialect import load
from socket_client import Event, Socket, code_of, socket

OPEN_RESPONSES = load("openresponses")
NOT_FOUND = "previous_response_not_found"
HELLO = [{"type": "message", "role": "user", "content": "Say hello in exactly 3 words."}]
STRAY = [{"type": "function_call_output", "call_id": "call_unknown", "output": "{}"}]


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(dialect="openresponses") as instance:
        yield instance


@pytest.fixture
def client(server: MockServer) -> Iterator[Socket]:
    with socket(server) as connection:
        yield connection


def completed(events: list[Event]) -> str:
    """The id of the response of a turn, whose events are valid, and which is complete."""
    assert [fault for event in events for fault in faults(event)] == []
    end = events[-1]["response"]
    assert end["status"] == "completed"
    return str(end["id"])


def faults(event: Event) -> list[Any]:
    validator = OPEN_RESPONSES.schemas.event(event["type"])
    assert validator is not None, event["type"]
    return list(validator.faults(event))


def test_websocket_response(client: Socket) -> None:
    assert completed(client.turn(input=HELLO))


def test_websocket_sequential_responses(client: Socket) -> None:
    first = completed(client.turn(input="Say first."))
    assert completed(client.turn(input="Say second.")) != first


def test_websocket_continuation(client: Socket) -> None:
    first = completed(client.turn(input="My code word is heron.", store=False))
    assert completed(client.turn(input="What is my code word?", previous_response_id=first, store=False))


def test_websocket_reconnect_store_false_recovery(server: MockServer, client: Socket) -> None:
    first = completed(client.turn(input=HELLO, store=False))
    with socket(server) as other:
        error = other.end(input="Go on.", previous_response_id=first, store=False)
        assert code_of(error) == (400, NOT_FOUND)
        assert error["error"]["message"]
        completed(other.turn(input=HELLO, previous_response_id=None, store=False))


def test_websocket_previous_response_not_found(client: Socket) -> None:
    error = client.end(input=HELLO, previous_response_id="resp_invented", store=False)
    assert code_of(error) == (400, NOT_FOUND)


def test_websocket_failed_continuation_evicts_cache(client: Socket) -> None:
    first = completed(client.turn(input=HELLO, store=False))
    assert client.end(input=STRAY, previous_response_id=first, store=False)["type"] == "error"
    assert code_of(client.end(input=HELLO, previous_response_id=first, store=False)) == (400, NOT_FOUND)


def test_websocket_compact_new_chain(server: MockServer, client: Socket) -> None:
    body = json.dumps({"model": "gpt-5", "input": HELLO}).encode()
    headers = {"content-type": "application/json", "authorization": "Bearer any"}
    request = urllib.request.Request(f"{server.url}/responses/compact", body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        output = json.load(answer)["output"]
    assert isinstance(output, list)
    assert completed(client.turn(input=[*output, *HELLO], store=False))
