"""The eight operations of conversations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_client import BOB, Client


@pytest.fixture
def client() -> Client:
    return Client(dialect="openai")


def conversation(client: Client, *texts: str, **body: Any) -> str:
    """The id of a new conversation with these messages of the user."""
    items = [{"role": "user", "content": text} for text in texts]
    reply = client.post("/conversations", {"items": items, **body} if items else body)
    assert reply.status == 200, reply.raw
    return str(reply.json["id"])


def items_of(client: Client, conversation_id: str, query: str = "order=asc") -> list[Any]:
    return list(client.get(f"/conversations/{conversation_id}/items?{query}").json["data"])


def texts_of(items: list[Any]) -> list[str]:
    return [part["text"] for item in items for part in item.get("content", ())]


def test_a_conversation_has_an_id_a_date_and_metadata(client: Client) -> None:
    body = client.post("/conversations", {"metadata": {"topic": "herons"}}).json
    assert body == {
        "id": body["id"],
        "object": "conversation",
        "created_at": 1_767_225_600,
        "metadata": {"topic": "herons"},
    }
    assert body["id"].startswith("conv_")
    assert len(body["id"]) == len("conv_") + 48
    assert client.get(f"/conversations/{body['id']}").json == body


def test_without_anything_it_is_empty(client: Client) -> None:
    body = client.post("/conversations", {}).json
    assert body["metadata"] == {}
    page = client.get(f"/conversations/{body['id']}/items").json
    assert page == {"object": "list", "data": [], "first_id": "", "last_id": "", "has_more": False}


def test_two_equal_creates_make_two_conversations(client: Client) -> None:
    assert conversation(client) != conversation(client)


def test_an_update_replaces_the_metadata_whole(client: Client) -> None:
    conversation_id = conversation(client, metadata={"topic": "herons", "place": "pond"})
    reply = client.post(f"/conversations/{conversation_id}", {"metadata": {"topic": "storks"}})
    assert reply.json["metadata"] == {"topic": "storks"}
    assert client.get(f"/conversations/{conversation_id}").json == reply.json


def test_a_deleted_conversation_is_gone(client: Client) -> None:
    conversation_id = conversation(client, "Hello.")
    body = client.send("DELETE", f"/conversations/{conversation_id}").json
    assert body == {"id": conversation_id, "object": "conversation.deleted", "deleted": True}
    assert client.get(f"/conversations/{conversation_id}").status == 404
    assert client.get(f"/conversations/{conversation_id}/items").status == 404
    assert client.send("DELETE", f"/conversations/{conversation_id}").status == 404
    assert client.create(conversation=conversation_id).status == 404


def test_new_items_are_a_list_in_the_order_in_which_they_were_sent(client: Client) -> None:
    conversation_id = conversation(client, "One.")
    items = [{"role": "user", "content": "Two."}, {"role": "assistant", "content": "Three."}]
    page = client.post(f"/conversations/{conversation_id}/items", {"items": items}).json
    assert texts_of(page["data"]) == ["Two.", "Three."]
    assert (page["object"], page["has_more"]) == ("list", False)
    assert [page["first_id"], page["last_id"]] == [item["id"] for item in page["data"]]
    assert texts_of(items_of(client, conversation_id)) == ["One.", "Two.", "Three."]


def test_a_list_is_newest_first_and_cut_into_pages(client: Client) -> None:
    conversation_id = conversation(client, *(f"Message {number}." for number in range(5)))
    seen: list[str] = []
    query, more = "limit=2", True
    while more:
        page = client.get(f"/conversations/{conversation_id}/items?{query}").json
        seen += texts_of(page["data"])
        query, more = f"limit=2&after={page['last_id']}", page["has_more"]
    assert seen == [f"Message {number}." for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "order=up", "after=msg_unknown", "include=nothing"]
)
def test_a_wrong_query_is_rejected(client: Client, query: str) -> None:
    assert client.get(f"/conversations/{conversation(client, 'One.')}/items?{query}").status == 400


def test_one_item_is_read_and_deleted(client: Client) -> None:
    conversation_id = conversation(client, "One.", "Two.", metadata={"topic": "numbers"})
    first, second = items_of(client, conversation_id)
    path = f"/conversations/{conversation_id}/items/{first['id']}"
    assert client.get(path).json == first
    body = client.send("DELETE", path).json
    assert body == client.get(f"/conversations/{conversation_id}").json
    assert items_of(client, conversation_id) == [second]
    assert client.get(path).status == 404
    assert client.send("DELETE", path).status == 404


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/conversations", {"items": [{"role": "user", "content": "Hi."}] * 21}, "items"),
        ("/conversations", {"items": [{"role": "nobody", "content": "Hi."}]}, "items"),
        ("/conversations", {"metadata": {f"key{number}": "x" for number in range(17)}}, "metadata"),
        ("/conversations", {"metadata": {"k" * 65: "x"}}, "metadata"),
        ("/conversations", {"metadata": {"key": "x" * 513}}, "metadata"),
        ("/conversations", {"title": "Herons"}, "title"),
        ("/conversations/{}", {}, "metadata"),
        ("/conversations/{}", {"metadata": {"key": 7}}, "metadata"),
        ("/conversations/{}/items", {}, "items"),
        ("/conversations/{}/items", {"items": [{"role": "user", "content": "Hi."}] * 21}, "items"),
    ],
)
def test_a_wrong_body_is_rejected(client: Client, path: str, body: Any, param: str) -> None:
    reply = client.post(path.format(conversation(client)), body)
    assert reply.status == 400
    assert reply.error["param"].startswith(param)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/conversations/{}", None),
        ("POST", "/conversations/{}", {"metadata": {}}),
        ("DELETE", "/conversations/{}", None),
        ("GET", "/conversations/{}/items", None),
        ("POST", "/conversations/{}/items", {"items": []}),
        ("GET", "/conversations/{}/items/msg_1", None),
        ("DELETE", "/conversations/{}/items/msg_1", None),
        ("POST", "/responses", {"model": "gpt-5", "input": "Hi.", "conversation": "{}"}),
        ("POST", "/responses/input_tokens", {"model": "gpt-5", "input": "Hi.", "conversation": {"id": "{}"}}),
    ],
)
def test_an_unknown_conversation_and_that_of_another_key_are_not_found(
    client: Client, method: str, path: str, body: Any
) -> None:
    mine = conversation(client)
    for conversation_id in ("conv_unknown", mine):
        raw = b"" if body is None else json.dumps(body).replace("{}", conversation_id, 1).encode()
        if body == {"metadata": {}}:
            raw = json.dumps(body).encode()
        reply = client.send(method, path.format(conversation_id), raw, headers=BOB)
        assert reply.status == 404
        assert conversation_id in reply.error["message"]
