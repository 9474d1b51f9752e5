"""Query parameters: types, defaults and ranges of the document, also ranges that only its prose has."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from antiphon_mockserver.server.errors import invalid
from antiphon_spec.document import Document, Operation, Parameter

RANGES: Mapping[str, tuple[int, int]] = {"limit": (1, 100), "starting_after": (0, 2**63)}
"""Ranges that are in the descriptions, but not in the schemas (INP-02, RSM-10)."""
DEFAULTS: Mapping[str, Any] = {"limit": 20, "order": "desc", "include": ()}
MOMENTS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "date": (re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII), "2026-01-31"),
    "date-time": (
        re.compile(
            r"\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})?)?", re.ASCII
        ),
        "2026-01-31T12:00:00Z",
    ),
}
"""The patterns of two formats of JSON Schema (RFC 3339), with examples; a date-time may omit its time."""
TRUTH = {"true": True, "1": True, "false": False, "0": False}


def read_query(operation: Operation, document: Document, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Returns the parameters of the operation, converted, with their defaults; ignores unknown ones.

    Rejects a value that its schema does not allow, with 400.
    """
    query = {}
    for parameter in operation.parameters:
        if parameter.place != "query":
            continue
        values = [value for name, value in pairs if name in (parameter.name, f"{parameter.name}[]")]
        default = document.resolve(parameter.schema).get("default", DEFAULTS.get(parameter.name))
        if values:
            query[parameter.name] = convert(parameter, document, values)
        elif default is not None:
            query[parameter.name] = default
    return query


def convert(parameter: Parameter, document: Document, values: Sequence[str]) -> Any:
    """Converts one parameter. Rejects a value that its schema does not allow, with 400."""
    schema = document.resolve(parameter.schema)
    if schema.get("type") == "array":
        members = document.resolve(schema.get("items", {}))
        if not parameter.explode:
            values = [part.strip() for value in values for part in value.split(",")]
        return [
            _convert_text(f"{parameter.name}[{index}]", members, value) for index, value in enumerate(values)
        ]
    return _convert_text(parameter.name, schema, values[-1])


def _convert_text(name: str, schema: Mapping[str, Any], text: str) -> Any:
    kind = schema.get("type")
    if kind == "integer":
        return _integer(name, text, schema)
    if kind == "number":
        return _number(name, text, schema)
    if kind == "boolean":
        if text.lower() not in TRUTH:
            raise invalid(
                f"Invalid '{name}': expected true or false, got '{text[:64]}'.", name, "invalid_type"
            )
        return TRUTH[text.lower()]
    choices = schema.get("enum")
    if choices and text not in choices:
        message = f"Invalid '{name}': expected one of {', '.join(map(str, choices))}, got '{text[:64]}'."
        raise invalid(message, name, "invalid_value")
    if schema.get("format") in MOMENTS:
        _check_moment(name, text, schema["format"])
    return text


def _check_moment(name: str, text: str, form: str) -> None:
    pattern, example = MOMENTS[form]
    try:
        if pattern.fullmatch(text) is None:
            raise ValueError
        datetime.fromisoformat(text.upper())
    except ValueError:
        message = f"Invalid '{name}': expected a {form} such as {example}, got '{text[:64]}'."
        raise invalid(message, name, "invalid_value") from None


def _number(name: str, text: str, schema: Mapping[str, Any]) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < schema.get("minimum", -math.inf):
        least = f" >= {schema['minimum']}" if "minimum" in schema else ""
        message = f"Invalid '{name}': expected a number{least}, got '{text[:64]}'."
        raise invalid(message, name, "invalid_type")
    return value


def _integer(name: str, text: str, schema: Mapping[str, Any]) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        raise invalid(f"Invalid '{name}': expected an integer, got '{text[:64]}'.", name, "invalid_type")
    value = int(text)
    least, most = RANGES.get(name, (-(2**63), 2**63))
    least, most = schema.get("minimum", least), schema.get("maximum", most)
    if value < least:
        message = f"Invalid '{name}': expected a value >= {least}, got {value}."
        raise invalid(message, name, "integer_below_min_value")
    if value > most:
        message = f"Invalid '{name}': expected a value <= {most}, got {value}."
        raise invalid(message, name, "integer_above_max_value")
    return value
