"""Whether the text of a model follows the JSON Schema that the client sent."""

from __future__ import annotations

from itertools import islice
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

_SCHEMAS = jsonschema_rs.Draft202012Validator(Draft202012Validator.META_SCHEMA)
MOST = 3
"""How many faults are reported."""

_NOTHING_REMOTE: Registry[Any] = Registry()
"""References to the network are never followed."""


def misfits(value: Any, schema: Any) -> list[str]:
    """Why a value does not follow a schema; empty when it does, or when the schema is not valid itself."""
    if not isinstance(schema, dict):
        return []
    try:
        if not _is_schema(schema):
            Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, registry=_NOTHING_REMOTE)
        return [_describe(fault) for fault in islice(validator.iter_errors(value), MOST)]
    except (SchemaError, Unresolvable, RecursionError):
        return []


def _is_schema(schema: Any) -> bool:
    """Whether this is a valid schema, by the quick validator; False when it cannot tell."""
    try:
        return _SCHEMAS.is_valid(schema)
    except ValueError:  # the compiled validator cannot read it
        return False


def _describe(fault: ValidationError) -> str:
    where = "/".join(map(str, fault.absolute_path))
    return f"{where}: {fault.message}" if where else fault.message
