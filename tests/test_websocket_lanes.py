"""WebSocket as OpenAI has it: lanes side by side, warm-ups and steering."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from antiphon_mockserver import MockServer
from socket_client import TERMINAL, TOOL, Socket, code_of, socket, text_of


@pytest.fixture
def lanes() -> Iterator[MockServer]:
    with MockServer(dialect="openai") as instance:
        yield instance


def test_a_warm_up_has_no_output_and_is_continued(lanes: MockServer) -> None:
    with socket(lanes) as client:
        first = client.end(input="My code word is heron.", generate=False, store=False)
        assert (first["type"], first["response"]["output"]) == ("response.completed", [])
        again = client.end(
            input="What is my code word?", store=False, previous_response_id=first["response"]["id"]
        )
    assert "heron" in text_of(again)


def test_lanes_run_side_by_side() -> None:
    with MockServer(dialect="openai", clock="real", pace=0.02) as server, socket(server) as client:
        for lane in ("a", "b"):
            client.send(input="Repeat exactly: one two three four five", stream_id=lane)
        events = [client.receive()]
        while sum(event["type"] in TERMINAL for event in events) < 2:
            events.append(client.receive())
    order = [event["stream_id"] for event in events]
    assert order != sorted(order), "the events of two lanes are mixed"
    for lane in ("a", "b"):
        numbers = [event["sequence_number"] for event in events if event["stream_id"] == lane]
        assert numbers == list(range(len(numbers)))


def test_a_lane_forks_from_another_and_its_failure_leaves_the_parent(lanes: MockServer) -> None:
    stray = [{"type": "function_call_output", "call_id": "call_unknown", "output": "{}"}]
    with socket(lanes) as client:
        response_id = client.end(input="My code word is heron.", store=False, stream_id="a")["response"]["id"]
        error = client.end(input=stray, previous_response_id=response_id, stream_id="b")
        assert (error["type"], error["stream_id"]) == ("error", "b")
        fork = client.end(input="What is my code word?", previous_response_id=response_id, stream_id="b")
    assert "heron" in text_of(fork)


def test_lanes_have_limits(lanes: MockServer) -> None:
    with socket(lanes) as client:
        for lane in ("", "a b", "x" * 257, 7):
            assert code_of(client.end(input="Hi", stream_id=lane)) == (400, "invalid_stream_id")
        for number in range(32):
            assert client.end(input="Hi", stream_id=f"lane{number}")["type"] == "response.completed"
        assert code_of(client.end(input="Hi", stream_id="lane33")) == (400, "websocket_stream_limit_reached")
        assert "stream_id" not in client.end(input="Hi")


SLOW: dict[str, Any] = {"dialect": "openai", "clock": "real", "pace": 0.05}


def steer(client: Socket, response_id: str, given: Any) -> None:
    event = {"type": "response.steer", "previous_response_id": response_id, "input": given}
    client.connection.send(json.dumps(event))


def test_steering_ends_a_response_and_its_successor_has_the_new_input() -> None:
    with MockServer(**SLOW) as server, socket(server) as client:
        client.send(input="Repeat exactly: one two three", reasoning={"effort": "low", "summary": "auto"})
        first = client.receive()["response"]["id"]
        steer(client, first, "Repeat exactly: kingfisher")
        events = client.rest()
        accepted = next(event for event in events if event["type"] == "response.steer.accepted")
        successor = client.rest()
    numbers = [event["sequence_number"] for event in events]
    assert numbers == list(range(1, len(numbers) + 1))
    assert accepted["steer"]["previous_response_id"] == first
    assert events[-1]["response"]["incomplete_details"] == {"reason": "steered"}
    assert successor[0]["type"] == "response.created"
    assert successor[-1]["response"]["previous_response_id"] == first
    assert text_of(successor[-1]) == "kingfisher"


def test_steering_waits_for_the_output_of_tools() -> None:
    with MockServer(**SLOW) as server, socket(server) as client:
        client.send(input="Weather in Oslo?", tools=[TOOL], tool_choice="required")
        first = client.receive()["response"]["id"]
        steer(client, first, "Repeat exactly: kingfisher")
        end = client.rest()[-1]
        pending = client.receive()
        stub = pending["required_input"][0]
        assert (pending["type"], pending["reason"]) == (
            "response.steer.pending",
            "waiting_for_required_input",
        )
        assert stub["call_id"] == end["response"]["output"][-1]["call_id"]
        assert stub["name"] == "get_weather"
        answer = client.end(
            input=[{k: v for k, v in stub.items() if k != "name"} | {"output": "Sunny"}],
            previous_response_id=first,
        )
    assert "kingfisher" in text_of(answer) or "Sunny" in text_of(answer)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "invalid_input"),
        ([], "invalid_input"),
        ([{"type": "message", "role": "system", "content": "Hi"}], "invalid_input"),
        ([{"type": "function_call_output", "call_id": "c", "output": "x"}], "invalid_input"),
        ("Stop.", "response_already_completed"),
    ],
)
def test_steering_that_cannot_be_accepted_is_returned(lanes: MockServer, given: Any, code: str) -> None:
    with socket(lanes) as client:
        response_id = client.end(input="Hi")["response"]["id"]
        steer(client, response_id, given)
        failed = client.receive()
    assert (failed["type"], failed["error"]["code"]) == ("response.steer.failed", code)
    assert failed["steer"] == {"previous_response_id": response_id, "input": given}


def test_steering_names_a_response_of_this_connection(lanes: MockServer) -> None:
    with socket(lanes) as client:
        steer(client, "resp_unknown", "Stop.")
        assert client.receive()["error"]["code"] == "response_not_found"
