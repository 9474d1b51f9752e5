"""Bud's reference page: its examples run, and each of its eight groups of events comes in its order."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from mock_client import AUTHORIZED, Client, Reply

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
QUBITS: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "calculate_quantum_state",
        "description": "State probabilities",
        "parameters": {
            "type": "object",
            "properties": {"qubits": {"type": "integer"}, "state": {"type": "string"}},
            "required": ["qubits", "state"],
        },
    },
}
FIBONACCI: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "calculate_fibonacci",
        "description": "Fibonacci numbers",
        "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    },
}
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}


@pytest.fixture
def bud() -> Client:
    return Client(dialect="bud")


def post(client: Client, **body: Any) -> Reply:
    return client.post("/responses", body)


def test_the_first_example_has_everything_at_once(bud: Client) -> None:
    before = post(bud, model="gpt-4o", input="Hello").json["id"]
    reply = post(
        bud,
        model="gpt-4o",
        input="Explain quantum computing",
        previous_response_id=before,
        prompt={
            "id": "prompt_quantum_explanation",
            "variables": {"topic": "quantum computing", "difficulty": "beginner"},
            "version": "1",
        },
        instructions="You are a helpful physics tutor",
        modalities=["text"],
        reasoning=True,
        tools=[QUBITS],
        tool_choice="auto",
        temperature=0.7,
        max_tokens=1500,
        stream=False,
        metadata={"user_id": "user123", "session": "quantum_tutorial"},
    )
    assert reply.status == 200
    response = reply.json
    assert (response["object"], response["status"], response["model"]) == ("response", "completed", "gpt-4o")
    assert [
        (item["role"], item["status"], item["content"][0]["text"]) for item in response["instructions"]
    ] == [
        ("system", "completed", "You are a helpful physics tutor."),
        ("user", "completed", "Explain quantum computing to a beginner."),
        ("user", "completed", "Explain quantum computing"),
    ]
    assert response["metadata"] == {"user_id": "user123", "session": "quantum_tutorial"}
    assert (response["temperature"], response["top_p"], response["max_output_tokens"]) == (0.7, 0.9, 1500)
    assert (response["parallel_tool_calls"], response["tool_choice"], response["tools"]) == (True, "auto", [])
    assert (response["background"], response["reasoning"]) == (False, {})
    assert response["text"] == {"format": {"type": "text"}}
    usage = response["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["input_tokens_details"] == {"cached_tokens": 0, "cache_write_tokens": 0}


EXAMPLES: dict[str, dict[str, Any]] = {
    "a template with input": {
        "prompt": {
            "id": "prompt_name",
            "version": "1",
            "variables": {"variable_1": "Value 1", "variable_2": "Value 2"},
        },
        "input": "Unstructured input text related to the prompt.",
    },
    "a template by its id": {
        "prompt": {
            "id": "prompt_template_id",
            "variables": {"topic": "quantum computing"},
            "version": "1",
        },
        "input": "Unstructured user input",
    },
    "a template alone": {
        "prompt": {"id": "prompt_neural_networks", "variables": {"question": "Explain neural networks"}}
    },
    "a picture": {
        "model": "gpt-4o-vision",
        "input": [
            {"type": "text", "text": "What's in this image?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        ],
    },
    "a question": {"model": "gpt-4o", "input": "What is machine learning?"},
    "a tool": {
        "model": "gpt-4o",
        "input": "Calculate the fibonacci sequence up to 10",
        "tools": [FIBONACCI],
    },
    "a helper's first turn": {
        "model": "gpt-4o",
        "input": "What is artificial intelligence?",
        "previous_response_id": None,
    },
    "a helper's temperature": {
        "model": "gpt-4o",
        "input": "Explain the theory of relativity",
        "temperature": 0.7,
    },
    "a helper's stream": {"model": "gpt-4o", "input": "Write a short story", "stream": True},
    "another helper's tool": {
        "model": "gpt-4o",
        "input": "What is the weather in Paris?",
        "tools": [WEATHER],
    },
    "reasoning": {"model": "o1-preview", "input": "Solve this complex problem...", "reasoning": True},
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_answered(bud: Client, name: str) -> None:
    reply = post(bud, **EXAMPLES[name])
    assert reply.status == 200
    final = reply.events[-1]["response"] if EXAMPLES[name].get("stream") else reply.json
    assert (final["object"], final["status"]) == ("response", "completed")
    assert final["output"]


def test_the_example_of_a_tool_is_called(bud: Client) -> None:
    (call,) = post(bud, **EXAMPLES["another helper's tool"]).json["output"]
    assert call["type"] == "function_call"
    assert (call["name"], call["arguments"]) == ("get_weather", '{"location":"Paris"}')
    assert call["id"].startswith("fc_")
    assert call["call_id"].startswith("call_")
    assert "status" not in call
    assert "output" not in call


def test_several_calls_come_at_once(bud: Client) -> None:
    question = "What is the weather in Paris and in London?"
    output = post(bud, model="gpt-4o", input=question, tools=[WEATHER]).json["output"]
    assert [call["arguments"] for call in output] == ['{"location":"Paris"}', '{"location":"London"}']
    assert len({call["call_id"] for call in output}) == 2


def test_turns_follow_each_other(bud: Client) -> None:
    first = post(bud, model="gpt-4o", input="Explain neural networks").json
    question = "How do they differ from traditional algorithms?"
    second = post(bud, model="gpt-4o", input=question, previous_response_id=first["id"]).json
    assert second["previous_response_id"] == first["id"]
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"]
    tutor = "You are a helpful tutor who remembers previous conversations"
    third = post(
        bud,
        model="gpt-4o",
        input="Continue our discussion",
        previous_response_id=second["id"],
        instructions=tutor,
    ).json
    page = bud.get(f"/responses/{third['id']}/input_items").json
    assert page["object"] == "list"
    assert [(item["role"], item["content"]) for item in page["data"]] == [
        ("system", tutor),
        ("user", "Explain neural networks"),
        ("assistant", first["output"][0]["content"][0]["text"]),
        ("user", question),
        ("assistant", second["output"][0]["content"][0]["text"]),
        ("user", "Continue our discussion"),
    ]
    assert (page["has_more"], page["first_id"]) == (False, page["data"][0]["id"])


def test_a_deleted_response_cannot_be_read(bud: Client) -> None:
    response = post(bud, model="gpt-4o", input="Hello").json
    path = f"/responses/{response['id']}"
    assert bud.get(path).json == response
    assert bud.send("DELETE", path).json == {"id": response["id"], "object": "response", "deleted": True}
    assert [bud.get(path).status, bud.send("DELETE", path).status] == [404, 404]


def test_a_response_in_progress_is_cancelled(bud: Client) -> None:
    response = post(bud, model="gpt-4o", input="Count from 1 to 300.", background=True).json
    cancel = bud.post(f"/responses/{response['id']}/cancel").json
    assert (cancel["id"], cancel["object"]) == (response["id"], "response")
    assert (cancel["status"], type(cancel["cancelled_at"])) == ("cancelled", int)
    assert bud.get(f"/responses/{response['id']}").json == cancel
    foreground = post(bud, model="gpt-4o", input="Hello").json
    assert bud.post(f"/responses/{foreground['id']}/cancel").status == 400


ITEM, PART, TEXT = "response.output_item", "response.content_part", "response.output_text"
SUMMARY, SUMMARY_PART = "response.reasoning_summary_text", "response.reasoning_summary_part"
USE_TOOLS = {
    "prompt": {"id": "antiphon_probe", "version": "5"},
    "input": "Read notes.txt with read_file.",
}
GROUPS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "1 initial": (EXAMPLES["a helper's stream"], ["response.created", "response.in_progress"]),
    "2 list of tools": (
        USE_TOOLS,
        [
            f"{ITEM}.added",
            "response.mcp_list_tools.in_progress",
            "response.mcp_list_tools.completed",
            f"{ITEM}.done",
        ],
    ),
    "3 text": (
        EXAMPLES["a helper's stream"],
        [
            f"{ITEM}.added",
            f"{PART}.added",
            f"{TEXT}.delta",
            f"{TEXT}.done",
            f"{PART}.done",
            f"{ITEM}.done",
        ],
    ),
    "4 reasoning": (
        {**EXAMPLES["reasoning"], "stream": True},
        [
            f"{ITEM}.added",
            f"{SUMMARY_PART}.added",
            f"{SUMMARY}.delta",
            f"{SUMMARY}.done",
            f"{SUMMARY_PART}.done",
            f"{ITEM}.done",
        ],
    ),
    "5 call of a server's tool": (
        USE_TOOLS,
        [
            f"{ITEM}.added",
            "response.mcp_call.in_progress",
            "response.mcp_call_arguments.delta",
            "response.mcp_call_arguments.done",
            "response.mcp_call.completed",
            f"{ITEM}.done",
        ],
    ),
    "6 call of a function": (
        {**EXAMPLES["another helper's tool"], "stream": True},
        [f"{ITEM}.added", "response.function_call_arguments.done", f"{ITEM}.done"],
    ),
    "7 completion": (EXAMPLES["a helper's stream"], [f"{ITEM}.done", "response.completed"]),
    "8 failure": (
        {"prompt": {"id": "antiphon_probe", "version": "8"}, "input": "Hello"},
        ["response.created", "response.in_progress", "response.failed"],
    ),
}
MEMBERS = {
    f"{ITEM}.added": {"output_index", "item"},
    f"{ITEM}.done": {"output_index", "item"},
    f"{PART}.added": {"item_id", "output_index", "content_index", "part"},
    f"{PART}.done": {"item_id", "output_index", "content_index", "part"},
    f"{TEXT}.delta": {"item_id", "output_index", "content_index", "delta", "logprobs"},
    f"{TEXT}.done": {"item_id", "output_index", "content_index", "text", "logprobs"},
    f"{SUMMARY_PART}.added": {"item_id", "output_index", "summary_index", "part"},
    f"{SUMMARY_PART}.done": {"item_id", "output_index", "summary_index", "part"},
    f"{SUMMARY}.delta": {"item_id", "output_index", "summary_index", "delta"},
    f"{SUMMARY}.done": {"item_id", "output_index", "summary_index", "text"},
    "response.mcp_list_tools.in_progress": {"item_id", "output_index"},
    "response.mcp_list_tools.completed": {"item_id", "output_index"},
    "response.mcp_call.in_progress": {"item_id", "output_index"},
    "response.mcp_call_arguments.delta": {"item_id", "output_index", "delta"},
    "response.mcp_call_arguments.done": {"item_id", "output_index", "arguments"},
    "response.mcp_call.completed": {"item_id", "output_index"},
    "response.function_call_arguments.done": {"item_id", "output_index", "name", "arguments"},
}
"""Members of the page's events beside `type` and `sequence_number`; other events have `response`."""


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_of_events_comes_in_order(bud: Client, group: str) -> None:
    request, expected = GROUPS[group]
    types = [kind for kind, _ in groupby(event["type"] for event in post(bud, **request).events)]
    assert any(types[start : start + len(expected)] == expected for start in range(len(types)))


@pytest.mark.parametrize("group", GROUPS)
def test_events_have_the_members_that_the_page_shows(bud: Client, group: str) -> None:
    request, _ = GROUPS[group]
    events = post(bud, **request).events
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    for event in events:
        members = MEMBERS.get(event["type"], {"response"})
        assert set(event) == {"type", "sequence_number", *members}


def test_items_are_numbered_as_they_stand_in_the_output(bud: Client) -> None:
    events = post(bud, **USE_TOOLS).events
    endings = [event for event in events if event["type"] == f"{ITEM}.done"]
    assert [event["output_index"] for event in endings] == list(range(len(endings)))
    assert [event["item"] for event in endings] == events[-1]["response"]["output"]
    kinds = [event["item"]["type"] for event in endings]
    assert kinds == ["mcp_list_tools", "mcp_list_tools", "mcp_call", "message"]


def test_a_failed_response_has_a_code_and_no_error_event(bud: Client) -> None:
    events = post(bud, prompt={"id": "antiphon_probe", "version": "8"}).events
    error = events[-1]["response"]["error"]
    assert (error["code"], error["type"]) == ("server_error", "server_error")
    assert "error" not in [event["type"] for event in events]


def test_streams_are_ascii_and_end_without_a_sentinel(bud: Client) -> None:
    reply = post(bud, model="gpt-4o", input="Reply with exactly: café\u2028ok", stream=True)
    assert reply.raw.isascii()
    assert reply.raw.endswith(b"\n\n")
    assert b"[DONE]" not in reply.raw


REJECTIONS: dict[str, tuple[dict[str, Any], int, str, str | None]] = {
    "an unknown model": (
        {"model": "invalid-model", "input": "Hello"},
        400,
        "invalid_request_error",
        "invalid_model",
    ),
    "no model": ({"input": "Hello"}, 400, "invalid_request_error", "missing_required_parameter"),
    "a hot model": (
        {"model": "gpt-4o", "input": "Hello", "temperature": 3},
        400,
        "invalid_request_error",
        "decimal_above_max_value",
    ),
    "a rejected stream": (
        {"model": "gpt-4o", "input": 5, "stream": True},
        400,
        "invalid_request_error",
        "invalid_type",
    ),
}


@pytest.mark.parametrize("name", REJECTIONS)
def test_an_error_has_message_type_and_code(bud: Client, name: str) -> None:
    body, status, kind, code = REJECTIONS[name]
    reply = post(bud, **body)
    assert (reply.status, reply.headers["content-type"]) == (status, "application/json")
    assert (reply.error["type"], reply.error["code"]) == (kind, code)
    assert reply.error["message"]


@pytest.mark.parametrize("authorization", [None, "Bearer wrong-key", "Bearer "])
def test_a_401_has_the_code_of_the_page(bud: Client, authorization: str | None) -> None:
    headers = {**AUTHORIZED, "authorization": authorization or ""}
    reply = bud.create(headers={name: value for name, value in headers.items() if value})
    assert (reply.status, reply.error["type"]) == (401, "authentication_error")
    assert reply.error["code"] == "invalid_api_key"


def test_body_and_headers_of_a_rate_limit_say_when_to_retry() -> None:
    reply = Client(dialect="bud", faults=("rate-limit=0",)).create()
    assert (reply.status, reply.error["type"]) == (429, "rate_limit_error")
    assert (reply.error["code"], reply.error["retry_after"]) == ("rate_limit_exceeded", 1)
    assert reply.headers["retry-after"] == "1"
    assert {name for name in reply.headers if name.startswith("x-ratelimit-")} == {
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    }


def test_a_body_of_more_than_a_mebibyte_is_rejected(bud: Client) -> None:
    assert bud.create("x" * 1_100_000).status == 413
