"""Instances of JSON Schemas are valid, sensible and small; otherwise the error names the keyword."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon_mockserver.model.instance import Hints, UnsupportedSchemaError, instance

HINTS = Hints(("Paris", "Ada"), (42,), "What about Paris?", "Hello!")

NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
    },
    "required": ["value", "next"],
    "additionalProperties": False,
}


def person(**more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, **more}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "Paris"),
        ({"type": "string", "minLength": 8}, "Parisabc"),
        ({"type": "string", "maxLength": 2}, "Pa"),
        ({"type": "string", "pattern": r"^[A-Z]{3}-\d{4}$"}, "AAA-0000"),
        ({"type": "string", "pattern": "^(foo|bar)+$", "minLength": 7}, "foofoofoo"),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00Z"),
        ({"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000000"),
        ({"type": ["null", "string"]}, "Paris"),
        ({"type": "null"}, None),
        ({"type": "boolean"}, True),
        ({"type": "integer"}, 42),
        ({"type": "integer", "maximum": 10}, 1),
        ({"type": "integer", "exclusiveMinimum": 42, "multipleOf": 5}, 45),
        ({"type": "number", "minimum": 0.1, "maximum": 0.2}, 0.1),
        ({"const": [1, {"a": None}]}, [1, {"a": None}]),
        ({"enum": ["Rome", "Paris"]}, "Paris"),
        ({"enum": [3, 4]}, 3),
        (person(required=["age"]), {"age": 42}),
        (person(), {"name": "Paris", "age": 42}),
        ({"type": "object", "properties": {"answer": {"type": "string"}}}, {"answer": "Hello!"}),
        ({"type": "object", "properties": {"query": {"type": "string"}}}, {"query": "What about Paris?"}),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
            {"key1": 42, "key2": 1},
        ),
        ({"type": "array", "items": {"type": "string"}}, ["Paris"]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True}, [42, 1, 2]),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
            ["Paris", 42],
        ),
        ({"type": "array", "contains": {"const": 3}, "items": {"type": "integer"}, "minItems": 2}, [3, 42]),
        ({"$ref": "#/$defs/node", "$defs": {"node": NODE}}, {"value": 42, "next": None}),
        ({"type": "object", "properties": {"all": {"type": "array", "items": {"$ref": "#"}}}}, {"all": []}),
        ({"allOf": [person(required=["age"]), {"properties": {"age": {"maximum": 5}}}]}, {"age": 1}),
        ({"anyOf": [{"type": "integer", "maximum": -7}, {"type": "string"}]}, -7),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 0.5),
        ({"oneOf": [{"multipleOf": 2, "type": "integer"}, {"multipleOf": 3, "type": "integer"}]}, 44),
        ({"type": "integer", "not": {"minimum": 1}}, 0),
        ({"not": {"type": "string"}}, 42),
        (
            {**person(required=["age"]), "if": {"required": ["age"]}, "then": {"required": ["name"]}},
            {"age": 42, "name": "Paris"},
        ),
        ({**person(required=["age"]), "dependentRequired": {"age": ["name"]}}, {"age": 42, "name": "Paris"}),
        ({"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "minProperties": 1}, None),
        ({"type": "object", "propertyNames": {"pattern": "^[a-z]{3}$"}, "minProperties": 2}, None),
    ],
)
def test_an_instance_satisfies_its_schema(schema: Any, expected: Any) -> None:
    value = instance(schema, HINTS)
    assert jsonschema_rs.is_valid(schema, value)
    assert expected is None or value == expected


def test_the_sensible_form_of_a_minimal_object_is_empty() -> None:
    assert instance({"type": "object"}) == {}


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        (False, "false"),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, r"\$ref"),
        ({"$ref": "#/nope"}, r"\$ref"),
        ({"$ref": "https://example.com/schema.json"}, r"\$ref"),
        ({"type": "string", "pattern": "("}, "pattern"),
        ({"type": "strin"}, "type"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "minimum"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength"),
        ({"type": "string", "not": {}}, "not"),
        ({"enum": []}, "enum"),
        ({"type": "array", "items": {"type": "null"}, "minItems": 2, "uniqueItems": True}, "uniqueItems"),
        ({"type": "string", "minLength": 10**9}, "minLength"),
        ({"type": "string", "pattern": "a{1000000000}"}, "pattern"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 10**9, "maxItems": 10**9}, "type"),
        ({"allOf": [{"anyOf": [{"required": [f"{i}-{j}"]} for j in range(6)]} for i in range(12)]}, "allOf"),
    ],
)
def test_an_unsatisfiable_schema_is_named(schema: Any, keyword: str) -> None:
    with pytest.raises(UnsupportedSchemaError, match=f"keyword '{keyword}'"):
        instance(schema)


def test_hints_are_used_in_order_and_start_again_each_time() -> None:
    schema = {"type": "array", "items": {"type": "string"}, "minItems": 3}
    assert instance(schema, HINTS) == instance(schema, HINTS) == ["Paris", "Ada", "text"]


NAMES = st.sampled_from(["name", "city", "answer", "a", "b"])
SMALL = st.integers(min_value=0, max_value=4)


def ranged(low: str, high: str, kind: str) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.tuples(SMALL, SMALL).map(sorted)
    return pairs.map(lambda pair: {"type": kind, low: pair[0], high: pair[1]})


LEAVES = st.one_of(
    st.sampled_from([{"type": "null"}, {"type": "boolean"}, {"type": ["string", "null"]}, {}, True]),
    ranged("minLength", "maxLength", "string"),
    ranged("minimum", "maximum", "integer"),
    ranged("minimum", "maximum", "number"),
    st.sampled_from(["date", "email", "ipv4", "uri", "uuid"]).map(
        lambda name: {"type": "string", "format": name}
    ),
    st.sampled_from([r"^\d{2,3}$", "^[a-f]+$", "^(yes|no)$", r"^\S+ \S+$"]).map(
        lambda pattern: {"type": "string", "pattern": pattern}
    ),
    st.lists(st.one_of(st.none(), st.integers(0, 9), NAMES), min_size=1, max_size=3).map(
        lambda choices: {"enum": choices}
    ),
    NAMES.map(lambda value: {"const": value}),
    SMALL.map(lambda step: {"type": "integer", "multipleOf": step + 1, "minimum": 2}),
)


def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.builds(
        lambda properties, names, strict: {
            "type": "object",
            "properties": properties,
            "required": sorted({name for name in names if name in properties}),
            "additionalProperties": not strict,
        },
        st.dictionaries(NAMES, inner, max_size=4),
        st.lists(NAMES, max_size=4),
        st.booleans(),
    )
    arrays = st.builds(
        lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, SMALL
    )
    unions = st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches})
    tuples = st.lists(inner, min_size=1, max_size=3).map(
        lambda items: {"type": "array", "prefixItems": items}
    )
    return st.one_of(objects, arrays, unions, tuples)


@settings(max_examples=200, deadline=None)
@given(st.recursive(LEAVES, deeper, max_leaves=8))
def test_every_instance_is_valid(schema: Any) -> None:
    value = instance(schema, HINTS)
    assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value)
    assert instance(schema, HINTS) == value


def test_an_instance_of_a_backtracking_pattern_is_made_quickly() -> None:
    assert instance({"type": "string", "pattern": "^(a+)+b$", "minLength": 50}) == "a" * 49 + "b"


def test_counts_may_be_written_as_decimals() -> None:
    assert len(instance({"type": "string", "minLength": 3.0, "maxLength": 3.0})) == 3


def test_a_whole_number_beyond_64_bits_is_written_as_a_decimal() -> None:
    assert isinstance(instance({"type": "integer", "minimum": 1e300}), float)
