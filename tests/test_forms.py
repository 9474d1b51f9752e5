"""Legal forms of requests: how several are asked for at once, and what they name that a target may hold."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_conformance.requests.invalid.table import mistakes_of
from antiphon_conformance.requests.minimal import fill, minimal, names
from antiphon_conformance.requests.valid import merge
from antiphon_conformance.requests.validity import is_valid
from antiphon_conformance.video_library.conflicting_requests import CONTRADICTIONS
from antiphon_conformance.video_library.library import Library, library_of
from antiphon_conformance.video_library.valid_requests import KNOWLEDGE_FORMS, library_values
from antiphon_spec.dialect import load
from inprocess import traces

DIALECT = load("cloudglue")


def values() -> dict[str, str]:
    """What the worlds that ship hold."""
    library = library_of({trace.scenario: trace for trace in traces("cloudglue", ())}, {})
    return {"model": DIALECT.models[0], **library_values(library), **library.values}


@pytest.mark.parametrize(
    ("asked", "whole"),
    [
        ([], {}),
        ([{"a": 1}, {"b": 2}], {"a": 1, "b": 2}),
        ([{"a": 1}, {"a": 2}], {"a": 2}),
        ([{"a": [1, 2]}, {"a": [2, 3]}], {"a": [1, 2, 3]}),
        ([{"a": {"b": [1]}}, {"a": {"b": [2], "c": 3}}], {"a": {"b": [1, 2], "c": 3}}),
        ([{"a": {"b": 1}}, {"a": 2}], {"a": 2}),
    ],
)
def test_requests_become_one(asked: list[dict[str, Any]], whole: dict[str, Any]) -> None:
    assert merge(asked) == whole


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{file}", {"file"}),
        ({"a": ["{file}", {"b": "{other}"}], "c": 5}, {"file", "other"}),
        ("about {file}", set()),
        (None, set()),
    ],
)
def test_names_in_braces_are_found_at_any_depth(template: Any, expected: set[str]) -> None:
    assert names(template) == expected


def test_nothing_is_held_by_a_library_of_which_nothing_is_known() -> None:
    assert library_values(Library()) == {}


@pytest.mark.parametrize("asks", [entry.asks for entry in (*KNOWLEDGE_FORMS, *CONTRADICTIONS)])
def test_what_a_form_names_is_held_by_the_worlds_that_ship(asks: dict[str, Any]) -> None:
    assert names(asks) <= values().keys()


@pytest.mark.parametrize("form", KNOWLEDGE_FORMS, ids=lambda form: form.name)
def test_a_form_is_one_that_the_document_has(form: Any) -> None:
    body = {**minimal(DIALECT, "createResponse", values()), **fill(dict(form.asks), DIALECT, values())}
    assert is_valid(DIALECT, "createResponse", body)
    assert list(mistakes_of(DIALECT, "createResponse", body)) == []


@pytest.mark.parametrize("contradiction", CONTRADICTIONS, ids=lambda contradiction: contradiction.name)
def test_each_part_of_a_contradiction_is_right(contradiction: Any) -> None:
    body = {
        **minimal(DIALECT, "createResponse", values()),
        **fill(dict(contradiction.asks), DIALECT, values()),
    }
    assert is_valid(DIALECT, "createResponse", body)
    assert list(mistakes_of(DIALECT, "createResponse", body)) == []


def test_every_form_and_contradiction_has_a_name_of_its_own() -> None:
    all_names = [entry.name for entry in (*KNOWLEDGE_FORMS, *CONTRADICTIONS)]
    assert len(set(all_names)) == len(all_names)
