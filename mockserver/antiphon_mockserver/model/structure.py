"""Structured output: text that is JSON of the wanted form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.instance import Unsupported, instance
from antiphon_mockserver.model.reading import Reading
from antiphon_mockserver.model.wishes import hints_of
from antiphon_mockserver.plan import Context


@dataclass(frozen=True, slots=True)
class Structured:
    """A value to be said as JSON."""

    content: Any


def structured(context: Context, reading: Reading, said: str) -> Structured | None:
    """What is said when the request wants JSON: `said` in the form that its `text.format` prescribes."""
    form = (context.request.get("text") or {}).get("format") or {}
    if "schema" not in form and form.get("type") not in ("json_object", "json_schema"):
        return None
    schema = form.get("schema")
    if schema is None:
        return Structured({"answer": said})
    try:
        return Structured(instance(schema, hints_of(reading.prompt, said)))
    except Unsupported as problem:
        name = form.get("name", "response")
        raise invalid(
            f"Invalid schema for response_format '{name}': {problem}",
            "text.format.schema",
            "invalid_json_schema",
        ) from problem
