"""The check of a value against a schema of a client, which may be any JSON."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_conformance.rules.reading.client_schema import MOST, misfits

CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ({"name": "Paris"}, []),
        ({}, ['"name" is a required property']),
        ({"name": 5}, ['name: 5 is not of type "string"']),
    ],
)
def test_a_misfit_has_a_place(value: Any, messages: list[str]) -> None:
    assert misfits(value, CITY) == messages


def test_the_number_of_misfits_is_bounded() -> None:
    assert len(misfits([1, 2, 3, 4, 5], {"items": {"type": "string"}})) == MOST


@pytest.mark.parametrize(
    "schema",
    [
        None,
        "text",
        {"type": "no-such-type"},
        {"type": [5]},
        {"properties": 5},
        {"$ref": "https://example.com/never-fetched"},
        {"$ref": "#/$defs/missing"},
        {"$ref": "#"},
    ],
)
def test_an_invalid_schema_demands_nothing(schema: Any) -> None:
    assert misfits({"name": 5}, schema) == []
