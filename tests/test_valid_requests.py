"""Valid requests: how several are merged, and which resources of the target they name."""

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
    """The resources of the shipped worlds."""
    library = library_of({trace.scenario: trace for trace in traces("cloudglue", ())}, {})
    return {"model": DIALECT.models[0], **library_values(library), **library.values}


@pytest.mark.parametrize(
    ("requests", "whole"),
    [
        ([], {}),
        ([{"a": 1}, {"b": 2}], {"a": 1, "b": 2}),
        ([{"a": 1}, {"a": 2}], {"a": 2}),
        ([{"a": [1, 2]}, {"a": [2, 3]}], {"a": [1, 2, 3]}),
        ([{"a": {"b": [1]}}, {"a": {"b": [2], "c": 3}}], {"a": {"b": [1, 2], "c": 3}}),
        ([{"a": {"b": 1}}, {"a": 2}], {"a": 2}),
    ],
)
def test_requests_are_merged(requests: list[dict[str, Any]], whole: dict[str, Any]) -> None:
    assert merge(requests) == whole


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


def test_an_unknown_library_has_no_values() -> None:
    assert library_values(Library()) == {}


@pytest.mark.parametrize("asks", [entry.asks for entry in (*KNOWLEDGE_FORMS, *CONTRADICTIONS)])
def test_the_shipped_worlds_have_every_value_that_a_valid_request_names(asks: dict[str, Any]) -> None:
    assert names(asks) <= values().keys()


@pytest.mark.parametrize("form", KNOWLEDGE_FORMS, ids=lambda form: form.name)
def test_every_valid_request_is_valid_in_the_document(form: Any) -> None:
    body = {**minimal(DIALECT, "createResponse", values()), **fill(dict(form.asks), DIALECT, values())}
    assert is_valid(DIALECT, "createResponse", body)
    assert list(mistakes_of(DIALECT, "createResponse", body)) == []


@pytest.mark.parametrize("contradiction", CONTRADICTIONS, ids=lambda contradiction: contradiction.name)
def test_every_part_of_a_conflicting_request_is_valid(contradiction: Any) -> None:
    body = {
        **minimal(DIALECT, "createResponse", values()),
        **fill(dict(contradiction.asks), DIALECT, values()),
    }
    assert is_valid(DIALECT, "createResponse", body)
    assert list(mistakes_of(DIALECT, "createResponse", body)) == []


def test_names_of_valid_and_conflicting_requests_are_unique() -> None:
    all_names = [entry.name for entry in (*KNOWLEDGE_FORMS, *CONTRADICTIONS)]
    assert len(set(all_names)) == len(all_names)
