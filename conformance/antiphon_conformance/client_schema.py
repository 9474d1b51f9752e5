"""JSON Schemas that a client sent: whether the text that a model wrote follows them."""

from __future__ import annotations

from itertools import islice
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

_SCHEMAS = jsonschema_rs.Draft202012Validator(Draft202012Validator.META_SCHEMA)
MOST = 3
"""How many misfits are told."""

_NOTHING_REMOTE: Registry[Any] = Registry()
"""References into the network are never followed."""


def misfits(value: Any, schema: Any) -> list[str]:
    """Why a value does not follow a schema; nothing when it does, or when the schema itself is none."""
    if not isinstance(schema, dict):
        return []
    try:
        if not _is_schema(schema):
            Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, registry=_NOTHING_REMOTE)
        return [_told(fault) for fault in islice(validator.iter_errors(value), MOST)]
    except (SchemaError, Unresolvable, RecursionError):
        return []


def _is_schema(schema: Any) -> bool:
    """Whether this is surely a schema: quickly said, and mostly so."""
    try:
        return _SCHEMAS.is_valid(schema)
    except ValueError:  # what the compiled validator cannot read
        return False


def _told(fault: ValidationError) -> str:
    where = "/".join(map(str, fault.absolute_path))
    return f"{where}: {fault.message}" if where else fault.message
