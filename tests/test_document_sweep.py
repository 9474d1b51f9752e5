"""No document demands what it does not declare: no client and no server could know of such a member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from antiphon_spec.dialect import load, names
from antiphon_spec.document import Document, references
from mock_client import Client

SAME_INSTANCE = ("anyOf", "oneOf", "allOf", "if", "then", "else")
"""Keywords whose schemas speak of the same instance: what stands around them declares its members."""


def undeclared(
    value: Any, place: str, parts: Mapping[str, Any], around: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The names that a schema, or one inside it, requires and neither it nor what surrounds it declares.

    `parts` are the schemas, by reference, that others join by `allOf` and that declare nothing themselves.
    """
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from undeclared(inner, f"{place}/{index}", parts, around)
    if not isinstance(value, Mapping):
        return
    known = around | frozenset(value["properties"] if isinstance(value.get("properties"), Mapping) else ())
    required = value.get("required", ())
    if isinstance(required, list):
        yield from (f"{place}/required: {name}" for name in required if name not in known)
    if value.get("$ref") in parts:
        yield from undeclared(parts[value["$ref"]], f"{place}/$ref", parts, around)
    for key, inner in value.items():
        if key != "not":  # it names what must be absent
            below = known if key in SAME_INSTANCE else frozenset()
            yield from undeclared(inner, f"{place}/{key}", parts, below)


def joined_parts(document: Document) -> dict[str, Any]:
    """The components without a type, which other schemas join."""
    root = {f"#/components/schemas/{name}": schema for name, schema in document.schemas.items()}
    used = {reference for place, reference in references(document.root) if "/allOf/" in place}
    return {reference: root[reference] for reference in used if "type" not in root[reference]}


@pytest.mark.parametrize("name", names())
def test_a_document_declares_what_it_requires(name: str) -> None:
    document = load(name).document
    parts = joined_parts(document)
    whole = {f"#/components/schemas/{key}": schema for key, schema in document.schemas.items()}
    paths = {"#/paths": document.root["paths"]}
    checked = {place: schema for place, schema in {**paths, **whole}.items() if place not in parts}
    found = [name for place, schema in checked.items() for name in undeclared(schema, place, parts)]
    assert found == []


def test_an_undeclared_name_is_found() -> None:
    schema = {"required": ["id", "text"], "properties": {"id": {"anyOf": [{"required": ["kind"]}]}}}
    assert list(undeclared(schema, "#", {})) == [
        "#/required: text",
        "#/properties/id/anyOf/0/required: kind",
    ]


def test_a_branch_may_require_what_surrounds_it_declares() -> None:
    schema = {"properties": {"text": {}}, "anyOf": [{"required": ["text"]}, {"required": ["code"]}]}
    assert list(undeclared(schema, "#", {})) == ["#/anyOf/1/required: code"]


@pytest.mark.parametrize(
    ("item", "valid"),
    [
        ({"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}, True),
        ({"type": "mcp_approval_response", "approve": True}, False),
        ({"type": "local_shell_call_output", "id": "lsh_1", "output": "{}"}, True),
        ({"type": "reasoning", "summary": [], "content": None, "encrypted_content": "x"}, True),
        (
            {
                "type": "message",
                "role": "user",
                "content": "Hi",
                "internal_chat_message_metadata_passthrough": {},
            },
            True,
        ),
        ({"type": "configuration_update", "reasoning": {"effort": "low"}}, True),
        ({"type": "computer_call", "id": "cu_1", "call_id": "call_1", "status": "completed"}, True),
        ({"type": "computer_call", "id": "cu_1", "status": "completed"}, False),
    ],
)
def test_items_that_clients_send_are_valid(item: dict[str, Any], valid: bool) -> None:
    assert load("openai").schemas.component("InputItem").is_valid(item) is valid


@pytest.mark.parametrize(
    "member", [{"user": None}, {"top_logprobs": None}, {"client_metadata": {"x-codex-installation-id": "1"}}]
)
def test_members_that_clients_send_are_known(member: dict[str, Any]) -> None:
    schemas, body = load("openai").schemas, {"model": "gpt-5", "input": "Hi", **member}
    request = schemas.request("createResponse")
    assert request is not None
    assert request.faults(body) == []
    assert schemas.unknown_members("createResponse", body) == []


@pytest.mark.parametrize(
    "member",
    ["include", "stream", "background", "truncation", "store", "service_tier", "user", "top_logprobs"],
)
def test_null_stands_for_what_nobody_set(member: str) -> None:
    for name in ("openai", "openresponses"):
        request = load(name).schemas.request("createResponse")
        assert request is not None
        assert request.faults({"model": "gpt-5", "input": "Hi", member: None}) == []
        assert (
            Client(dialect=name).post("/responses", {"model": "gpt-5", "input": "Hi", member: None}).status
            == 200
        )
