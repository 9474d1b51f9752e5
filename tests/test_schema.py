"""Validators decide fast and name the one wrong field; another library decides alike."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from antiphon_spec.dialect import load, names
from antiphon_spec.document import Document
from antiphon_spec.json_schema.sample import Sampler
from antiphon_spec.json_schema.unknown import close, unknown_members
from antiphon_spec.schema import LocalValidator, Schemas

OPENAI = load("openai").schemas
OPENRESPONSES = load("openresponses").schemas
HELLO = {"model": "m", "input": "Hello"}
FUNCTION = {
    "type": "function",
    "name": "look",
    "parameters": {"type": "object", "made up": 1},
    "strict": True,
}


def messages_of(schemas: Any, body: Any) -> list[str]:
    return [fault.message for fault in schemas.request("createResponse").faults(body)]


@pytest.mark.parametrize("schemas", [OPENAI, OPENRESPONSES], ids=["openai", "openresponses"])
@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"input": [{"type": "message", "role": "user", "content": "Hello"}]},
        {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}]},
        {"input": [{"type": "function_call_output", "call_id": "call_1", "output": "{}"}]},
        {"input": [{"id": "msg_1"}]},
        {"tools": [FUNCTION], "tool_choice": {"type": "function", "name": "look"}},
        {"tool_choice": "required", "temperature": 0, "max_output_tokens": 16},
        {"metadata": {f"key{index}": "x" * 512 for index in range(16)}},
        {"text": {"format": {"type": "json_schema", "name": "a", "schema": {}}}},
    ],
    ids=lambda extra: next(iter(extra), "least"),
)
def test_a_right_request_has_no_faults(schemas: Any, extra: dict[str, Any]) -> None:
    assert messages_of(schemas, HELLO | extra) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "the body: expected an object, got an empty array"),
        ({"input": 3}, "input: expected a string or an array, got 3"),
        ({"max_output_tokens": 15}, "max_output_tokens: expected at least 16, got 15"),
        ({"temperature": "hot"}, "temperature: expected a number or null, got 'hot'"),
        ({"metadata": {"a": 1}}, "metadata.a: expected a string, got 1"),
        (
            {"metadata": {str(n): "" for n in range(17)}},
            "metadata: expected at most 16 members, got 17 members",
        ),
        ({"tool_choice": "maybe"}, "tool_choice: expected one of 'none', 'auto', 'required', got 'maybe'"),
        (
            {"tool_choice": {"type": "function"}},
            "tool_choice.name is missing (required)",
        ),
        ({"tools": [{"name": "a"}]}, "tools[0].type is missing (required)"),
        (
            {"tools": [{**FUNCTION, "name": "a b"}]},
            "tools[0].name: expected a string that matches ^[a-zA-Z0-9_-]+$, got 'a b'",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_text"}]}]},
            "input[0].content[0].text is missing (required)",
        ),
        (
            {"input": [{"role": "bot", "content": "a"}]},
            "input[0].role: expected one of 'assistant', 'developer', 'system', 'user', got 'bot'",
        ),
        (
            {"input": [{"type": "function_call_output", "call_id": "x" * 65, "output": ""}]},
            "input[0].call_id: expected at most 64 characters, got 65 characters",
        ),
        ({"input": [{}]}, "input[0].type is missing (required)"),
        (
            {"text": {"format": {"type": "xml"}}},
            "text.format.type: expected one of 'json_object', 'json_schema', 'text', got 'xml'",
        ),
    ],
)
def test_one_mistake_is_one_fault_at_its_place(body: Any, message: str) -> None:
    assert messages_of(OPENAI, body) == [message]


def test_the_least_instance_satisfies_conditions_on_an_empty_object() -> None:
    schema = {
        "type": "object",
        "allOf": [
            {"if": {"properties": {"kind": {"const": "song"}}}, "then": {"required": ["title"]}},
            {"if": {"required": ["kind"]}, "then": {"required": ["verses"]}},
        ],
    }
    values = [probe.value for probe in Sampler(Document({})).probes(schema)]
    assert values[0] == {"title": {}}
    assert values[-1] == {"title": {}, "no_such_thing": 1}


def test_the_fault_of_an_unknown_type_lists_the_known_types() -> None:
    (fault,) = OPENAI.request("createResponse").faults({"input": [{"type": "nope"}]})
    assert fault.param == "input[0].type"
    assert "'function_call'" in fault.expected
    assert fault.actual == "'nope'"


def test_a_message_without_a_required_type_has_that_fault() -> None:
    assert messages_of(OPENRESPONSES, {"input": [{"role": "user", "content": "a"}]}) == [
        "input[0].type is missing (required)"
    ]


@pytest.mark.parametrize("text", ["\ud800", "\ud800" * 3])
def test_text_with_lone_surrogates_is_still_judged(text: str) -> None:
    assert OPENAI.component("Error").is_valid({"type": text, "message": "", "param": None, "code": None})
    assert not OPENAI.component("Error").is_valid({"type": text})


def test_an_error_answer_has_its_envelope() -> None:
    validator = OPENAI.body("createResponse", 404)
    assert validator is not None
    assert validator.is_valid({"error": {"type": "a", "message": "b", "param": None, "code": None}})
    assert [fault.pointer for fault in validator.faults({"message": "b"})] == ["/error"]


def test_events_and_items_are_found_by_their_type() -> None:
    assert len(OPENRESPONSES.event_types) == 24
    assert "response.mcp_call.failed" in OPENAI.event_types
    assert OPENAI.event("response.nope") is None
    assert OPENAI.item_types >= {"message", "web_search_call", "compaction", "custom_tool_call"}
    validator = OPENAI.item("message")
    assert validator is not None
    assert validator.name == "OutputMessage"


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"type": "server_error", "code": None, "message": "", "param": None}},
        {"code": None, "message": "", "param": None},
    ],
    ids=["nested", "flat"],
)
def test_openai_errors_may_be_nested_or_flat(error: dict[str, Any]) -> None:
    validator = OPENAI.event("error")
    assert validator is not None
    assert validator.is_valid({"type": "error", "sequence_number": 1, **error})
    assert not validator.is_valid({"type": "error", "sequence_number": 1})


@pytest.mark.parametrize(
    ("body", "params"),
    [
        ({"bogus": 1}, ["bogus"]),
        ({"metadata": {"any": "thing"}, "tools": [FUNCTION]}, []),
        ({"tools": [{**FUNCTION, "bogus": 1}]}, ["tools[0].bogus"]),
        ({"input": [{"role": "user", "content": "a", "bogus": 1}]}, ["input[0].bogus"]),
        (
            {"input": [{"role": "user", "content": [{"type": "input_text", "text": "", "z": 1}]}]},
            ["input[0].content[0].z"],
        ),
        (
            {"text": {"format": {"type": "json_schema", "name": "a", "schema": {"z": 1}, "z": 1}}},
            ["text.format.z"],
        ),
        ({"input": "Hello", "reasoning": None}, []),
    ],
)
def test_unknown_members_are_found(body: Any, params: list[str]) -> None:
    assert [fault.param for fault in OPENAI.unknown_members("createResponse", body)] == params


@pytest.mark.parametrize("name", names())
def test_both_libraries_agree(name: str) -> None:
    """`jsonschema-rs` and `jsonschema` decide alike, and what is invalid has a fault."""
    schemas = load(name).schemas
    sampler = Sampler(
        schemas.document, lambda reference: Sampler(schemas.document).least({"$ref": reference})
    )
    registry = Registry().with_resource(
        "urn:antiphon:document", DRAFT202012.create_resource(schemas.document.root)
    )
    at_odds, rejections = [], 0
    for schema_name, schema in list(schemas.document.schemas.items())[::3]:
        validator = schemas.component(schema_name)
        slow = jsonschema.Draft202012Validator(
            {"$ref": f"urn:antiphon:document#/components/schemas/{schema_name}"}, registry=registry
        )
        for probe in list(sampler.probes(schema))[:40]:
            valid = validator.is_valid(probe.value)
            rejections += not valid
            if valid != slow.is_valid(probe.value) or valid == bool(validator.faults(probe.value)):
                at_odds.append((schema_name, probe))
    assert at_odds == []
    assert rejections > 100


RIGHT_REQUESTS = {"azure": 1600, "bud": 450, "openai": 1600, "openresponses": 450, "cloudglue": 95}
"""How many probes of a create are right requests at least: a quarter to a third of all probes."""


@pytest.mark.parametrize("name", names())
def test_the_fast_check_for_unknown_members_misses_none(name: str) -> None:
    schemas = load(name).schemas
    pointer = schemas.document.operations["createResponse"].request_schema
    assert pointer is not None
    fast = Schemas(Document({"components": close({"schemas": dict(schemas.document.schemas)})})).at(pointer)
    probes = list(Sampler(schemas.document, deepest=3).probes({"$ref": pointer}))
    clean_bodies = [probe.value for probe in probes if fast.is_valid(probe.value)]
    assert [body for body in clean_bodies if unknown_members(schemas.document, pointer, body)] == []
    assert len(clean_bodies) > RIGHT_REQUESTS[name]


@pytest.mark.parametrize("name", ["0", "007", "18446744073709551615", "-1", "1.5", "٣"])
def test_a_member_may_be_named_by_digits(name: str) -> None:
    schema = {"$defs": {"0": {"type": "string"}}, "additionalProperties": {"$ref": "#/$defs/0"}}
    (fault,) = LocalValidator(schema).faults({name: 1})
    assert (fault.pointer, fault.expected, fault.actual) == (f"/{name}", "a string", "1")


def test_a_member_may_have_no_name() -> None:
    inner = {"properties": {"": {"properties": {"a": {"type": "string"}, "0": {"type": "null"}}}}}
    faults = LocalValidator(inner).faults({"": {"a": 1, "0": 2}})
    assert [(fault.pointer, fault.actual) for fault in faults] == [("//0", "2"), ("//a", "1")]
    (fault,) = LocalValidator({"additionalProperties": {"type": "string"}}).faults({"": 1})
    assert (fault.pointer, fault.actual) == ("/", "1")
