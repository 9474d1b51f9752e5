"""The state of the mock server: chains, storage, background work, replays, lists, and other keys."""

from __future__ import annotations

from typing import Any

import pytest

from mock_client import AUTHORIZED, BOB, Client, Reply

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture
def client() -> Client:
    return Client()


def text_of(reply: Reply) -> str:
    return "".join(part["text"] for item in reply.json["output"] for part in item.get("content", ()))


def test_a_stored_response_is_read_unchanged(client: Client) -> None:
    creation = client.create()
    assert client.get(f"/responses/{creation.json['id']}").raw == creation.raw


@pytest.mark.parametrize("id", ["resp_unknown", "resp_" + "0" * 48, "x"])
def test_an_unknown_response_is_not_found(client: Client, id: str) -> None:
    for reply in (client.get(f"/responses/{id}"), client.send("DELETE", f"/responses/{id}")):
        assert (reply.status, reply.error["type"]) == (404, "invalid_request_error")


@pytest.mark.parametrize("id", ["resp%20one", "r%C3%A9sp", "a" * 200, "resp_1%0d%0a", "%00"])
def test_a_malformed_id_is_rejected(client: Client, id: str) -> None:
    assert client.get(f"/responses/{id}").status == 400


def test_an_unstored_response_can_neither_be_read_nor_continued(client: Client) -> None:
    creation = client.create(store=False)
    assert client.get(f"/responses/{creation.json['id']}").status == 404
    reply = client.create(previous_response_id=creation.json["id"])
    assert (reply.status, reply.error["code"]) == (400, "previous_response_not_found")


def test_a_chain_has_all_earlier_turns(client: Client) -> None:
    first = client.create("My name is Ada.")
    second = client.create("Say hello.", previous_response_id=first.json["id"])
    third = client.create("What is my name?", previous_response_id=second.json["id"])
    assert "Ada" in text_of(third)
    assert third.json["previous_response_id"] == second.json["id"]
    tokens = [reply.json["usage"]["input_tokens"] for reply in (first, second, third)]
    assert tokens == sorted(set(tokens))


def test_instructions_are_not_carried_over(client: Client) -> None:
    first = client.create(instructions="Answer in capitals.")
    second = client.create(previous_response_id=first.json["id"])
    assert second.json["instructions"] is None


def test_one_response_may_be_continued_twice(client: Client) -> None:
    first = client.create("My name is Ada.")
    before = client.get(f"/responses/{first.json['id']}").raw
    forks = [client.create("What is my name?", previous_response_id=first.json["id"]) for _ in range(2)]
    assert forks[0].json["id"] != forks[1].json["id"]
    assert text_of(forks[0]) == text_of(forks[1])
    assert client.get(f"/responses/{first.json['id']}").raw == before


def test_a_reference_stands_for_the_item_that_it_names(client: Client) -> None:
    first = client.create("My name is Ada.")
    item = client.get(f"/responses/{first.json['id']}/input_items").json["data"][0]
    answer = first.json["output"][0]
    references = [{"type": "item_reference", "id": item["id"]}, {"id": answer["id"]}]
    reply = client.create([*references, {"role": "user", "content": "What is my name?"}])
    assert "Ada" in text_of(reply)
    assert client.create(references, headers=BOB).status == 400


def test_a_call_without_an_output_is_rejected(client: Client) -> None:
    call_reply = client.create(tools=[TOOL], tool_choice="required")
    id, call = call_reply.json["id"], call_reply.json["output"][0]
    assert client.create("And now?", previous_response_id=id).status == 400
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "42"}
    assert "42" in text_of(client.create([output], previous_response_id=id))


def test_a_deleted_response_is_gone(client: Client) -> None:
    id = client.create().json["id"]
    later = client.create(previous_response_id=id).json["id"]
    reply = client.send("DELETE", f"/responses/{id}")
    assert reply.json == {"id": id, "object": "response", "deleted": True}
    assert client.send("DELETE", f"/responses/{id}").status == 404
    assert client.get(f"/responses/{id}").status == 404
    assert client.get(f"/responses/{id}/input_items").status == 404
    assert client.post(f"/responses/{id}/cancel").status == 404
    assert client.create(previous_response_id=id).error["code"] == "previous_response_not_found"
    assert client.create(previous_response_id=later).status == 200


def test_a_background_response_advances_one_state_at_each_poll(client: Client) -> None:
    creation = client.create(background=True)
    assert (creation.json["status"], creation.json["output"], creation.json["usage"]) == ("queued", [], None)
    looks = [client.get(f"/responses/{creation.json['id']}").json for _ in range(4)]
    assert [look["status"] for look in looks] == ["in_progress", "completed", "completed", "completed"]
    assert looks[2] == looks[3]
    assert looks[3]["output"]


def test_a_cancelled_response_stays_cancelled(client: Client) -> None:
    id = client.create(background=True).json["id"]
    cancel_reply = client.post(f"/responses/{id}/cancel")
    assert (cancel_reply.status, cancel_reply.json["status"]) == (200, "cancelled")
    assert client.post(f"/responses/{id}/cancel").raw == cancel_reply.raw
    assert client.get(f"/responses/{id}").raw == cancel_reply.raw


def test_a_response_that_has_ended_is_not_changed_by_a_cancel(client: Client) -> None:
    id = client.create(background=True).json["id"]
    last_reply = [client.get(f"/responses/{id}") for _ in range(2)][-1]
    assert client.post(f"/responses/{id}/cancel").raw == last_reply.raw


def test_only_background_responses_can_be_cancelled(client: Client) -> None:
    id = client.create().json["id"]
    assert client.post(f"/responses/{id}/cancel").status == 400


def test_a_background_stream_can_be_resumed_at_every_event(client: Client) -> None:
    whole = client.create(background=True, stream=True).events
    id = whole[0]["response"]["id"]
    assert client.get(f"/responses/{id}?stream=true").events == whole
    for cursor in range(len(whole)):
        assert (
            client.get(f"/responses/{id}?stream=true&starting_after={cursor}").events == whole[cursor + 1 :]
        )
    assert client.get(f"/responses/{id}").json["status"] == "completed"


@pytest.mark.parametrize("body", [{}, {"stream": True}, {"background": True}])
def test_other_responses_cannot_be_streamed_again(client: Client, body: dict[str, Any]) -> None:
    creation = client.create(**body)
    id = creation.events[0]["response"]["id"] if "stream" in body else creation.json["id"]
    assert client.get(f"/responses/{id}?stream=true").status == 400


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("stream=perhaps", "stream"),
        ("stream=true&starting_after=-1", "starting_after"),
        ("stream=true&starting_after=x", "starting_after"),
        ("include=nonsense", "include[0]"),
        ("include[]=nonsense", "include[0]"),
    ],
)
def test_a_wrong_query_is_rejected(client: Client, query: str, param: str) -> None:
    id = client.create(background=True, stream=True).events[0]["response"]["id"]
    reply = client.get(f"/responses/{id}?{query}")
    assert (reply.status, reply.error["param"]) == (400, param)


def test_padding_can_be_switched_off_for_a_replay(client: Client) -> None:
    id = client.create(background=True, stream=True).events[0]["response"]["id"]
    bare = client.get(f"/responses/{id}?stream=true&include_obfuscation=false")
    assert not any("obfuscation" in event for event in bare.events)


@pytest.fixture
def response_id(client: Client) -> str:
    messages = [{"role": "user", "content": f"Message {number}."} for number in range(7)]
    return str(client.create(messages).json["id"])


def test_input_is_listed_newest_first(client: Client, response_id: str) -> None:
    newest = client.get(f"/responses/{response_id}/input_items").json
    oldest = client.get(f"/responses/{response_id}/input_items?order=asc").json
    assert newest["data"] == oldest["data"][::-1]
    assert oldest["data"][0]["content"] == [{"type": "input_text", "text": "Message 0."}]
    assert (newest["first_id"], newest["last_id"]) == (newest["data"][0]["id"], newest["data"][-1]["id"])
    assert newest["has_more"] is False


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", range(1, 9))
def test_pages_hold_every_item_once(client: Client, response_id: str, order: str, limit: int) -> None:
    whole = client.get(f"/responses/{response_id}/input_items?order={order}").json["data"]
    items: list[Any] = []
    after, more = "", True
    while more:
        page = client.get(f"/responses/{response_id}/input_items?order={order}&limit={limit}{after}").json
        items += page["data"]
        after, more = f"&after={page['last_id']}", page["has_more"]
    assert items == whole


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=-1", "order=up", "after=msg_unknown"]
)
def test_an_invalid_page_is_rejected(client: Client, response_id: str, query: str) -> None:
    assert client.get(f"/responses/{response_id}/input_items?{query}").status == 400


def test_an_empty_page_is_a_page(client: Client, response_id: str) -> None:
    last = client.get(f"/responses/{response_id}/input_items").json["last_id"]
    reply = client.get(f"/responses/{response_id}/input_items?after={last}")
    assert (reply.status, reply.json["data"], reply.json["has_more"]) == (200, [], False)


def test_keys_do_not_see_one_another(client: Client) -> None:
    response_id = client.create(background=True, stream=True).events[0]["response"]["id"]
    assert client.get(f"/responses/{response_id}", BOB).status == 404
    assert client.get(f"/responses/{response_id}?stream=true", BOB).status == 404
    assert client.get(f"/responses/{response_id}/input_items", BOB).status == 404
    assert client.post(f"/responses/{response_id}/cancel", headers=BOB).status == 404
    assert client.send("DELETE", f"/responses/{response_id}", headers=BOB).status == 404
    assert (
        client.create(previous_response_id=response_id, headers=BOB).error["code"]
        == "previous_response_not_found"
    )
    assert client.get(f"/responses/{response_id}", AUTHORIZED).status == 200


def test_counting_stores_nothing_and_equals_the_input_tokens_of_a_create(client: Client) -> None:
    body = {"model": "gpt-5", "input": "Say hello.", "instructions": "Be brief.", "tools": [TOOL]}
    count = client.post("/responses/input_tokens", body).json
    response = client.post("/responses", body).json
    assert count == {"object": "response.input_tokens", "input_tokens": response["usage"]["input_tokens"]}


@pytest.mark.parametrize("dialect", ["openai", "openresponses"])
def test_a_compacted_conversation_still_has_its_facts(dialect: str) -> None:
    client = Client(dialect=dialect)
    first = client.create("My code word is heron.")
    compaction = client.post(
        "/responses/compact", {"model": "gpt-5", "previous_response_id": first.json["id"]}
    )
    assert (compaction.status, compaction.json["object"]) == (200, "response.compaction")
    window = compaction.json["output"]
    assert "heron" in text_of(
        client.create([*window, {"role": "user", "type": "message", "content": "What is my code word?"}])
    )
    assert client.create(previous_response_id=compaction.json["id"]).status == 400
    assert client.post("/responses/compact", {"input": "x"}).status == 400
