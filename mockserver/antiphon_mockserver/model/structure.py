"""Structured output: text that is JSON in the format of the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.model.instance import Unsupported, instance
from antiphon_mockserver.model.prompt_hints import hints_of
from antiphon_mockserver.model.reading import Reading
from antiphon_mockserver.response.plan import Context
from antiphon_mockserver.server.errors import invalid


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A value that the answer holds as JSON."""

    content: Any


def json_answer(context: Context, reading: Reading, text: str) -> JsonAnswer | None:
    """The answer `text` in the JSON that `text.format` prescribes; None when the request wants plain text.

    Raises ApiError when the schema cannot be filled in.
    """
    text_format = (context.request.get("text") or {}).get("format") or {}
    if "schema" not in text_format and text_format.get("type") not in ("json_object", "json_schema"):
        return None
    schema = text_format.get("schema")
    if schema is None:
        return JsonAnswer({"answer": text})
    try:
        return JsonAnswer(instance(schema, hints_of(reading.prompt, text)))
    except Unsupported as problem:
        name = text_format.get("name", "response")
        raise invalid(
            f"Invalid schema for response_format '{name}': {problem}",
            "text.format.schema",
            "invalid_json_schema",
        ) from problem
