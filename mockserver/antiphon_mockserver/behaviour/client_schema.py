"""Checks of the JSON Schemas of a request: the parameters of tools, and the text format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails

NESTED = ("properties", "$defs", "definitions")
UNIONS = ("anyOf", "oneOf", "allOf", "prefixItems")


def tool_schemas(details: RequestDetails) -> None:
    """The parameters of a function are a JSON Schema of an object; a strict one keeps the strict rules."""
    for index, tool in enumerate(details.body.get("tools") or ()):
        parameters = tool.get("parameters")
        if tool.get("type") != "function" or not isinstance(parameters, Mapping):
            continue
        where = f"tools[{index}].parameters"
        problem = _schema_problem(parameters) or _type_problem(parameters)
        if problem is None and tool.get("strict") is True:
            problem = next(breaches(parameters), None)
        if problem is not None:
            message = f"Invalid schema for function '{tool.get('name')}': {problem}."
            raise invalid(message, where, "invalid_function_parameters")


def format_schema(details: RequestDetails) -> None:
    """The schema of a structured format is a JSON Schema; a strict one keeps the strict rules."""
    form = (details.body.get("text") or {}).get("format") or {}
    schema = form.get("schema")
    if not isinstance(schema, Mapping):
        return
    problem = _schema_problem(schema)
    if problem is None and form.get("strict") is True:
        problem = _type_problem(schema) or next(breaches(schema), None)
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


def _schema_problem(schema: Mapping[str, Any]) -> str | None:
    """Why this is not a JSON Schema, or None."""
    try:
        jsonschema_rs.meta.validate(dict(schema))
    except jsonschema_rs.ValidationError as problem:
        return f"it is not a JSON Schema: {problem.message}"
    except ValueError as problem:
        return f"it is not a JSON Schema: {problem}"
    return None


def _type_problem(schema: Mapping[str, Any]) -> str | None:
    kind = schema.get("type", "object" if not schema or "properties" in schema else None)
    return None if kind == "object" else f"at the root, 'type' has to be 'object', not {kind!r}"
