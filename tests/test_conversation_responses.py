"""What responses remember in a conversation, what they add to it, and when it is locked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest

from antiphon_mockserver import MockServer, ResponsesMock
from mock_client import Client
from socket_client import socket, text_of
from test_conversations import conversation, items_of, texts_of
from test_mock_clock import send
from test_mock_store import redis_server

WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
def client() -> Client:
    return Client(dialect="openai")


def answer_of(reply: Any) -> str:
    return "".join(part["text"] for item in reply.json["output"] for part in item.get("content", ()))


def test_a_response_remembers_what_was_said_in_its_conversation(client: Client) -> None:
    conversation_id = conversation(client, "My code word is heron.")
    client.create("My dog is called Rex.", conversation=conversation_id)
    reply = client.create("What is my code word?", conversation={"id": conversation_id})
    assert "heron" in answer_of(reply).lower()
    assert "rex" in answer_of(client.create("What is my dog called?", conversation=conversation_id)).lower()
    assert "heron" not in answer_of(client.create("What is my code word?")).lower()


def test_a_response_names_its_conversation_only_where_it_has_one(client: Client) -> None:
    conversation_id = conversation(client)
    for spelling in (conversation_id, {"id": conversation_id}):
        body = client.create(conversation=spelling).json
        assert body["conversation"] == {"id": conversation_id}
        assert body["previous_response_id"] is None
        assert client.get(f"/responses/{body['id']}").json == body
    assert "conversation" not in client.create().json
    assert "conversation" not in client.create(conversation=None).json


def test_a_stream_names_it_in_every_snapshot(client: Client) -> None:
    conversation_id = conversation(client)
    events = client.create("Count to three.", conversation=conversation_id, stream=True).events
    snapshots = [event["response"]["conversation"] for event in events if "response" in event]
    assert snapshots == [{"id": conversation_id}] * 3
    assert texts_of(items_of(client, conversation_id)) == ["Count to three.", "1, 2, 3"]


def test_input_and_output_are_appended_in_order(client: Client) -> None:
    conversation_id = conversation(client, "Hello.")
    bodies = [client.create(f"Repeat exactly: {word}", conversation=conversation_id).json for word in "AB"]
    items = items_of(client, conversation_id)
    assert texts_of(items) == ["Hello.", "Repeat exactly: A", "A", "Repeat exactly: B", "B"]
    assert [items[2], items[4]] == [body["output"][0] for body in bodies]
    inputs = client.get(f"/responses/{bodies[1]['id']}/input_items?order=asc").json["data"]
    assert inputs == [items[3]]


def test_what_is_not_stored_and_what_fails_adds_nothing(client: Client) -> None:
    conversation_id = conversation(client, "My code word is heron.")
    reply = client.create("What is my code word?", conversation=conversation_id, store=False)
    assert "heron" in answer_of(reply).lower()
    assert texts_of(items_of(client, conversation_id)) == ["My code word is heron."]
    failing = Client(
        dialect="openai",
        scripts=[{"answers": [{"status": "failed", "failure": {"code": "server_error", "message": "No."}}]}],
    )
    conversation_id = conversation(failing)
    assert failing.create(conversation=conversation_id).json["status"] == "failed"
    assert items_of(failing, conversation_id) == []


def test_the_output_of_a_call_alone_continues_the_turn(client: Client) -> None:
    conversation_id = conversation(client)
    first = client.create("What is the weather in Paris?", conversation=conversation_id, tools=[WEATHER])
    (call,) = first.json["output"]
    unanswered = client.create("And now?", conversation=conversation_id)
    assert unanswered.status == 400
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "18 degrees"}
    reply = client.create([output], conversation=conversation_id, tools=[WEATHER])
    assert "18 degrees" in answer_of(reply)
    kinds = [item["type"] for item in items_of(client, conversation_id)]
    assert kinds == ["message", "function_call", "function_call_output", "message"]


def test_an_item_is_named_by_a_reference_and_not_added_twice(client: Client) -> None:
    conversation_id = conversation(client, "My code word is heron.")
    (item,) = items_of(client, conversation_id)
    reference = {"type": "item_reference", "id": item["id"]}
    question = {"role": "user", "content": "What is my code word?"}
    reply = client.create([reference, question], conversation=conversation_id)
    assert "heron" in answer_of(reply).lower()
    assert texts_of(items_of(client, conversation_id)[:2]) == [
        "My code word is heron.",
        "What is my code word?",
    ]


def test_a_conversation_excludes_a_previous_response(client: Client) -> None:
    first = client.create().json["id"]
    reply = client.create(conversation=conversation(client), previous_response_id=first)
    assert (reply.status, reply.error["code"]) == (400, "mutually_exclusive_parameters")


def test_its_items_count_as_input(client: Client) -> None:
    conversation_id = conversation(client, "A long story about herons and storks at the pond.")
    body = {"model": "gpt-5", "input": "Hi."}
    path = "/responses/input_tokens"
    alone = client.post(path, body).json["input_tokens"]
    within = client.post(path, {**body, "conversation": conversation_id}).json["input_tokens"]
    assert within > alone
    created = client.create("Hi.", conversation=conversation_id).json
    assert created["usage"]["input_tokens"] == within


def test_background_work_locks_its_conversation_until_it_has_ended(client: Client) -> None:
    conversation_id = conversation(client)
    running = client.create("Repeat exactly: A", conversation=conversation_id, background=True).json
    locked = client.create("Now?", conversation=conversation_id)
    assert (locked.status, locked.error["param"], locked.error["code"]) == (
        400,
        "conversation",
        "conversation_locked",
    )
    assert items_of(client, conversation_id) == []
    while client.get(f"/responses/{running['id']}").json["status"] != "completed":
        pass
    assert texts_of(items_of(client, conversation_id)) == ["Repeat exactly: A", "A"]
    assert client.create("Now?", conversation=conversation_id).status == 200


def test_a_cancelled_response_unlocks_its_conversation_and_adds_nothing(client: Client) -> None:
    conversation_id = conversation(client)
    running = client.create("Count to ten.", conversation=conversation_id, background=True).json
    client.post(f"/responses/{running['id']}/cancel")
    assert items_of(client, conversation_id) == []
    assert client.create("Repeat exactly: A", conversation=conversation_id).status == 200
    assert texts_of(items_of(client, conversation_id)) == ["Repeat exactly: A", "A"]


@pytest.fixture
def paced() -> Iterator[ResponsesMock]:
    answer = {"text": "One two three four five six seven eight nine ten.", "pace": 0.05}
    with ResponsesMock(dialect="openai", clock="real", scripts=[{"answers": [answer]}]) as running:
        yield running


def request(mock: ResponsesMock | MockServer, method: str, path: str, body: Any = None) -> Any:
    url = urlsplit(mock.url)
    with closing(HTTPConnection(url.hostname or "", url.port, timeout=15)) as connection:
        headers = {"authorization": "Bearer any", "content-type": "application/json"}
        connection.request(method, url.path + path, None if body is None else json.dumps(body), headers)
        return json.load(connection.getresponse())


@pytest.mark.parametrize("manner", ["stream", "background"])
def test_with_the_real_clock_a_conversation_is_locked_as_long_as_a_response_runs(
    paced: ResponsesMock, manner: str
) -> None:
    conversation_id = request(paced, "POST", "/conversations", {})["id"]
    body = {"model": "gpt-5", "input": "Speak.", "conversation": conversation_id}
    running = send(paced, "POST", "/responses", {**body, manner: True})
    codes: list[Any] = []
    deadline = monotonic() + 15
    while (not codes or codes[-1] is not None) and monotonic() < deadline:
        error = request(paced, "POST", "/responses", {**body, "background": True}).get("error")
        codes.append(error and error["code"])
        sleep(0.02)
    running.close()
    assert codes[-1] is None
    assert codes[0] == "conversation_locked"


@pytest.mark.parametrize("name", ["memory", "sqlite", "redis"])
def test_every_store_keeps_conversations(name: str, tmp_path: Any) -> None:
    if name == "redis":
        with redis_server() as address:
            check_store(address)
    else:
        check_store(name if name == "memory" else f"sqlite:{tmp_path / 'store.db'}")


def check_store(store: str) -> None:
    client = Client(dialect="openai", store=store)
    with closing(client.app.server.store):
        conversation_id = conversation(client, "My code word is heron.")
        running = client.create("Repeat exactly: A", conversation=conversation_id, background=True).json
        assert client.create(conversation=conversation_id).error["code"] == "conversation_locked"
        while client.get(f"/responses/{running['id']}").json["status"] != "completed":
            pass
        reply = client.create("What is my code word?", conversation=conversation_id)
        assert "heron" in answer_of(reply).lower()
        assert len(items_of(client, conversation_id)) == 5


def test_over_websocket_turns_share_a_conversation() -> None:
    with MockServer(dialect="openai") as server, socket(server) as turns:
        body = request(server, "POST", "/conversations", {})
        turns.turn(input="My code word is heron.", conversation=body["id"])
        final = turns.turn(input="What is my code word?", conversation={"id": body["id"]})[-1]
        assert "heron" in text_of(final).lower()
        assert final["response"]["conversation"] == {"id": body["id"]}
        unknown = turns.turn(input="Hi.", conversation="conv_unknown")[-1]
    assert (unknown["type"], unknown["status"]) == ("error", 404)


@pytest.fixture
def sdk() -> Iterator[Any]:
    openai = pytest.importorskip("openai", reason="needs the `openai` package: pip install openai")
    with (
        MockServer(dialect="openai") as server,
        openai.OpenAI(
            base_url=server.url, api_key="any", max_retries=0, timeout=10, _strict_response_validation=True
        ) as connection,
    ):
        yield connection


def test_the_python_sdk_reads_and_changes_conversations(sdk: Any) -> None:
    created = sdk.conversations.create(
        metadata={"topic": "herons"}, items=[{"role": "user", "content": "My code word is heron."}]
    )
    assert sdk.conversations.retrieve(created.id) == created
    assert sdk.conversations.update(created.id, metadata={"topic": "storks"}).metadata == {"topic": "storks"}
    more = sdk.conversations.items.create(created.id, items=[{"role": "user", "content": "Hello."}])
    listing = list(sdk.conversations.items.list(created.id, limit=1, order="asc"))
    assert [item.content[0].text for item in listing] == ["My code word is heron.", "Hello."]
    one = sdk.conversations.items.retrieve(more.data[0].id, conversation_id=created.id)
    assert one == more.data[0]
    assert sdk.conversations.items.delete(one.id, conversation_id=created.id).id == created.id
    deletion = sdk.conversations.delete(created.id)
    assert (deletion.id, deletion.deleted, deletion.object) == (created.id, True, "conversation.deleted")


def test_the_python_sdk_answers_within_a_conversation(sdk: Any) -> None:
    created = sdk.conversations.create()
    sdk.responses.create(model="gpt-5", input="My code word is heron.", conversation=created.id)
    with sdk.responses.stream(
        model="gpt-5", input="What is my code word?", conversation={"id": created.id}
    ) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert "heron" in final.output_text.lower()
    assert final.conversation.id == events[0].response.conversation.id == created.id
    assert len(list(sdk.conversations.items.list(created.id))) == 4


def test_the_python_sdk_lists_models(sdk: Any) -> None:
    (first, *_) = sdk.models.list()
    assert sdk.models.retrieve(first.id) == first
