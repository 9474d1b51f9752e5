"""Checks of a request: the schema of the document, and what no schema expresses.

Parameters that conflict or name something that does not exist, and the JSON Schemas that a client sends.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from enum import Enum
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails
from antiphon_spec.json_schema.fault import Fault, pointer_of, steps
from antiphon_spec.loading.late import late_function
from antiphon_spec.schema import Validator

if TYPE_CHECKING:
    from antiphon_mockserver.model.instance.preparing import with_known_dialects
else:  # few requests have schemas
    with_known_dialects = late_function("antiphon_mockserver.model.instance.preparing", "with_known_dialects")

Check = Callable[[RequestDetails], None]
ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return ID.fullmatch(text) is not None


def required(details: RequestDetails) -> None:
    """A create names a model and has an input, or names a prompt template (REQ-01 leaves this open)."""
    body = details.body
    if details.operation != details.dialect.create_operation or body.get("prompt") is not None:
        return
    if body.get("model") is None:
        raise invalid("Missing required parameter: 'model'.", "model", "missing_required_parameter")
    if body.get("input") is not None:
        return
    if all(body.get(name) is None for name in ("previous_response_id", "conversation")):
        raise invalid("Missing required parameter: 'input'.", "input", "missing_required_parameter")


def limits(details: RequestDetails) -> None:
    """Numbers lie in the ranges that one document states only in prose (REQ-44)."""
    for name, least, most in (("temperature", 0, 2), ("top_p", 0, 1)):
        value = details.body.get(name)
        if value is not None and not least <= value <= most:
            message = f"Invalid '{name}': expected a value from {least} to {most}, got {value}."
            raise invalid(message, name, f"decimal_{'below_min' if value < least else 'above_max'}_value")


def conflicts(details: RequestDetails) -> None:
    """No two parameters exclude each other."""
    body = details.body
    if body.get("background") is True and body.get("store") is False:
        raise invalid(
            "A background response has to be stored: 'background' needs 'store' to be true.", "background"
        )
    if (
        body.get("background") is True
        and body.get("stream") is True
        and not details.dialect.mock.streamed_background
    ):
        raise invalid("'stream' and 'background' exclude each other; set one of them.", "stream")
    if body.get("conversation") is not None and body.get("previous_response_id") is not None:
        message = "'previous_response_id' and 'conversation' exclude each other; give one of them."
        raise invalid(message, "previous_response_id", "mutually_exclusive_parameters")


def identifiers(details: RequestDetails) -> None:
    """An id of another object has only letters, digits, underscores and dashes (REQ-68)."""
    value = details.body.get("previous_response_id")
    if isinstance(value, str) and not is_id(value):
        message = "Invalid 'previous_response_id': expected an id of letters, digits, underscores and dashes."
        raise invalid(message, "previous_response_id", "invalid_value")


def tool_choice(details: RequestDetails) -> None:
    """`tool_choice` names only tools of the request (REQ-36)."""
    choice, tools = details.body.get("tool_choice"), details.body.get("tools") or ()
    if choice == "required" and not tools:
        raise invalid("Tool choice 'required' needs at least one entry in 'tools'.", "tool_choice")
    if not isinstance(choice, Mapping):
        return
    choices = choice.get("tools", ()) if choice.get("type") == "allowed_tools" else (choice,)
    for member in choices:
        if not any(_matches(member, tool) for tool in tools):
            label = member.get("name") or member.get("server_label") or member.get("type")
            raise invalid(f"'tool_choice' names '{label}', which is not among 'tools'.", "tool_choice")


def _matches(choice: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    """Whether a choice means this tool: a hosted tool by its type, an MCP server by its label."""
    keys = ("type", "server_label") if choice.get("type") == "mcp" else ("type", "name")
    return all(tool.get(key) == choice[key] for key in keys if choice.get(key) is not None)


def tool_names(details: RequestDetails) -> None:
    """Tool names are unique; otherwise nobody knows which tool a call means (TOOL-29)."""
    names: set[str] = set()
    for index, tool in enumerate(details.body.get("tools") or ()):
        name = tool.get("name")
        if name in names:
            where = f"tools[{index}].name"
            raise invalid(f"Invalid '{where}': another tool is called '{name}', too.", where, "invalid_value")
        if isinstance(name, str):
            names.add(name)


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
    schemas = details.dialect.schemas
    if schemas.accepts(details.operation, details.body):
        return
    validator = schemas.request(details.operation)
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


class Demand(Enum):
    """What a schema has to be: any, that of an object, or one that keeps the strict rules."""

    ANY = "any"
    OBJECT = "object"
    STRICT = "strict"


LARGEST_SCHEMA = 1 << 14
"""The bytes of the largest schema whose problem is kept."""
NESTED = ("properties", "$defs", "definitions")
UNIONS = ("anyOf", "oneOf", "allOf", "prefixItems")


def tool_schemas(details: RequestDetails) -> None:
    """The parameters of a function are a JSON Schema of an object; a strict one keeps the strict rules."""
    for index, tool in enumerate(details.body.get("tools") or ()):
        parameters = tool.get("parameters")
        if tool.get("type") != "function" or not isinstance(parameters, Mapping):
            continue
        where = f"tools[{index}].parameters"
        problem = _schema_problem(parameters, Demand.STRICT if tool.get("strict") is True else Demand.OBJECT)
        if problem is not None:
            message = f"Invalid schema for function '{tool.get('name')}': {problem}."
            raise invalid(message, where, "invalid_function_parameters")


def format_schema(details: RequestDetails) -> None:
    """The schema of a structured format is a JSON Schema; a strict one keeps the strict rules."""
    form = (details.body.get("text") or {}).get("format") or {}
    schema = form.get("schema")
    if not isinstance(schema, Mapping):
        return
    problem = _schema_problem(schema, Demand.STRICT if form.get("strict") is True else Demand.ANY)
    if problem is not None:
        message = f"Invalid schema for response_format '{form.get('name')}': {problem}."
        raise invalid(message, "text.format.schema", "invalid_json_schema")


def breaches(schema: Any, where: str = "the root") -> Iterator[str]:
    """Yields what a strict schema lacks: every object is closed, and all its properties are required."""
    if not isinstance(schema, Mapping):
        return
    if schema.get("type") == "object" or "properties" in schema:
        if schema.get("additionalProperties") is not False:
            yield f"at {where}, 'additionalProperties' has to be false"
        names = schema.get("required")
        required_names = names if isinstance(names, list) else []
        for name in schema.get("properties") or {}:
            if name not in required_names:
                yield f"at {where}, 'required' has to list '{name}'"
    for place, inner in _inside(schema):
        yield from breaches(inner, place)


def _inside(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for keyword in NESTED:
        members = schema.get(keyword)
        if isinstance(members, Mapping):
            yield from ((f"{keyword}.{name}", inner) for name, inner in members.items())
    for keyword in UNIONS:
        branches = schema.get(keyword)
        if isinstance(branches, list):
            yield from ((f"{keyword}[{index}]", inner) for index, inner in enumerate(branches))
    if "items" in schema:
        yield "items", schema["items"]


def _schema_problem(schema: Mapping[str, Any], demand: Demand) -> str | None:
    """Why this is no JSON Schema of this kind, or None. Clients send the same schemas again and again."""
    content = orjson.dumps(schema)
    if len(content) > LARGEST_SCHEMA:
        return _first_problem(schema, demand)
    return _known_problem(content, demand)


@lru_cache(maxsize=256)
def _known_problem(content: bytes, demand: Demand) -> str | None:
    return _first_problem(orjson.loads(content), demand)


def _first_problem(schema: Mapping[str, Any], demand: Demand) -> str | None:
    """The first problem of a schema: it is none, it is not that of an object, it breaks the strict rules."""
    try:
        jsonschema_rs.meta.validate(with_known_dialects(schema))
    except jsonschema_rs.ValidationError as error:
        return f"it is not a JSON Schema: {error.message}"
    except ValueError as error:
        return f"it is not a JSON Schema: {error}"
    problem = None if demand is Demand.ANY else _type_problem(schema)
    if problem is None and demand is Demand.STRICT:
        problem = next(breaches(schema), None)
    return problem


def _type_problem(schema: Mapping[str, Any]) -> str | None:
    kind = schema.get("type", "object" if not schema or "properties" in schema else None)
    return None if kind == "object" else f"at the root, 'type' has to be 'object', not {kind!r}"


LOOKS_AT: Mapping[Check, frozenset[str]] = {
    identifiers: frozenset({"previous_response_id"}),
    limits: frozenset({"temperature", "top_p"}),
    conflicts: frozenset({"background", "conversation"}),
    tool_names: frozenset({"tools"}),
    tool_choice: frozenset({"tool_choice"}),
    tool_schemas: frozenset({"tools"}),
    format_schema: frozenset({"text"}),
}
"""The members without which a check passes; one that is not in the table always runs."""

DOUBTFUL = "(doubtful)"
"""Stands among the names of a request whose body no validator has found right, unknown members included."""
SETTLED: Mapping[Check, frozenset[str]] = {schema: frozenset({DOUBTFUL}), unknown: frozenset({DOUBTFUL})}
"""The checks that pass when that validator has accepted the body."""
DECIDING = {**LOOKS_AT, **SETTLED}


class Selection:
    """Selects the checks that may reject a request, by the names in it: most requests have three members."""

    def __init__(self, checks: Iterable[Check], looks_at: Mapping[Check, frozenset[str]] = DECIDING) -> None:
        self._checks = tuple(checks)
        self._looks_at = looks_at
        self._names = frozenset[str]().union(*looks_at.values())
        self._selected: dict[frozenset[str], tuple[Check, ...]] = {}

    def of(self, names: Iterable[str]) -> tuple[Check, ...]:
        """The checks for a request with these names, in order."""
        present = self._names.intersection(names)
        selected = self._selected.get(present)
        if selected is None:
            selected = tuple(check for check in self._checks if self._applies(check, present))
            self._selected[present] = selected
        return selected

    def _applies(self, check: Check, present: frozenset[str]) -> bool:
        return check not in self._looks_at or not present.isdisjoint(self._looks_at[check])
