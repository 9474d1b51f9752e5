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
