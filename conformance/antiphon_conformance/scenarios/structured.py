"""Structured output: by a strict schema, refused, as any JSON object, and by schemas that are not strict."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk

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


def schema_format(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """`text` of a create request that asks for this schema."""
    return {"format": {"type": "json_schema", "name": "city", "schema": schema, **more}}


@scenario(features=("structured",))
async def structured_output(talk: Talk) -> None:
    """Streams a text that follows a strict schema; then wants a refusal under a schema that is not strict."""
    await talk.create("streamed", input="Describe Paris.", text=schema_format(CITY, strict=True), stream=True)
    await talk.create("refused", input="Please refuse this request.", text=schema_format(CITY), may_fail=True)


@scenario(features=("structured",), dialect="openai")
async def json_object(talk: Talk) -> None:
    """Wants any JSON object."""
    await talk.create(
        "answered", input="Describe Paris as a JSON object.", text={"format": {"type": "json_object"}}
    )


@scenario(features=("structured",), dialect="openai")
async def refused_formats(talk: Talk) -> None:
    """Asks for JSON without a word of it, and for strict schemas that are not strict."""
    await talk.create(
        "json_unmentioned", input="Say hello.", text={"format": {"type": "json_object"}}, may_fail=True
    )
    loose = {"type": "object", "properties": {"name": {"type": "string"}}}
    await talk.create(
        "loose_schema", input="Describe Paris.", text=schema_format(loose, strict=True), may_fail=True
    )
    listed = {"type": "array", "items": {"type": "string"}}
    await talk.create(
        "array_at_root", input="Describe Paris.", text=schema_format(listed, strict=True), may_fail=True
    )
