"""Rewriting a schema before it is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.model.words import words

ROOT = "urn:antiphon:schema"
COUNTS = frozenset(
    words("minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains")
)
"""Keywords whose value is a count; JSON may also write it as 3.0."""


def with_whole_counts(schema: Any) -> Any:
    """The schema with every count as an integer."""
    if isinstance(schema, list):
        return [with_whole_counts(inner) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: int(value) if key in COUNTS and isinstance(value, float) else with_whole_counts(value)
        for key, value in schema.items()
    }


def with_absolute_references(schema: Any) -> Any:
    """The schema with references that start at our root, so that pieces of it can be validated alone."""
    if isinstance(schema, list):
        return [with_absolute_references(inner) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: ROOT + value
        if key in ("$ref", "$dynamicRef") and isinstance(value, str) and value.startswith("#")
        else with_absolute_references(value)
        for key, value in schema.items()
    }
