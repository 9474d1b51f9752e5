"""Whether the text of a model follows the JSON Schema that the client sent."""

from __future__ import annotations

from typing import Any

from antiphon_spec.schema import LocalValidator

MOST = 3
"""How many faults are reported."""


def misfits(value: Any, schema: Any) -> list[str]:
    """Why a value does not follow a schema; empty when it does, or when the schema is not valid itself."""
    if not isinstance(schema, dict):
        return []
    try:
        return LocalValidator(schema).messages(value)[:MOST]
    except ValueError:  # it is malformed, or refers to another document
        return []


STRUCTURAL = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "$ref"}
)
"""The keywords that every server with strict schemas enforces; the rest differs from model to model."""
NAMED = frozenset({"properties", "$defs", "definitions"})
"""The keywords whose members are names, each with a schema."""


def structure(schema: Any) -> Any:
    """The schema without the keywords that a server may take as a mere hint: lengths, ranges, patterns."""
    if isinstance(schema, list):
        return [structure(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for name, value in schema.items():
        if name in NAMED and isinstance(value, dict):
            kept[name] = {key: structure(inner) for key, inner in value.items()}
        elif name in STRUCTURAL:
            kept[name] = value if name in ("enum", "const", "required", "type") else structure(value)
    return kept
