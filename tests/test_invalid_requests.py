"""The table of invalid requests: each example has its own fault and no other, and the documents agree."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import pytest

from antiphon_conformance import engine
from antiphon_conformance.requests.constraints import (
    Legal,
    boolean,
    each,
    entries,
    having,
    integer,
    kinds,
    number,
    one_of,
    text,
    with_size,
)
from antiphon_conformance.requests.invalid.request import with_mistake
from antiphon_conformance.requests.invalid.table import INVALID_REQUESTS, examples, mistakes_of
from antiphon_conformance.requests.minimal import minimal
from antiphon_conformance.requests.paths import matches, root
from antiphon_conformance.rules.requests.valid import VALID_REQUESTS
from antiphon_conformance.scenarios.valid_requests import HISTORY, LOOK_UP
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load, names
from inprocess import NOTICES, traces

HELD = {
    "model": "m",
    "collection": str(uuid5(NAMESPACE_DNS, "c")),
    "entities": str(uuid5(NAMESPACE_DNS, "e")),
}
IN_PROSE_ONLY = {"a_malformed_previous_id"}
"""Requests that a document forbids in prose only, so that its schema accepts them."""
CASES = [(dialect, *example) for dialect in names() for example in examples(load(dialect))]


def right(dialect: str, operation: str = "createResponse") -> dict[str, Any]:
    return minimal(load(dialect), operation, HELD)


def wrong_in(dialect: str, operation: str, members: dict[str, Any]) -> dict[str, Any]:
    return with_mistake(right(dialect, operation), members, load(dialect), HELD)


@pytest.mark.parametrize(("dialect", "name", "operation", "wrong"), CASES, ids=lambda value: str(value)[:40])
def test_an_example_has_its_fault_and_no_other(
    dialect: str, name: str, operation: str, wrong: dict[str, Any]
) -> None:
    names_of_table, body = (
        {invalid_request.name for invalid_request in INVALID_REQUESTS},
        wrong_in(dialect, operation, wrong),
    )
    names_of_faults = {
        invalid_request.name for invalid_request, _, _ in mistakes_of(load(dialect), operation, body)
    }
    assert names_of_faults == ({name} if name in names_of_table else set())


@pytest.mark.parametrize(("dialect", "name", "operation", "wrong"), CASES, ids=lambda value: str(value)[:40])
def test_the_document_finds_the_fault_in_the_same_member(
    dialect: str, name: str, operation: str, wrong: dict[str, Any]
) -> None:
    spec, body = load(dialect), wrong_in(dialect, operation, wrong)
    validator = spec.schemas.request(operation)
    assert validator is not None
    faulty = {root(fault.param) for fault in validator.faults(body)}
    expected = {root(place) for _, place, _ in mistakes_of(spec, operation, body)}
    assert faulty == (set() if name in IN_PROSE_ONLY else expected)


@pytest.mark.parametrize("dialect", names())
def test_a_minimal_request_has_no_fault(dialect: str) -> None:
    for operation in load(dialect).plain or ("createResponse",):
        assert list(mistakes_of(load(dialect), operation, right(dialect, operation))) == []


@pytest.mark.parametrize("dialect", ["openai", "openresponses"])
def test_a_history_has_no_fault(dialect: str) -> None:
    history = {"input": list(HISTORY), "tools": [LOOK_UP], "instructions": "Be brief."}
    assert list(mistakes_of(load(dialect), "createResponse", right(dialect) | history)) == []


def test_names_of_valid_requests_are_unique() -> None:
    assert len({form.name for form in VALID_REQUESTS}) == len(VALID_REQUESTS)


BODY = {
    "input": [{"role": "user", "content": [{"type": "a"}, {"type": "b"}]}, {"role": "tool"}],
    "text": {"x": 1},
}


@pytest.mark.parametrize(
    ("path", "matches_expected"),
    [
        ("text.x", [("text.x", 1)]),
        ("input[].role", [("input[0].role", "user"), ("input[1].role", "tool")]),
        (
            "input[role=user].content[].type",
            [("input[0].content[0].type", "a"), ("input[0].content[1].type", "b")],
        ),
        ("input[role=system|tool].role", [("input[1].role", "tool")]),
        ("text{x=1}.x", []),
        ("nothing.there", []),
        ("text.x.y", []),
    ],
)
def test_a_path_finds_its_places(path: str, matches_expected: list[tuple[str, Any]]) -> None:
    assert list(matches(BODY, path)) == matches_expected


@pytest.mark.parametrize(
    ("place", "member"),
    [
        ("input[0].role", "input"),
        ("body.input[0]", "input"),
        ("/metadata/a", "metadata"),
        ("model", "model"),
        ("", ""),
    ],
)
def test_a_place_lies_in_a_member(place: str, member: str) -> None:
    assert root(place) == member


@pytest.mark.parametrize(
    ("predicate", "right", "wrong"),
    [
        (integer(16), [16, 16.0, None, 10**400], [15, 16.5, True, "16", float("nan"), float("inf")]),
        (integer(0, 20), [0, 20], [-1, 21]),
        (number(0, 2), [0, 1.5, 2, None], [-0.1, 2.1, "1", True, float("nan")]),
        (boolean(), [True, False, None], [0, "true", []]),
        (one_of("a", "b"), ["a", None], ["c", 1, ["a"]]),
        (text(1, 3, "[a-z]+"), ["abc", None], ["", "abcd", "A", 5]),
        (kinds("a string", str), ["a"], [1, None, True]),
        (having("a"), [{"a": 0}], [{}, {"a": None}, [], "a"]),
        (each(("a",)), [[], ["a"], None], [["b"], "a", {}]),
        (with_size(1, 2), [[1], {"a": 1}, None], [[], [1, 2, 3], "ab"]),
        (entries("short keys", lambda key, _value: len(key) < 3), [{"ab": 1}, [], None], [{"abc": 1}]),
    ],
)  # fmt: skip
def test_a_predicate_accepts_right_values_and_rejects_wrong_ones(
    predicate: Legal, right: list[Any], wrong: list[Any]
) -> None:
    assert [value for value in right if not predicate.allows(value)] == []
    assert [value for value in wrong if predicate.allows(value)] == []


def test_an_id_that_the_target_gave_out_is_no_mistake() -> None:
    """It has dots and colons. Continued with it, a response is judged as any other."""
    run = traces("openai", ("chaining", "storage"), variations=("state.gives-ids-with-dots-and-colons",))
    records = engine.judge(run, load("openai"), None, NOTICES)
    outcomes = {(record.rule, record.scenario): record.outcome for record in records}
    assert ("requests.rejects-a-malformed-previous-id", "chaining") not in outcomes
    assert outcomes["response.id-is-not-that-of-the-response-before", "chaining"] is Outcome.PASSED
    unusual = "query-parameters.an-id-with-unusual-characters-is-a-client-error"
    assert {name for rule, name in outcomes if rule == unusual} == {""}  # it applied nowhere
