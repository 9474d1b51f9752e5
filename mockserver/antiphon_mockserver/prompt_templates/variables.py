"""The checks that the variables of a request must pass, in order. Each raises ApiError (400)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson

from antiphon_mockserver.prompt_templates.rendering import TemplateError, holds, variables_of
from antiphon_mockserver.prompt_templates.template import Version
from antiphon_mockserver.server.errors import invalid
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.schema import LocalValidator

PLACE = "prompt.variables"


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """A version of a template, and the variables of the request."""

    version: Version
    variables: Mapping[str, Any]


def schema_exists(call: PromptRequest) -> None:
    """A template without a schema of variables gets no variables."""
    if call.variables and call.version.input_schema is None:
        raise invalid("Variables provided but input structure not predefined.", PLACE)


def texts_are_templates(call: PromptRequest) -> None:
    """The texts of the template are well-formed."""
    try:
        variables_of(call.version.texts)
    except TemplateError as fault:
        raise invalid(str(fault), "prompt") from fault


def none_is_missing(call: PromptRequest) -> None:
    """The request has every variable that the texts use, even one with a default in the schema."""
    if call.version.input_schema is None:
        return
    missing = variables_of(call.version.texts) - call.variables.keys()
    if missing:
        raise invalid(f"Missing prompt variables: {', '.join(sorted(missing))}", PLACE)


def none_is_unused(call: PromptRequest) -> None:
    """The texts use every variable of the request."""
    surplus = call.variables.keys() - variables_of(call.version.texts)
    if surplus:
        raise invalid(f"Variables {', '.join(sorted(surplus))} not specified in templates", PLACE)


def schema_holds(call: PromptRequest) -> None:
    """The variables with their defaults are valid against the schema, and it names all of them."""
    schema = call.version.input_schema
    if schema is None:
        return
    strict = {"additionalProperties": False, **schema}
    for fault in validator(orjson.dumps(strict)).faults(with_defaults(call)):
        place = fault.pointer.strip("/").replace("/", ".")
        raise invalid(
            f"expected {fault.expected}, got {fault.actual}", f"{PLACE}.{place}" if place else PLACE
        )


def rules_hold(call: PromptRequest) -> None:
    """The variables satisfy the rules of the template."""
    for rule in call.version.input_rules:
        if not holds(rule["test"], with_defaults(call)):
            raise invalid(rule["message"], f"{PLACE}.{rule['variable']}")


def with_defaults(call: PromptRequest) -> dict[str, Any]:
    """The variables that are not null, and the defaults of the schema for all others."""
    properties = (call.version.input_schema or {}).get("properties", {})
    defaults = {name: inner["default"] for name, inner in properties.items() if "default" in inner}
    return defaults | {name: value for name, value in call.variables.items() if value is not None}


@cache
def validator(schema: bytes) -> LocalValidator:
    """The validator of a JSON Schema in JSON text."""
    return LocalValidator(orjson.loads(schema))
