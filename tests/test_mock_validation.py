"""What the mock server refuses, with which code, and which field it names."""

from __future__ import annotations

from typing import Any

import pytest

from mock_client import Client

BOTH = Client(dialect="openai"), Client(dialect="openresponses")
OPENAI, OPENRESPONSES = BOTH
FUNCTION = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "done"}
CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}

REFUSED_BY_BOTH: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"model": 3}, "model", "invalid_type"),
    ({"model": "no-such-model"}, "model", "model_not_found"),
    ({"model": "gpt-unknown"}, "model", "model_not_found"),
    ({"input": 3}, "input", "invalid_type"),
    ({"input": {}}, "input", "invalid_type"),
    ({"input": [{"type": "nonsense"}]}, "input[0].type", "invalid_value"),
    ({"input": [{"type": "message", "role": "king", "content": "x"}]}, "input[0].role", "invalid_value"),
    ({"input": [{"type": "message", "role": "user", "content": 3}]}, "input[0].content", "invalid_type"),
    (
        {"input": [{"type": "function_call_output", "call_id": "", "output": "x"}]},
        "input[0].call_id",
        "empty_string",
    ),
    ({"input": [OUTPUT]}, "input", None),
    ({"input": [CALL]}, "input", None),
    ({"input": [{"type": "item_reference", "id": "msg_nothing"}]}, "input", None),
    ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
    ({"max_output_tokens": 16.5}, "max_output_tokens", "invalid_type"),
    ({"max_tool_calls": 0}, "max_tool_calls", "integer_below_min_value"),
    ({"top_logprobs": 21}, "top_logprobs", "integer_above_max_value"),
    ({"temperature": -1}, "temperature", "decimal_below_min_value"),
    ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
    ({"top_p": 1.5}, "top_p", "decimal_above_max_value"),
    ({"stream": "yes"}, "stream", "invalid_type"),
    ({"truncation": "sometimes"}, "truncation", "invalid_value"),
    ({"service_tier": "luxury"}, "service_tier", "invalid_value"),
    ({"include": ["everything"]}, "include[0]", "invalid_value"),
    ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_properties"),
    ({"metadata": {"k": "x" * 513}}, "metadata.k", "string_above_max_length"),
    ({"metadata": {"k" * 65: "x"}}, "metadata", "property_name_above_max_length"),
    ({"metadata": {"k": 1}}, "metadata.k", "invalid_type"),
    ({"tools": [{"type": "function", "name": "no good"}]}, "tools[0].name", "invalid_value"),
    ({"tools": [FUNCTION, FUNCTION]}, "tools[1].name", "invalid_value"),
    ({"tool_choice": "perhaps"}, "tool_choice", "invalid_value"),
    ({"tool_choice": "required"}, "tool_choice", None),
    ({"tool_choice": {"type": "function", "name": "look"}}, "tool_choice", None),
    ({"tools": [FUNCTION], "tool_choice": {"type": "function", "name": "other"}}, "tool_choice", None),
    (
        {"tools": [FUNCTION], "tool_choice": {"type": "function"}},
        "tool_choice.name",
        "missing_required_parameter",
    ),
    ({"text": {"verbosity": "chatty"}}, "text.verbosity", "invalid_value"),
    ({"reasoning": {"effort": "heroic"}}, "reasoning.effort", "invalid_value"),
    ({"background": True, "store": False}, "background", None),
    ({"previous_response_id": "resp_unknown"}, "previous_response_id", "previous_response_not_found"),
    ({"previous_response_id": "resp 1!"}, "previous_response_id", "invalid_value"),
]
REFUSED_BY_OPENAI: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"nonsense": 1}, "nonsense", "unknown_parameter"),
    ({"reasoning": {"depth": 1}}, "reasoning.depth", "unknown_parameter"),
    ({"input": [{"role": "user", "content": "x", "mood": 1}]}, "input[0].mood", "unknown_parameter"),
    (
        {"conversation": "conv_1", "previous_response_id": "resp_1"},
        "previous_response_id",
        "mutually_exclusive_parameters",
    ),
    ({"input": [{"type": "reasoning", "summary": []}, {"role": "user", "content": "x"}]}, "input", None),
    ({"text": {"format": {"type": "json_object"}}}, "input", None),
]


def name(case: Any) -> str:
    return str(case)[:60]


@pytest.mark.parametrize(("change", "param", "code"), REFUSED_BY_BOTH, ids=name)
@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_mistakes_are_refused_with_the_field_and_a_code(
    client: Client, change: dict[str, Any], param: str | None, code: str | None
) -> None:
    got = client.post("/responses", {"model": "gpt-5", "input": "Say hello.", **change})
    assert got.status == 400, got.raw
    assert (got.error["type"], got.error["param"], got.error["code"]) == (
        "invalid_request_error",
        param,
        code,
    )
    assert got.error["message"]


@pytest.mark.parametrize(("change", "param", "code"), REFUSED_BY_OPENAI, ids=name)
def test_openai_refuses_more(change: dict[str, Any], param: str | None, code: str | None) -> None:
    got = OPENAI.post("/responses", {"model": "gpt-5", "input": "Say hello.", **change})
    assert (got.status, got.error["param"], got.error["code"]) == (400, param, code)


def test_open_responses_ignores_what_it_does_not_know() -> None:
    assert OPENRESPONSES.create(nonsense=1).status == 200
    said = [{"type": "message", "role": "user", "content": "Say hello.", "encrypted_content": ["nonsense"]}]
    assert OPENRESPONSES.create(said).status == 200
    compact = {"model": "gpt-5", "input": "Say hello.", "text": "nonsense", "tools": [{"name": []}]}
    assert OPENRESPONSES.post("/responses/compact", compact).status == 200


@pytest.mark.parametrize(
    "loose",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        CLOSED | {"properties": {"a": {"type": "array", "items": {"type": "object"}}}},
        CLOSED | {"properties": {"a": {"anyOf": [{"type": "object", "properties": {}}, {"type": "null"}]}}},
        {"type": "string"},
        {"type": "strin"},
    ],
    ids=name,
)
@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_strict_schemas_close_every_object_and_require_every_property(
    client: Client, loose: dict[str, Any]
) -> None:
    tool = {"type": "function", "name": "look", "strict": True, "parameters": loose}
    got = client.create(tools=[tool])
    assert (got.status, got.error["code"]) == (400, "invalid_function_parameters")
    assert got.error["param"] == "tools[0].parameters"
    form = {"type": "json_schema", "name": "found", "strict": True, "schema": loose}
    got = client.create(text={"format": form})
    assert (got.status, got.error["code"]) == (400, "invalid_json_schema")


@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_strict_schemas_that_keep_the_rules_are_taken(client: Client) -> None:
    tool = {"type": "function", "name": "look", "strict": True, "parameters": CLOSED}
    form = {"type": "json_schema", "name": "found", "strict": True, "schema": CLOSED}
    assert client.create(tools=[tool], text={"format": form}).status == 200


@pytest.mark.parametrize("missing", ["model", "input"])
@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_a_create_needs_a_model_and_something_to_answer(client: Client, missing: str) -> None:
    body = {"model": "gpt-5", "input": "Say hello."}
    del body[missing]
    got = client.post("/responses", body)
    assert (got.status, got.error["param"], got.error["code"]) == (400, missing, "missing_required_parameter")


def test_only_the_models_that_were_named_exist() -> None:
    choosy = Client(models=("mine",))
    assert choosy.create(model="mine").status == 200
    assert choosy.create(model="gpt-5").error["code"] == "model_not_found"


def test_a_refused_request_leaves_nothing_behind() -> None:
    client = Client()
    refused = client.create(max_output_tokens=1)
    assert "id" not in refused.json
    assert client.create(max_output_tokens=1).raw == refused.raw


def test_a_context_that_is_too_long_is_refused_or_shortened() -> None:
    long = [{"role": "user", "content": f"{n} " + "word " * 30_000} for n in range(6)]
    refused = OPENAI.create([*long, {"role": "user", "content": "Say hello."}])
    assert (refused.status, refused.error["code"]) == (400, "context_length_exceeded")
    shortened = OPENAI.create([*long, {"role": "user", "content": "Say hello."}], truncation="auto")
    assert shortened.status == 200
    assert shortened.json["output"][0]["content"][0]["text"] == "Hello!"


def test_a_tampered_secret_is_refused() -> None:
    asked = {"role": "user", "content": "Think."}
    made = OPENAI.create(
        [asked], reasoning={"effort": "low"}, include=["reasoning.encrypted_content"], store=False
    )
    thought, answer = made.json["output"]
    sealed = thought["encrypted_content"]
    changed = {**thought, "encrypted_content": sealed[:-8] + "AAAA" + sealed[-4:]}
    got = OPENAI.create([asked, changed, answer, {"role": "user", "content": "Go on."}])
    assert (got.status, got.error["code"]) == (400, "invalid_encrypted_content")
    assert OPENAI.create([asked, thought, answer, {"role": "user", "content": "Go on."}]).status == 200


@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_a_body_nested_beyond_what_answers_can_repeat_is_refused(client: Client) -> None:
    nested: Any = "x"
    for _ in range(300):
        nested = {"a": nested}
    assert client.create(metadata=nested).error["code"] == "invalid_json"


@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_of_a_long_list_the_first_wrong_element_is_named(client: Client) -> None:
    right = {"type": "message", "role": "user", "content": "x"}
    got = client.create([*[right] * 900, {"type": "nonsense"}, *[right] * 900])
    assert got.error["param"] == "input[900].type"
