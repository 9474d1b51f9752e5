"""Creates over WebSocket: the published suite's sequences, continuation, errors and limits."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from antiphon_mockserver import MockServer
from mock_client import Client
from socket_client import TOOL, code_of, socket, text_of


@pytest.fixture(params=["openresponses", "openai"])
def server(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    with MockServer(dialect=request.param) as instance:
        yield instance


@pytest.fixture
def lanes() -> Iterator[MockServer]:
    with MockServer(dialect="openai") as instance:
        yield instance


@pytest.mark.parametrize("dialect", ["openresponses", "openai"])
def test_a_turn_has_the_events_of_a_stream(dialect: str) -> None:
    expected = Client(dialect=dialect).create("Count to three.", stream=True).events
    with MockServer(dialect=dialect) as server, socket(server, key="key-of-alice") as client:
        events = client.turn(input="Count to three.")
    for event in (*events, *expected):
        for name in ("created_at", "completed_at"):
            event.get("response", {}).pop(name, None)
    assert events == expected


def test_turns_follow_one_another_on_one_connection(server: MockServer) -> None:
    with socket(server) as client:
        first, second = client.turn(input="Say first."), client.turn(input="Say second.")
    for events in (first, second):
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        assert events[0]["type"] == "response.created"
    assert first[0]["response"]["id"] != second[0]["response"]["id"]


def test_turns_that_are_sent_together_are_answered_one_after_another(server: MockServer) -> None:
    with socket(server) as client:
        for number in range(5):
            client.send(input=f"Repeat exactly: {number}")
        turns = [client.rest() for _ in range(5)]
    assert [text_of(events[-1]) for events in turns] == [str(number) for number in range(5)]


def test_a_response_that_is_not_stored_is_continued_on_its_connection(server: MockServer) -> None:
    with socket(server) as client:
        first = client.end(input="My code word is heron.", store=False)
        again = client.end(
            input="What is my code word?", store=False, previous_response_id=first["response"]["id"]
        )
        third = client.end(
            input="And again, what is my code word?",
            store=False,
            previous_response_id=again["response"]["id"],
        )
    assert "heron" in text_of(again)
    assert again["response"]["previous_response_id"] == first["response"]["id"]
    assert "heron" in text_of(third)


def test_a_response_that_is_not_stored_is_gone_with_its_connection(server: MockServer) -> None:
    with socket(server) as client:
        response_id = client.end(input="Hi", store=False)["response"]["id"]
    with socket(server) as client:
        error = client.end(input="Hi", previous_response_id=response_id)
        assert code_of(error) == (400, "previous_response_not_found")
        assert error["error"]["message"]
        assert text_of(client.end(input="Say hello."))


def test_a_stored_response_is_continued_on_every_connection(server: MockServer) -> None:
    with socket(server) as client:
        response_id = client.end(input="My code word is heron.")["response"]["id"]
    with socket(server) as client:
        assert "heron" in text_of(client.end(input="What is my code word?", previous_response_id=response_id))


def test_another_key_continues_nothing_of_this_one(server: MockServer) -> None:
    with socket(server) as client, socket(server, key="another") as other:
        response_id = client.end(input="Hi")["response"]["id"]
        assert code_of(other.end(input="Hi", previous_response_id=response_id)) == (
            400,
            "previous_response_not_found",
        )


def test_an_invented_response_is_not_found(server: MockServer) -> None:
    with socket(server) as client:
        error = client.end(input="Hi", previous_response_id="resp_invented")
    assert code_of(error) == (400, "previous_response_not_found")


def test_a_continuation_that_fails_evicts_what_it_continued(server: MockServer) -> None:
    stray = [{"type": "function_call_output", "call_id": "call_unknown", "output": "{}"}]
    with socket(server) as client:
        response_id = client.end(input="Hi", store=False)["response"]["id"]
        assert client.end(input=stray, previous_response_id=response_id)["type"] == "error"
        error = client.end(input="Hi", previous_response_id=response_id)
    assert code_of(error) == (400, "previous_response_not_found")


@pytest.mark.parametrize("dialect", ["openresponses", "openai"])
def test_a_compacted_context_begins_a_new_chain(dialect: str) -> None:
    said = [{"type": "message", "role": "user", "content": "My code word is heron."}]
    compaction = Client(dialect=dialect).post("/responses/compact", {"model": "gpt-5", "input": said}).json
    question = {"type": "message", "role": "user", "content": "What is my code word?"}
    with MockServer(dialect=dialect) as server, socket(server, key="key-of-alice") as client:
        end = client.end(input=[*compaction["output"], question], previous_response_id=None)
    assert "heron" in text_of(end)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("not json", "invalid_json"),
        ("[]", "invalid_type"),
        ('"response.create"', "invalid_type"),
        ("{}", "invalid_value"),
        ('{"type": "response.invented"}', "invalid_value"),
        ('{"type": "response.create"}', "missing_required_parameter"),
        ('{"type": "response.create", "model": "gpt-5", "input": 7}', "invalid_type"),
        ('{"type": "response.create", "model": "gpt-5", "input": "Hi", "background": true}', "invalid_value"),
        (b'{"type": "response.create"}', "invalid_json"),
    ],
)
def test_a_wrong_message_gets_an_error_and_the_connection_lives_on(
    server: MockServer, message: str | bytes, code: str
) -> None:
    with socket(server) as client:
        client.connection.send(message)
        assert code_of(client.receive()) == (400, code)
        assert text_of(client.end(input="Say hello."))


def test_open_responses_rejects_the_members_of_http() -> None:
    with MockServer(dialect="openresponses") as server, socket(server) as client:
        for name, value in (("stream", True), ("stream", None), ("stream_options", {}), ("background", None)):
            error = client.end(input="Hi", **{name: value})
            assert (code_of(error), error["error"]["param"]) == ((400, "invalid_value"), name)


def test_openai_ignores_a_stream_that_clients_send_anyway(lanes: MockServer) -> None:
    with socket(lanes) as client:
        assert text_of(client.end(input="Say hello.", stream=True, background=False))


def test_a_call_of_a_tool_is_answered_in_the_next_turn(server: MockServer) -> None:
    with socket(server) as client:
        first = client.end(input="Weather in Oslo?", tools=[TOOL], tool_choice="required", store=False)
        call = next(item for item in first["response"]["output"] if item["type"] == "function_call")
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "Sunny, 21 degrees"}
        last = client.end(
            input=[result], tools=[TOOL], store=False, previous_response_id=first["response"]["id"]
        )
    assert "Sunny" in text_of(last)


def test_a_handshake_without_a_valid_key_is_rejected(server: MockServer) -> None:
    for key in ("", "wrong-key"):
        with pytest.raises(InvalidStatus) as problem, socket(server, key=key):
            pass
        response = problem.value.response
        assert response.status_code == 401
        assert json.loads(response.body)["error"]["message"]


def test_a_handshake_has_the_key_where_the_dialect_has_it() -> None:
    with MockServer(dialect="azure", api_keys=["right"]) as server:
        address = server.url.replace("http", "ws", 1) + "/responses"
        with connect(address, additional_headers={"api-key": "right"}, open_timeout=10) as connection:
            connection.send("{}")
            assert json.loads(connection.recv(timeout=10))["type"] == "error"
        with pytest.raises(InvalidStatus), connect(address, additional_headers={"api-key": "x"}):
            pass


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/responses/resp_1", 426)])
def test_an_upgrade_elsewhere_is_rejected(lanes: MockServer, path: str, status: int) -> None:
    address = lanes.url.replace("http", "ws", 1) + path
    with pytest.raises(InvalidStatus) as problem, connect(address, open_timeout=10):
        pass
    assert problem.value.response.status_code == status


@pytest.mark.parametrize("dialect", ["cloudglue", "bud"])
def test_an_upgrade_where_it_is_not_offered_is_answered_426(dialect: str) -> None:
    with MockServer(dialect=dialect) as server:
        with pytest.raises(InvalidStatus) as problem, socket(server):
            pass
        assert problem.value.response.status_code == 426


def test_a_connection_ends_after_its_time() -> None:
    with MockServer(dialect="openai", socket_seconds=0.5) as server, socket(server) as client:
        assert code_of(client.receive()) == (400, "websocket_connection_limit_reached")
        with pytest.raises(ConnectionClosed):
            client.receive()
        assert client.connection.close_code == 1000


def test_a_message_that_is_too_large_closes_the_connection() -> None:
    with MockServer(dialect="openai", body_limit=2_000) as server, socket(server) as client:
        with pytest.raises(ConnectionClosed):
            client.end(input="x" * 3_000)
        assert client.connection.close_code == 1009


def test_a_ping_is_answered(server: MockServer) -> None:
    with socket(server) as client:
        assert client.connection.ping().wait(10)


def test_faults_reach_a_turn() -> None:
    faults = ["status=503,first=1", "cut=3,every=3"]
    with MockServer(dialect="openai", faults=faults) as server, socket(server) as client:
        assert code_of(client.end(input="Hi")) == (503, "server_is_overloaded")
        assert text_of(client.end(input="Say hello."))
        client.send(input="Say hello.")
        kinds = [client.receive()["type"] for _ in range(3)]
        assert kinds[0] == "response.created"
        with pytest.raises(ConnectionClosed):
            client.receive()


def test_mutants_change_the_events_of_a_turn() -> None:
    mutants = ["events.repeats-a-sequence-number"]
    with MockServer(dialect="openai", mutants=mutants) as server, socket(server) as client:
        numbers = [event["sequence_number"] for event in client.turn(input="Say hello.")]
    assert len(set(numbers)) < len(numbers)


def test_the_journal_has_the_turns(lanes: MockServer) -> None:
    with MockServer(dialect="openai", journal=10) as server, socket(server) as client:
        client.end(input="Say hello.")
        entry = server.journal[-1] if hasattr(server.journal, "__getitem__") else list(server.journal)[-1]
    assert (entry.path, entry.body["input"]) == ("/responses", "Say hello.")
    assert entry.events[-1]["type"] == "response.completed"


@pytest.mark.filterwarnings("ignore:connect")  # the SDK does not use the newest form of its package
def test_the_sdk_of_openai_speaks_with_the_server(lanes: MockServer) -> None:
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(base_url=lanes.url, api_key="any")
    with client.responses.connect() as connection:
        connection.response.create(model="gpt-5", input="Repeat exactly: heron", store=False)
        events = []
        for event in connection:
            events.append(event)
            if event.type == "response.completed":
                break
        assert events[-1].response.output_text == "heron"
        connection.response.create(
            model="gpt-5", input="Hi", previous_response_id="resp_invented", store=False
        )
        assert next(iter(connection)).error.code == "previous_response_not_found"
