"""Output of the Cloudglue mock besides messages: calls of the request's functions, and queries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from antiphon_spec.dialect import load
from library_questions import collection_by_name
from mock_client import Client, Reply

SCHEMAS = load("cloudglue").schemas
RECIPES, KITCHEN = collection_by_name("recipes"), collection_by_name("Kitchen videos")
TIMER = {
    "type": "function",
    "name": "set_timer",
    "parameters": {"type": "object", "properties": {"minutes": {"type": "integer"}}, "required": ["minutes"]},
}
BACKED: dict[str, Any] = {
    "type": "entity_backed_knowledge",
    "entity_backed_knowledge_config": {"entity_collections": [{"collection_id": RECIPES.id}]},
}
SEARCHED = {"collections": [KITCHEN.id]}


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(dialect="cloudglue")


def ask(client: Client, question: str, base: dict[str, Any], **body: Any) -> Reply:
    request = {"model": "nimbus-002-preview", "input": question, "knowledge_base": base, **body}
    reply = client.post("/responses", request)
    assert reply.status == 200, reply.raw
    return reply


def types(response: Any) -> list[str]:
    return [item["type"] for item in response["output"]]


def test_a_function_that_the_question_names_is_called(client: Client) -> None:
    response = ask(client, "Call set_timer for 9 minutes.", SEARCHED, tools=[TIMER]).json
    (call,) = response["output"]
    assert SCHEMAS.item("function_call").faults(call) == []  # type: ignore[union-attr]
    assert set(call) == {"type", "id", "call_id", "name", "arguments"}
    assert (call["name"], json.loads(call["arguments"])) == ("set_timer", {"minutes": 9})
    assert response["usage"]["output_tokens"] > 0


def test_any_other_question_is_answered_from_the_library(client: Client) -> None:
    response = ask(client, "How long does the carbonara rest?", SEARCHED, tools=[TIMER]).json
    assert types(response) == ["message"]
    assert response["output"][0]["content"][0]["annotations"]


def test_a_call_is_streamed_as_an_item_without_text(client: Client) -> None:
    events = ask(client, "Call set_timer for 9 minutes.", SEARCHED, tools=[TIMER], stream=True).events
    assert [event["type"] for event in events] == [
        "response.created",
        "response.output_item.added",
        "response.output_item.done",
        "response.completed",
    ]


def test_entity_queries_are_shown_when_only_entities_are_searched(client: Client) -> None:
    response = ask(client, "What are these videos about?", BACKED).json
    query, message = response["output"]
    assert SCHEMAS.item("cloudglue_query_call").faults(query) == []  # type: ignore[union-attr]
    assert (query["status"], query["sql"]) == ("completed", 'SELECT * FROM "recipes"')
    assert query["row_count"] == query["total_rows"] == len(RECIPES.files)
    assert message["content"][0]["annotations"]


def test_no_query_is_shown_when_collections_are_searched(client: Client) -> None:
    assert types(ask(client, "What are these videos about?", BACKED | SEARCHED).json) == ["message"]
