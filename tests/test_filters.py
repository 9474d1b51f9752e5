"""Filters: the values that each operator admits, paths, and readings that an option switches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from antiphon_mockserver.video_library.comparison import Readings, readings_of
from antiphon_mockserver.video_library.filters import parse, parse_text
from antiphon_spec.world import World
from pantry_world import admit, criterion, world


@pytest.fixture(scope="module")
def pantry() -> World:
    return world()


@pytest.mark.parametrize(
    ("path", "operator", "value", "holds"),
    [
        ("topic", "Equal", "plums", True),
        ("topic", "Equal", "Plums", False),
        ("topic", "Equal", " plums", False),
        ("blank", "Equal", "", True),
        ("rating", "Equal", "4.50", True),
        ("shelf", "Equal", "5.0", True),
        ("shelf", "Equal", "5e0", True),
        ("shelf", "Equal", "five", False),
        ("shelf_float", "Equal", "5", True),
        ("shelf_text", "Equal", "5.0", False),
        ("big", "Equal", "12345678901234567890", True),
        ("big", "Equal", "12345678901234567891", False),
        ("open", "Equal", "true", True),
        ("open", "Equal", "True", False),
        ("open", "Equal", "1", False),
        ("tags", "Equal", "Red", True),
        ("tags", "Equal", "2024", True),
        ("tags", "Equal", "null", False),
        ("origin", "Equal", "Malmö", False),
        ("topic", "NotEqual", "figs", True),
        ("topic", "NotEqual", "plums", False),
        ("shelf", "NotEqual", "5.0", False),
        ("tags", "NotEqual", "sweet", False),
        ("tags", "NotEqual", "sour", True),
        ("steps.name", "NotEqual", "boil", False),
        ("steps.name", "NotEqual", "bake", True),
        ("empty", "NotEqual", "x", True),
        ("origin", "NotEqual", "x", True),
        ("missing", "NotEqual", "x", False),
        ("nothing", "NotEqual", "x", False),
        ("missing", "Equal", "", False),
        ("nothing", "Equal", "null", False),
    ],
)
def test_equality(pantry: World, path: str, operator: str, value: str, holds: bool) -> None:
    assert parse({"metadata": [criterion(path, operator, value)]}).matches(pantry.files[0]) is holds


@pytest.mark.parametrize(
    ("path", "operator", "value", "holds"),
    [
        ("shelf", "LessThan", "12", True),
        ("shelf", "LessThan", "5", False),
        ("shelf", "GreaterThan", "5", False),
        ("shelf", "GreaterThan", "-18", True),
        ("shelf_text", "LessThan", "12", True),
        ("debt", "LessThan", "-17.5", True),
        ("rating", "GreaterThan", "4.4999", True),
        ("shelf", "LessThan", "six", False),
        ("shelf", "LessThan", "inf", False),
        ("shelf", "GreaterThan", "nan", False),
        ("shelf", "LessThan", "1_000", False),
        ("topic", "LessThan", "plumt", True),
        ("topic", "GreaterThan", "Zebra", True),
        ("day", "GreaterThan", "2024-01-31", True),
        ("day", "LessThan", "2024-02-01T00:00:00Z", True),
        ("open", "LessThan", "zzz", False),
        ("steps.minutes", "GreaterThan", "30", True),
        ("steps.minutes", "GreaterThan", "33", False),
        ("tags", "GreaterThan", "2023", True),
        ("missing", "LessThan", "9", False),
    ],
)
def test_order(pantry: World, path: str, operator: str, value: str, holds: bool) -> None:
    assert parse({"metadata": [criterion(path, operator, value)]}).matches(pantry.files[0]) is holds


@pytest.mark.parametrize(
    ("path", "pattern", "holds"),
    [
        ("topic", "PLUMS", True),
        ("topic", "plum", False),
        ("topic", "plum%", True),
        ("topic", "%um%", True),
        ("topic", "%s%s", False),
        ("topic", "plu_s", True),
        ("topic", "plu_", False),
        ("code", "A_1", True),
        ("code", "AB1", False),
        ("sale", "100% off", True),
        ("sale", "100", False),
        ("origin.city", "malmÖ", True),
        ("shelf", "5", True),
        ("shelf", "%", True),
        ("open", "TRU%", True),
        ("blank", "%", True),
        ("blank", "", True),
        ("tags", "r_d", True),
        ("topic", ".*", False),
        ("missing", "%", False),
        ("nothing", "%", False),
        ("origin", "%", False),
    ],
)
def test_likeness(pantry: World, path: str, pattern: str, holds: bool) -> None:
    assert parse({"metadata": [criterion(path, "Like", pattern)]}).matches(pantry.files[0]) is holds


@pytest.mark.parametrize(
    ("path", "operator", "value", "holds"),
    [
        ("topic", "In", "figs, plums ,dates", True),
        ("topic", "In", "figs,dates", False),
        ("topic", "In", ["figs", "plums"], True),
        ("topic", "In", ["figs,plums"], False),
        ("topic", "In", [], False),
        ("shelf", "In", "4,5.0", True),
        ("tags", "In", "sour,sweet", True),
        ("both", "In", "sweet, sour", False),
        ("both", "In", ["sweet, sour"], True),
        ("missing", "In", "a,b", False),
        ("tags", "ContainsAny", ["sour", "sweet"], True),
        ("tags", "ContainsAny", ["sour", "red"], False),
        ("tags", "ContainsAny", [], False),
        ("tags", "ContainsAll", ["sweet", "Red", "2024.0", "true"], True),
        ("tags", "ContainsAll", ["sweet", "sour"], False),
        ("tags", "ContainsAll", [], True),
        ("topic", "ContainsAny", ["plums", "figs"], True),
        ("topic", "ContainsAll", ["plums", "plums"], True),
        ("topic", "ContainsAll", ["plums", "figs"], False),
        ("empty", "ContainsAny", ["sweet"], False),
        ("empty", "ContainsAll", [], True),
        ("missing", "ContainsAll", [], False),
    ],
)
def test_lists(pantry: World, path: str, operator: str, value: str | list[str], holds: bool) -> None:
    assert parse({"metadata": [criterion(path, operator, value)]}).matches(pantry.files[0]) is holds


@pytest.mark.parametrize(
    ("path", "value", "files"),
    [
        ("origin.city", "Malmö", "jar"),
        ("origin.farm.name", "Nord", "jar"),
        ("origin.farm", "Nord", ""),
        ("origin.city.name", "Malmö", ""),
        ("steps.name", "cool", "jar"),
        ("steps.0.name", "boil", ""),
        ("a.b", "dotted", "jar"),
        ("a.b", "nested", ""),
        ("a.c.d", "dotted", "jar"),
        ("a.c.d", "deep", ""),
        ("metadata.origin.city", "Malmö", "jar"),
        ("metadata.topic", "plums", "jar"),
        ("metadata.topic", "inner", "box"),
        ("metadata.topic", "figs", ""),
        ("metadata.metadata.topic", "inner", ""),
        ("", "plums", ""),
        (".", "plums", ""),
    ],
)
def test_paths_of_metadata(pantry: World, path: str, value: str, files: str) -> None:
    assert admit(pantry, parse({"metadata": [criterion(path, "Equal", value)]})) == files


@pytest.mark.parametrize(
    ("readings", "criterion_", "files"),
    [
        (Readings(), criterion("rating", "NotEqual", "1"), "jar"),
        (Readings(missing_differs=True), criterion("rating", "NotEqual", "1"), "jar box tin"),
        (Readings(), criterion("topic", "Like", "plu_s"), "jar"),
        (Readings(underscore_is_wildcard=False), criterion("topic", "Like", "plu_s"), ""),
        (Readings(underscore_is_wildcard=False), criterion("code", "Like", "a_%"), "jar"),
        (Readings(), criterion("a.b", "Equal", "dotted"), "jar"),
        (Readings(dotted_keys=False), criterion("a.b", "Equal", "nested"), "jar"),
        (Readings(), criterion("topic", "ContainsAll", []), "jar box"),
        (Readings(all_of_nothing=False), criterion("topic", "ContainsAll", []), ""),
    ],
)
def test_open_readings_can_be_switched(
    pantry: World, readings: Readings, criterion_: dict[str, Any], files: str
) -> None:
    assert admit(pantry, parse({"metadata": [criterion_]}, readings=readings)) == files
    text = json.dumps({"metadata": [criterion_]})
    assert admit(pantry, parse_text(text, readings=readings)) == files


def test_an_array_comes_before_a_text(pantry: World) -> None:
    mixture = {"path": "topic", "operator": "In", "valueText": "plums", "valueTextArray": ["figs"]}
    assert admit(pantry, parse({"metadata": [mixture]})) == "box"


@pytest.mark.parametrize(
    "hostile",
    [
        criterion("a." * 50_000, "Equal", "x"),
        criterion("topic", "Like", "%p" * 50_000),
        criterion("topic", "Like", "%_" * 50_000),
        criterion("shelf", "LessThan", "9" * 100_000),
        criterion("shelf", "Equal", "1e999999"),
        criterion("topic", "ContainsAny", [str(number) for number in range(100_000)]),
        criterion("topic", "Equal", "\x00\ud800"),
    ],
    ids=["path", "percents", "underscores", "digits", "exponent", "values", "surrogate"],
)
def test_hostile_criteria_are_evaluated_like_any_other(pantry: World, hostile: dict[str, Any]) -> None:
    expected = "jar box" if hostile["operator"] == "LessThan" else ""
    assert admit(pantry, parse({"metadata": [hostile]})) == expected


@pytest.mark.parametrize(
    ("names", "readings"),
    [
        ((), Readings()),
        (("missing-differs", "no-dotted-keys"), Readings(missing_differs=True, dotted_keys=False)),
    ],
)
def test_readings_are_chosen_by_name(names: tuple[str, ...], readings: Readings) -> None:
    assert readings_of(names) == readings


def test_an_unknown_reading_is_rejected() -> None:
    with pytest.raises(ValueError, match="missing-differs"):
        readings_of(["nulls-are-equal"])
