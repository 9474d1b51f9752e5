"""The JSON that a prompt asks for in words: a schema in its text, an example, or a list of keys.

    schema_in('Follow this JSON schema: {"type": "object", "properties": {"age": {"type": "integer"}}}')
    -> {"type": "object", "properties": {"age": {"type": "integer"}}}

In JSON mode the API knows no schema, so frameworks write it into a message, and a good model obeys it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antiphon_mockserver.model.quotations import matched_group
from antiphon_spec.loading.late import late_pattern

READ_LENGTH = 60_000
"""Characters of a text's end in which JSON is looked for."""
PROPERTIES = '"properties"'
"""What every schema of an object has in it."""
MOST_TRIES = 200
"""Opening braces of one text at which JSON may begin."""
LARGEST_DEPTH = 20

DEMAND = late_pattern(
    r"\b(?:respond|reply|answer|output|return|format|formatted|generate|produce|write|provide)\b"
    r"[^.\n]{0,80}\bjson\b",
    re.IGNORECASE,
)
"""A sentence that wants JSON as the answer."""
ABOUT_JSON = late_pattern(r"\b(?:json|schema)\b", re.IGNORECASE)
SENTENCE_END = late_pattern(r"(?<=[.!?]\s)|(?<=\n)")
KEYS = late_pattern(r"\b(?:keys?|fields?|properties|members)\b[^\n\"'`]{0,40}(?=[\"'`]\w)", re.IGNORECASE)
KEY = late_pattern(
    r"(?:,? ?(?:and|or|then)?,? *)[\"'`](?:\[\[ ## )?(\w+)(?: ## \]\])?[\"'`](?: ?\(([^()\n]{0,200})\))?"
)
"""One key of a list, with the remark in parentheses after it."""
PLACEHOLDER = late_pattern(r"^\s*(?:\{\w+\}|<[^>]*>|\.\.\.)?\s*(?:#\s*(.*))?$", re.DOTALL)
KINDS = (
    ("object", late_pattern(r"\bdict\b", re.IGNORECASE)),
    ("boolean", late_pattern(r"\b(?:bool|boolean|true or false)\b", re.IGNORECASE)),
    ("integer", late_pattern(r"\b(?:int|integer|whole number)\b", re.IGNORECASE)),
    ("number", late_pattern(r"\b(?:float|number|double)\b", re.IGNORECASE)),
    ("array", late_pattern(r"\b(?:list|array)\b", re.IGNORECASE)),
)

TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
CHOICES = late_pattern(r"\bone of: *([^\n]+;[^\n]+)|\bLiteral\[([^\]\n]+)\]")
"""The words that a remark allows: `must be one of: red; green`, `a Python Literal['red', 'green']`."""

Schema = Mapping[str, Any]


def demanded_schema(texts: Sequence[str], *, json_mode: bool) -> Schema | None:
    """The schema that texts, newest first, ask the answer to obey; None when they ask for none.

    Outside of JSON mode only a schema counts that stands beside a demand for JSON.
    """
    for text in texts:
        schema = schema_in(text)
        if schema is not None and (json_mode or DEMAND.search(text)):
            return schema
    if not json_mode:
        return None
    described = (schema for text in texts if (schema := _from_example(text) or _from_keys(text)))
    return next(described, None)


def schema_in(text: str) -> Schema | None:
    """The last JSON Schema of an object in a text, or None."""
    places = [value for value, _, _ in _schemas(text)]
    return places[-1] if places else None


def without_schema(text: str) -> str:
    """A text without its JSON Schemas and without the sentences that introduce them."""
    return _without(text) if any(_schemas(text)) else text


def without_json(text: str) -> str:
    """A text without JSON and without the sentences about it; the whole text when nothing else is said."""
    if not ABOUT_JSON.search(text):
        return text
    return _without(text) or text


def _without(text: str) -> str:
    text = _single(text)
    for _, start, end in reversed(list(_objects(text))):
        text = f"{text[:start]} {text[end:]}"
    sentences = (piece for piece in SENTENCE_END.split(text) if not ABOUT_JSON.search(piece))
    return "".join(piece for piece in sentences if piece.strip("` ")).strip()


def _schemas(text: str) -> Iterator[tuple[Schema, int, int]]:
    if PROPERTIES in text:
        objects = _objects(_single(text))
        yield from ((value, start, end) for value, start, end in objects if _is_schema(value))


def _single(text: str) -> str:
    """The text, with single braces where a template has doubled all of them."""
    return text.replace("{{", "{").replace("}}", "}") if '{{"' in text else text


def _is_schema(value: Any) -> bool:
    properties = value.get("properties")
    return isinstance(properties, dict) and all(isinstance(member, dict) for member in properties.values())


def _objects(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """The JSON objects in the end of a text, with their places."""
    decoder = json.JSONDecoder()
    place = text.find("{", max(len(text) - READ_LENGTH, 0))
    for _ in range(MOST_TRIES):
        if place < 0:
            return
        end = place + 1
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            yield value, place, end
        place = text.find("{", end)


def _from_example(text: str) -> Schema | None:
    """The schema of the last example in a text that speaks of JSON: an object with other values, or gaps."""
    if "{" not in text or not ABOUT_JSON.search(text):
        return None
    examples = [value for value, _, _ in _objects(text) if value and not _is_schema(value)]
    if not examples:
        return None
    return _object(examples[-1]) if _are_properties(examples[-1]) else _schema_of(examples[-1])


def _are_properties(value: Mapping[str, Any]) -> bool:
    """Whether each member is the schema of a member: `{"name": {"type": "string"}}`."""
    return all(isinstance(member, dict) and member.get("type") in TYPES for member in value.values())


def _schema_of(example: Any, depth: int = 0) -> dict[str, Any]:
    """The schema of which a value is an example; gaps such as `{age}  # an int` say their type."""
    if depth > LARGEST_DEPTH:
        return {}
    if isinstance(example, dict):
        members = {name: _schema_of(value, depth + 1) for name, value in example.items()}
        return _object(members)
    if isinstance(example, list):
        return {
            "type": "array",
            "items": _schema_of(example[0], depth + 1) if example else {"type": "string"},
        }
    if isinstance(example, bool):
        return {"type": "boolean"}
    if isinstance(example, int | float):
        return {"type": "integer" if isinstance(example, int) else "number"}
    gap = PLACEHOLDER.match(example) if isinstance(example, str) else None
    return _of_kind(gap[1] or "") if gap else {"type": "string"}


def _from_keys(text: str) -> Schema | None:
    """The schema of an object with the quoted keys that a text lists: `with keys "answer" and "score"`."""
    if not ABOUT_JSON.search(text):
        return None
    members: dict[str, Any] = {}
    for start in KEYS.finditer(text):
        place = start.end()
        while (key := KEY.match(text, place)) is not None:
            members[key[1]] = _of_kind(key[2] or "")
            place = key.end()
    members.pop("completed", None)
    return _object(members) if members else None


def _object(members: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(members), "required": list(members)}


def _of_kind(remark: str) -> dict[str, Any]:
    """The schema of a value by a remark on it: `must be formatted as a valid Python int`."""
    if choices := CHOICES.search(remark):
        return {"type": "string", "enum": re.split(r"'?[;,] *'?", matched_group(choices).strip("' "))}
    kind = next((kind for kind, pattern in KINDS if pattern.search(remark)), "string")
    return {"type": kind, "items": {"type": "string"}} if kind == "array" else {"type": kind}
