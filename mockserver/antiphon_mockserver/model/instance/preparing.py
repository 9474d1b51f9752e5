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

DIALECTS = frozenset(
    (
        "http://json-schema.org/draft-04/schema",
        "http://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    )
)
"""The dialects of JSON Schema that the validator has with it."""
INSTANCES = frozenset(words("const enum default examples"))
"""Keywords whose values are instances and not schemas."""


def with_known_dialects(schema: Any) -> Any:
    """The schema without a `$schema` that nobody here knows: the validator would fetch it from its address.

    Such a schema is read in the newest dialect.
    """
    if isinstance(schema, list):
        return [with_known_dialects(inner) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: value if key in INSTANCES else with_known_dialects(value)
        for key, value in schema.items()
        if key != "$schema" or not isinstance(value, str) or value.rstrip("#") in DIALECTS
    }


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
