"""Structured output: by a strict schema, as a refusal, and as any JSON object."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

CITY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "population": {"type": "integer"},
        "capital": {"type": "boolean"},
        "districts": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "population", "capital", "districts"],
    "additionalProperties": False,
}

DISTRICT: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "side": {"type": "string", "enum": ["north", "south"]}},
    "required": ["name", "side"],
    "additionalProperties": False,
}
CITY_OF_DISTRICTS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "population": {"type": "integer"},
        "districts": {"type": "array", "items": {"$ref": "#/$defs/District"}},
    },
    "required": ["name", "population", "districts"],
    "additionalProperties": False,
    "$defs": {"District": DISTRICT},
}
"""A schema as libraries write it for a class with a list of another class."""


def schema_format(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The member `text` of a create with this schema."""
    return {"format": {"type": "json_schema", "name": "city", "schema": schema, **more}}


@scenario(features=("structured",))
async def structured_output(conversation: Conversation) -> None:
    """Asks for a text by a strict schema, in a stream and, with a definition, in a body; then for refusals,
    likewise."""
    form = schema_format(CITY, strict=True)
    await conversation.create("streamed", input="Describe Paris.", text=form, stream=True)
    parts = schema_format(CITY_OF_DISTRICTS, strict=True)
    answer = await conversation.create("answered", input="Describe Rome.", text=parts, may_fail=True)
    if not answer.ok:
        await conversation.create("answered_plainly", input="Describe Rome.", text=form, may_fail=True)
    await conversation.create(
        "refused", input="Please refuse this request.", text=schema_format(CITY), may_fail=True
    )
    await conversation.create("refusing", input="Please refuse this request.", text=form, stream=True)


@scenario(features=("structured",), dialect="openai")
async def json_object(conversation: Conversation) -> None:
    """Asks for any JSON object."""
    await conversation.create(
        "answered", input="Describe Paris as a JSON object.", text={"format": {"type": "json_object"}}
    )
