"""Requests that the mock server rejects: with which code, and which field it names."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_mockserver.behaviour import checks
from antiphon_mockserver.state.record import RequestDetails
from antiphon_spec.dialect import load
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
def test_invalid_requests_are_rejected_with_the_field_and_a_code(
    client: Client, change: dict[str, Any], param: str | None, code: str | None
) -> None:
    reply = client.post("/responses", {"model": "gpt-5", "input": "Say hello.", **change})
    assert reply.status == 400, reply.raw
    assert (reply.error["type"], reply.error["param"], reply.error["code"]) == (
        "invalid_request_error",
        param,
        code,
    )
    assert reply.error["message"]


@pytest.mark.parametrize(("change", "param", "code"), REFUSED_BY_OPENAI, ids=name)
def test_openai_rejects_more(change: dict[str, Any], param: str | None, code: str | None) -> None:
    reply = OPENAI.post("/responses", {"model": "gpt-5", "input": "Say hello.", **change})
    assert (reply.status, reply.error["param"], reply.error["code"]) == (400, param, code)


def test_open_responses_ignores_unknown_members() -> None:
    assert OPENRESPONSES.create(nonsense=1).status == 200
    messages = [
        {"type": "message", "role": "user", "content": "Say hello.", "encrypted_content": ["nonsense"]}
    ]
    assert OPENRESPONSES.create(messages).status == 200
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
    reply = client.create(tools=[tool])
    assert (reply.status, reply.error["code"]) == (400, "invalid_function_parameters")
    assert reply.error["param"] == "tools[0].parameters"
    form = {"type": "json_schema", "name": "found", "strict": True, "schema": loose}
    reply = client.create(text={"format": form})
    assert (reply.status, reply.error["code"]) == (400, "invalid_json_schema")


@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_valid_strict_schemas_are_accepted(client: Client) -> None:
    tool = {"type": "function", "name": "look", "strict": True, "parameters": CLOSED}
    form = {"type": "json_schema", "name": "found", "strict": True, "schema": CLOSED}
    assert client.create(tools=[tool], text={"format": form}).status == 200


@pytest.mark.parametrize("missing", ["model", "input"])
@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_a_create_needs_a_model_and_an_input(client: Client, missing: str) -> None:
    body = {"model": "gpt-5", "input": "Say hello."}
    del body[missing]
    reply = client.post("/responses", body)
    assert (reply.status, reply.error["param"], reply.error["code"]) == (
        400,
        missing,
        "missing_required_parameter",
    )


def test_only_configured_models_exist() -> None:
    choosy = Client(models=("mine",))
    assert choosy.create(model="mine").status == 200
    assert choosy.create(model="gpt-5").error["code"] == "model_not_found"


def test_a_rejected_request_stores_nothing() -> None:
    client = Client()
    rejection = client.create(max_output_tokens=1)
    assert "id" not in rejection.json
    assert client.create(max_output_tokens=1).raw == rejection.raw


def test_a_context_that_is_too_long_is_rejected_or_truncated() -> None:
    long = [{"role": "user", "content": f"{n} " + "word " * 30_000} for n in range(6)]
    rejection = OPENAI.create([*long, {"role": "user", "content": "Say hello."}])
    assert (rejection.status, rejection.error["code"]) == (400, "context_length_exceeded")
    truncated_reply = OPENAI.create([*long, {"role": "user", "content": "Say hello."}], truncation="auto")
    assert truncated_reply.status == 200
    assert truncated_reply.json["output"][0]["content"][0]["text"] == "Hello!"


def test_tampered_encrypted_content_is_rejected() -> None:
    message = {"role": "user", "content": "Think."}
    creation = OPENAI.create(
        [message], reasoning={"effort": "low"}, include=["reasoning.encrypted_content"], store=False
    )
    reasoning, answer = creation.json["output"]
    ciphertext = reasoning["encrypted_content"]
    tampered_item = {**reasoning, "encrypted_content": ciphertext[:-8] + "AAAA" + ciphertext[-4:]}
    reply = OPENAI.create([message, tampered_item, answer, {"role": "user", "content": "Go on."}])
    assert (reply.status, reply.error["code"]) == (400, "invalid_encrypted_content")
    assert OPENAI.create([message, reasoning, answer, {"role": "user", "content": "Go on."}]).status == 200


@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_a_body_nested_too_deeply_is_rejected(client: Client) -> None:
    value: Any = "x"
    for _ in range(300):
        value = {"a": value}
    assert client.create(metadata=value).error["code"] == "invalid_json"


@pytest.mark.parametrize("client", BOTH, ids=("openai", "openresponses"))
def test_an_error_names_the_first_wrong_element_of_a_long_list(client: Client) -> None:
    right = {"type": "message", "role": "user", "content": "x"}
    reply = client.create([*[right] * 900, {"type": "nonsense"}, *[right] * 900])
    assert reply.error["param"] == "input[900].type"


BODIES = [{"model": "m", "input": "x", **members} for members, _, _ in REFUSED_BY_BOTH]


@pytest.mark.parametrize("check", checks.LOOKS_AT, ids=lambda check: check.__name__)
def test_a_check_that_may_be_left_out_would_have_passed(check: checks.Check) -> None:
    members = checks.LOOKS_AT[check]
    for body in BODIES:
        without = {name: value for name, value in body.items() if name not in members}
        check(RequestDetails("createResponse", without, load("openai")))


@pytest.mark.parametrize("dialect", ["openai", "openresponses"])
def test_checks_that_a_validator_has_settled_would_have_passed(dialect: str) -> None:
    schemas = load(dialect).schemas
    settled = [body for body in BODIES if schemas.names_all("createResponse", body)]
    assert {"model": "m", "input": "x", "top_p": 3} not in settled
    for body in settled:
        for check in checks.SETTLED:
            check(RequestDetails("createResponse", body, load(dialect)))


def test_a_check_that_no_table_knows_always_runs() -> None:
    def mutant(details: RequestDetails) -> None:
        """Stands for a check that was put in front."""

    selection = checks.Selection([mutant, checks.limits, checks.tool_names])
    assert selection.of(["model", "input"]) == (mutant,)
    assert selection.of(["model", "top_p"]) == (mutant, checks.limits)


@pytest.mark.parametrize("kind", [{}, [], 7, None, {"type": "array"}])
def test_the_type_of_a_tool_that_is_no_text_is_rejected(kind):
    reply = Client(dialect="openai").create(tools=[{"type": kind, "name": "look_up", "parameters": {}}])
    assert reply.status == 400
