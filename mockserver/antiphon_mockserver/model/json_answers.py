"""Answers in JSON: by the format of the request, or by the schema that the prompt describes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from antiphon_mockserver.model.instance import Hints, UnsupportedSchemaError, instance
from antiphon_mockserver.model.prompt_hints import hints_of
from antiphon_mockserver.model.prompt_schema import demanded_schema, without_json
from antiphon_mockserver.model.reading import Reading
from antiphon_mockserver.response.plan import Context
from antiphon_mockserver.server.errors import invalid
from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A value that the answer holds as JSON."""

    content: Any


def json_answer(context: Context, reading: Reading, text: str) -> JsonAnswer | None:
    """The answer `text` in the JSON that `text.format` or the prompt prescribes; None for plain text.

    Raises ApiError when the schema of the request cannot be filled in.
    """
    text_format = (context.request.get("text") or {}).get("format") or {}
    if (schema := text_format.get("schema")) is None:
        return _prompted(reading, text, json_mode=text_format.get("type") in ("json_object", "json_schema"))
    hints = _hints(reading.question, text, reading)
    try:
        return JsonAnswer(instance(schema, hints))
    except UnsupportedSchemaError as problem:
        name = text_format.get("name", "response")
        raise invalid(
            f"Invalid schema for response_format '{name}': {problem}",
            "text.format.schema",
            "invalid_json_schema",
        ) from problem


def _prompted(reading: Reading, text: str, *, json_mode: bool) -> JsonAnswer | None:
    """The answer by the schema in the prompt; in JSON mode an object with the text when there is none."""
    schema = demanded_schema(reading.demands, json_mode=json_mode)
    if schema is not None:
        hints = _hints(without_json(reading.question), text, reading)
        try:
            return JsonAnswer(instance(schema, hints))
        except UnsupportedSchemaError:
            pass  # it was no schema after all, or none that permits a value
    return JsonAnswer({"answer": text}) if json_mode else None


def _hints(question: str, text: str, reading: Reading) -> Hints:
    hints = hints_of(question, text)
    return replace(hints, feedback=reading.feedback) if reading.feedback else hints
