"""The first instance of a plain schema is the one that the search finds first."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_mockserver.model.instance import KnownSchema
from antiphon_mockserver.model.instance.first import first_of
from antiphon_mockserver.model.prompt_hints import hints_of

TEXT = {"type": "string"}
PROMPTS = ("What is the weather in Paris on 12 and 13.5?", "", 'Say "red" 5 7 9', "Ada is 36. Bob is 41.")
PERSON = {"type": "object", "properties": {"name": TEXT, "age": {"type": "integer"}}}
PLAIN: dict[str, Any] = {
    "texts": {"type": "object", "properties": {"city": TEXT, "unit": TEXT}, "required": ["unit"]},
    "answers": {"type": "object", "properties": {"answer": TEXT, "query": TEXT, "total": {"type": "number"}}},
    "limits": {"type": "object", "properties": {"a": {"type": "integer", "minimum": 6, "maximum": 10}}},
    "lengths": {"type": "object", "properties": {"a": {"type": "string", "minLength": 9, "maxLength": 9}}},
    "formats": {"type": "object", "properties": {"on": {"type": "string", "format": "date"}}},
    "words": {"type": "array", "items": {"enum": ["blue", "red"]}, "minItems": 2},
    "persons": {"type": "array", "items": PERSON},
    "references": {"$defs": {"person": PERSON}, "type": "array", "items": {"$ref": "#/$defs/person"}},
    "nulls": {"type": "object", "properties": {"a": {"type": ["null", "string"]}, "b": {"type": "null"}}},
    "others": {"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"const": 1}, "c": {}}},
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_schema_needs_no_search(name: str) -> None:
    schema = KnownSchema(PLAIN[name])
    first = first_of(schema.maker.root, schema.maker.resolve)
    assert first is not None
    for prompt in PROMPTS:
        hints = hints_of(prompt, "The sum = 12.")
        assert first(hints.fresh()) == schema.maker.make_root(hints.fresh())


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "a+"},
        {"anyOf": [TEXT, {"type": "integer"}]},
        {"type": "object", "properties": {"a": {"enum": ["x"]}, "b": TEXT}, "required": ["b"]},
        {"type": "object", "required": ["a"]},
        {"$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
        {"type": "array", "items": TEXT, "minItems": 20_000},
    ],
)
def test_any_other_needs_one(schema: dict[str, Any]) -> None:
    known = KnownSchema(schema)
    assert first_of(known.maker.root, known.maker.resolve) is None
