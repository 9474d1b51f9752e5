"""What makes a request acceptable to the document's schema, and which error a breach deserves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.record import Asked
from antiphon_spec.fault import Fault, pointer_of, steps
from antiphon_spec.schema import Validator

LONG = 16
"""Lists of more elements are shortened before a breach of the schema is explained."""

TOO_SMALL = {"minimum", "exclusiveMinimum"}
TOO_LARGE = {"maximum", "exclusiveMaximum"}
DECIMALS = {"temperature", "top_p", "presence_penalty", "frequency_penalty"}
"""Parameters that count as decimals, even when a client sends a whole number."""
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


def schema(asked: Asked) -> None:
    """The body fits the document's schema; the refusal names the first field that does not."""
    validator = asked.dialect.schemas.request(asked.operation)
    if validator is not None and not validator.is_valid(asked.body):
        body = shortened(asked.body, validator)
        raise from_fault(validator.faults(body)[0], body)


def shortened(body: Mapping[str, Any], validator: Validator) -> Mapping[str, Any]:
    """An invalid body with no more of its long lists than makes it invalid; explaining is slow."""
    for name, values in body.items():
        if isinstance(values, list) and len(values) > LONG:
            lengths = range(1, len(values))
            length = 1 + bisect_left(
                lengths, True, key=partial(_is_invalid, body=body, name=name, validator=validator)
            )
            body = {**body, name: values[:length]}
    return body


def _is_invalid(length: int, body: Mapping[str, Any], name: str, validator: Validator) -> bool:
    """Whether the body is invalid already with so many elements of that list."""
    return not validator.is_valid({**body, name: body[name][:length]})


def heed(asked: Asked) -> Mapping[str, Any]:
    """The body, without what the document does not know where the dialect ignores that (REQ-72); what an
    object expressly has no room for stays, to be refused."""
    if asked.dialect.traits.unknown_parameters != "ignored":
        return asked.body
    found = asked.dialect.schemas.unknown_members(asked.operation, asked.body)
    if not found:
        return asked.body
    body = deepcopy(asked.body)
    for pointer in {fault.pointer for fault in found} - _forbidden(asked):
        *way, last = steps(pointer)
        del _at(body, pointer_of(way))[last]
    return body


def _forbidden(asked: Asked) -> frozenset[str]:
    """The pointers of members that the schema of their object forbids."""
    validator = asked.dialect.schemas.request(asked.operation)
    if validator is None or validator.is_valid(asked.body):
        return frozenset()
    faults = validator.faults(shortened(asked.body, validator))
    return frozenset(fault.pointer for fault in faults if fault.keyword == "additionalProperties")


def unknown(asked: Asked) -> None:
    """Where the dialect insists on it, the body has only parameters that the document knows (REQ-71)."""
    if asked.dialect.traits.unknown_parameters != "refused":
        return
    found = asked.dialect.schemas.unknown_members(asked.operation, asked.body)
    if found:
        raise invalid(f"Unknown parameter: '{found[0].param}'.", found[0].param, "unknown_parameter")


def from_fault(fault: Fault, body: Any) -> Denied:
    """The refusal that a breach of the schema deserves, with the code that a client may branch on."""
    value = _at(body, fault.pointer)
    message = f"Invalid '{fault.param}': expected {fault.expected}, got {fault.got}."
    if fault.keyword == "required":
        message = f"Missing required parameter: '{fault.param}'."
    return invalid(message, fault.param or None, code_of(fault.keyword, value, fault.param))


def code_of(keyword: str, value: Any, name: str) -> str:
    """The error code for a broken schema keyword and the value that broke it."""
    if keyword in TOO_SMALL or keyword in TOO_LARGE:
        number = "integer" if isinstance(value, int) and name not in DECIMALS else "decimal"
        return f"{number}_{'below_min' if keyword in TOO_SMALL else 'above_max'}_value"
    if keyword == "minLength":
        return "string_below_min_length" if value else "empty_string"
    if keyword == "minItems" and value == []:
        return "empty_array"
    return CODES.get(keyword, "invalid_value")


def _at(value: Any, pointer: str) -> Any:
    """What a JSON pointer into the body names; None when nothing is there (a missing member)."""
    for step in steps(pointer):
        if isinstance(value, list):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value
