"""Checks a request against the schema of the document, and builds the error for a violation."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails
from antiphon_spec.json_schema.fault import Fault, pointer_of, steps
from antiphon_spec.schema import Validator

LONG = 16
"""Longer lists are shortened before a violation of the schema is explained."""

TOO_SMALL = {"minimum", "exclusiveMinimum"}
TOO_LARGE = {"maximum", "exclusiveMaximum"}
DECIMALS = {"temperature", "top_p", "presence_penalty", "frequency_penalty"}
"""Parameters that are decimals, even when a client sends a whole number."""
CODES = {
    "required": "missing_required_parameter",
    "type": "invalid_type",
    "enum": "invalid_value",
    "const": "invalid_value",
    "pattern": "invalid_value",
    "format": "invalid_value",
    "maxLength": "string_above_max_length",
    "minItems": "array_below_min_length",
    "maxItems": "array_above_max_length",
    "maxProperties": "object_above_max_properties",
    "propertyNames": "property_name_above_max_length",
    "minProperties": "object_below_min_properties",
    "additionalProperties": "unknown_parameter",
    "unevaluatedProperties": "unknown_parameter",
}


def schema(details: RequestDetails) -> None:
    """The body matches the schema of the document; the error names the first field that does not."""
    validator = details.dialect.schemas.request(details.operation)
    if validator is not None and not validator.is_valid(details.body):
        body = shorten(details.body, validator)
        raise from_fault(validator.faults(body)[0], body)


def shorten(body: Mapping[str, Any], validator: Validator) -> Mapping[str, Any]:
    """Returns an invalid body with its long lists cut after the first invalid element; explaining is slow."""
    for name, values in body.items():
        if isinstance(values, list) and len(values) > LONG:
            lengths = range(1, len(values))
            length = 1 + bisect_left(
                lengths, True, key=partial(_is_invalid, body=body, name=name, validator=validator)
            )
            body = {**body, name: values[:length]}
    return body


def _is_invalid(length: int, body: Mapping[str, Any], name: str, validator: Validator) -> bool:
    """Whether the body is invalid with only this many elements of that list."""
    return not validator.is_valid({**body, name: body[name][:length]})


def ignore_unknown(details: RequestDetails) -> Mapping[str, Any]:
    """Returns the body without unknown members, where the dialect ignores them (REQ-72).

    Members that the schema of their object forbids stay, so that the checks reject them.
    """
    if details.dialect.traits.unknown_parameters != "ignored":
        return details.body
    faults = details.dialect.schemas.unknown_members(details.operation, details.body)
    if not faults:
        return details.body
    body = deepcopy(details.body)
    for pointer in {fault.pointer for fault in faults} - _forbidden(details):
        *way, last = steps(pointer)
        del _at(body, pointer_of(way))[last]
    return body


def _forbidden(details: RequestDetails) -> frozenset[str]:
    """The pointers of members that the schema of their object forbids."""
    validator = details.dialect.schemas.request(details.operation)
    if validator is None or validator.is_valid(details.body):
        return frozenset()
    faults = validator.faults(shorten(details.body, validator))
    return frozenset(fault.pointer for fault in faults if fault.keyword == "additionalProperties")


def unknown(details: RequestDetails) -> None:
    """Where the dialect requires it, the body has only parameters of the document (REQ-71)."""
    if details.dialect.traits.unknown_parameters != "refused":
        return
    faults = details.dialect.schemas.unknown_members(details.operation, details.body)
    if faults:
        raise invalid(f"Unknown parameter: '{faults[0].param}'.", faults[0].param, "unknown_parameter")


def from_fault(fault: Fault, body: Any) -> ApiError:
    """Returns the error for a violation of the schema, with the code that clients branch on."""
    value = _at(body, fault.pointer)
    message = f"Invalid '{fault.param}': expected {fault.expected}, got {fault.actual}."
    if fault.keyword == "required":
        message = f"Missing required parameter: '{fault.param}'."
    return invalid(message, fault.param or None, code_of(fault.keyword, value, fault.param))


def code_of(keyword: str, value: Any, name: str) -> str:
    """Returns the error code for a violated schema keyword and the value that violates it."""
    if keyword in TOO_SMALL or keyword in TOO_LARGE:
        number = "integer" if isinstance(value, int) and name not in DECIMALS else "decimal"
        return f"{number}_{'below_min' if keyword in TOO_SMALL else 'above_max'}_value"
    if keyword == "minLength":
        return "string_below_min_length" if value else "empty_string"
    if keyword == "minItems" and value == []:
        return "empty_array"
    return CODES.get(keyword, "invalid_value")


def _at(value: Any, pointer: str) -> Any:
    """The value at a JSON pointer into the body; None when the member is missing."""
    for step in steps(pointer):
        if isinstance(value, list):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value
