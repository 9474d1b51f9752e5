"""Composed responses are valid and complete, echo every parameter, and their tokens add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from antiphon_mockserver.response.plan import Plan
from model_requests import DIALECTS, EXCHANGE, RESPONSES, WEATHER, plan, respond

GENUINE = (
    "id object created_at status background completed_at error frequency_penalty incomplete_details"
    " instructions max_output_tokens max_tool_calls model moderation output parallel_tool_calls"
    " presence_penalty previous_response_id prompt_cache_key prompt_cache_retention reasoning"
    " safety_identifier service_tier store temperature text tool_choice tools top_logprobs top_p"
    " truncation usage user metadata"
)
"""The members of a genuine OpenAI response of 2026, in their order."""

FORMAT = {
    "type": "json_schema",
    "name": "city",
    "schema": {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
        "additionalProperties": False,
    },
}

REQUESTS: dict[str, dict[str, Any]] = {
    "text": {"input": "Say hello."},
    "calls": {"input": "Weather in Paris and Rome?", "tools": [WEATHER]},
    "forced": {"input": "Hi", "tools": [WEATHER, EXCHANGE], "tool_choice": "required"},
    "allowed": {
        "input": "Weather in Paris?",
        "tools": [WEATHER],
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "required",
            "tools": [{"type": "function", "name": "get_weather"}],
        },
    },
    "structured": {"input": "The largest city of Japan is Tokyo.", "text": {"format": FORMAT}},
    "thought": {"input": "Think.", "reasoning": {"effort": "high", "summary": "detailed"}},
    "sealed": {"input": "Think.", "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]},
    "refusal": {"input": "Please refuse."},
    "cut": {"input": "Tell me a long story.", "max_output_tokens": 16},
    "cut while thinking": {
        "input": "Think.",
        "max_output_tokens": 16,
        "reasoning": {"effort": "high"},
    },
    "weighed": {"input": "Hi", "include": ["message.output_text.logprobs"], "top_logprobs": 3},
    "echoed": {
        "input": "Hi",
        "instructions": "Be kind.",
        "metadata": {"a": "b"},
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 100,
        "max_tool_calls": 3,
        "parallel_tool_calls": False,
        "previous_response_id": "resp_1",
        "prompt_cache_key": "k",
        "safety_identifier": "s",
        "service_tier": "auto",
        "store": False,
        "truncation": "auto",
        "top_logprobs": 2,
    },
}

each_dialect = pytest.mark.parametrize("name", RESPONSES)


@each_dialect
@pytest.mark.parametrize("kind", REQUESTS)
def test_every_kind_of_response_is_valid(name: str, kind: str) -> None:
    validator = DIALECTS[name].schemas.body("createResponse")
    assert validator is not None
    assert validator.faults(respond(**REQUESTS[kind], name=name)) == []


@pytest.mark.parametrize("kind", REQUESTS)
def test_openai_responses_have_the_members_of_genuine_ones_in_their_order(kind: str) -> None:
    assert " ".join(respond(**REQUESTS[kind])) == GENUINE


@each_dialect
def test_the_response_echoes_the_members_of_the_request(name: str) -> None:
    request = REQUESTS["echoed"]
    response = respond(**request, name=name)
    expected = {key: value for key, value in request.items() if key != "input"} | {"service_tier": "default"}
    assert {key: response[key] for key in expected} == expected


@each_dialect
def test_the_response_echoes_defaults_of_absent_members(name: str) -> None:
    response = respond("Hi", name, temperature=None, tools=None, text=None, metadata=None)
    expected = {
        "temperature": 1.0,
        "tools": [],
        "metadata": {},
        "tool_choice": "auto",
        "truncation": "disabled",
    }
    assert {key: response[key] for key in expected} == expected
    assert response["text"]["format"] == {"type": "text"}


@each_dialect
def test_an_echoed_tool_has_all_its_members(name: str) -> None:
    (tool,) = respond("Hi", name, tools=[{"type": "function", "name": "f"}])["tools"]
    assert tool == {"type": "function", "name": "f", "description": None, "parameters": None, "strict": True}


def test_openai_echoes_the_schema_of_a_format_and_open_responses_sends_null() -> None:
    formats = {name: respond("Hi", name, text={"format": FORMAT})["text"]["format"] for name in RESPONSES}
    assert formats["openai"] == {**FORMAT, "description": None, "strict": False}
    assert formats["openresponses"] == {**FORMAT, "description": None, "strict": False, "schema": None}


def test_echoing_does_not_change_the_request() -> None:
    form = {**FORMAT}
    respond("Hi", "openresponses", text={"format": form})
    assert form == FORMAT


@each_dialect
@pytest.mark.parametrize("kind", REQUESTS)
def test_tokens_add_up(name: str, kind: str) -> None:
    usage = respond(**REQUESTS[kind], name=name)["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert 0 <= usage["output_tokens_details"]["reasoning_tokens"] <= usage["output_tokens"]
    assert 0 <= usage["input_tokens_details"]["cached_tokens"] <= usage["input_tokens"]


def test_only_openai_counts_what_is_written_to_the_cache() -> None:
    details = {name: respond("Hi", name)["usage"]["input_tokens_details"] for name in RESPONSES}
    assert details["openai"] == {"cache_write_tokens": 0, "cached_tokens": 0}
    assert details["openresponses"] == {"cached_tokens": 0}


def test_item_ids_begin_like_the_response_id_and_are_unique() -> None:
    response = respond("Weather in Paris, Rome and Oslo?", tools=[WEATHER], reasoning={"effort": "low"})
    ids = [item["id"] for item in response["output"]]
    assert [id.partition("_")[0] for id in ids] == ["rs", "fc", "fc", "fc"]
    assert {id.partition("_")[2][:16] for id in ids} == {response["id"].partition("_")[2][:16]}
    assert len({*ids, *(item.get("call_id", "") for item in response["output"])}) == 4 + 3 + 1


@each_dialect
def test_a_failed_response_has_an_error_but_no_usage_and_no_completed_at(name: str) -> None:
    failure = Plan(status="failed", error={"code": "server_error", "message": "Broken."})
    response = respond("Hi", name, failure)
    assert (response["status"], response["usage"], response["completed_at"]) == ("failed", None, None)
    assert response["error"] == {"code": "server_error", "message": "Broken."}


@each_dialect
def test_the_last_item_of_an_incomplete_response_is_incomplete(name: str) -> None:
    items = plan("Hi", name).items * 2
    response = respond("Hi", name, Plan(items, status="incomplete", reason="max_output_tokens"))
    assert [item["status"] for item in response["output"]] == ["completed", "incomplete"]
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert response["completed_at"] is None


def test_a_plan_may_set_ids_and_states() -> None:
    (item,) = plan("Hi").items
    odd = replace(plan("Hi"), items=({**item, "id": "mine", "status": "in_progress"},))
    assert [(item["id"], item["status"]) for item in respond("Hi", planned_response=odd)["output"]] == [
        ("mine", "in_progress")
    ]
