"""What makes the variables of a request acceptable to a version of a template, in the order of the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.prompts.rendering import TemplateError, holds, used
from antiphon_mockserver.prompts.template import Version
from antiphon_spec.explain import faults

PLACE = "prompt.variables"


@dataclass(frozen=True, slots=True)
class Call:
    """A version of a template, and the variables with which it is called, as they came."""

    version: Version
    variables: Mapping[str, Any]


def schema_exists(call: Call) -> None:
    """Only a template with a schema of its variables has any."""
    if call.variables and call.version.input_schema is None:
        raise invalid("Variables provided but input structure not predefined.", PLACE)


def texts_are_templates(call: Call) -> None:
    """The texts of the template can be read, and its tests carried out."""
    try:
        used(call.version.texts)
    except TemplateError as fault:
        raise invalid(str(fault), "prompt") from fault


def none_is_missing(call: Call) -> None:
    """Every variable that the texts use is given, even if the schema has a default for it."""
    if call.version.input_schema is None:
        return
    missing = used(call.version.texts) - call.variables.keys()
    if missing:
        raise invalid(f"Missing prompt variables: {', '.join(sorted(missing))}", PLACE)


def none_is_unused(call: Call) -> None:
    """Every variable that is given is used by a text."""
    unused = call.variables.keys() - used(call.version.texts)
    if unused:
        raise invalid(f"Variables {', '.join(sorted(unused))} not specified in templates", PLACE)


def schema_holds(call: Call) -> None:
    """The variables fit their schema, defaults filled in, and are no others than it names."""
    schema = call.version.input_schema
    if schema is None:
        return
    strict = {"additionalProperties": False, **schema}
    for fault in faults(validator(orjson.dumps(strict)).iter_errors(filled(call))):
        place = fault.pointer.strip("/").replace("/", ".")
        raise invalid(f"expected {fault.expected}, got {fault.got}", f"{PLACE}.{place}" if place else PLACE)


def rules_hold(call: Call) -> None:
    """The variables pass the tests that the template has for them."""
    for rule in call.version.input_rules:
        if not holds(rule["test"], filled(call)):
            raise invalid(rule["message"], f"{PLACE}.{rule['variable']}")


def filled(call: Call) -> dict[str, Any]:
    """The variables without those that are null, and with the defaults of the schema."""
    properties = (call.version.input_schema or {}).get("properties", {})
    defaults = {name: inner["default"] for name, inner in properties.items() if "default" in inner}
    return defaults | {name: value for name, value in call.variables.items() if value is not None}


@cache
def validator(schema: bytes) -> Any:
    """The validator of a JSON Schema that is given as JSON."""
    # jsonschema takes 0.1 s to import, and most servers have no prompt templates.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(orjson.loads(schema))
