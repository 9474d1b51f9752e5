"""Rules on lists while other clients create and delete responses: these changes are no failures."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_conformance.engine import judge
from antiphon_conformance.http.exchange import Exchange, Trace
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load
from scripted_transport import exchange

CLOUDGLUE, OPENAI = load("cloudglue"), load("openai")
RULES = {
    name: rule
    for name, rule in rules_for(CLOUDGLUE).items()
    if name.startswith(("offset-pages.", "listing."))
}
JANUARY = 1_767_225_600
"""The first second of 2026."""


def entry(name: str, *, at: int = JANUARY, status: str = "completed", **more: Any) -> dict[str, Any]:
    return {"id": name, "object": "response", "status": status, "created_at": at, **more}


def page(step: str, names: str, total: int, query: str = "", **extra: int) -> Exchange:
    """A page with an entry for each letter."""
    cut = {"limit": 50, "offset": 0} | {
        name: int(value)
        for name, _, value in (pair.partition("=") for pair in query.split("&"))
        if name in ("limit", "offset")
    }
    body = {"object": "list", "data": [entry(name) for name in names], "total": total, **cut, **extra}
    return exchange(f"listing/{step}", body, path=f"/responses?{query}", method="GET")


def created(step: str, name: str) -> Exchange:
    return exchange(f"listing/{step}", {**entry(name), "output": []}, request_body={"input": "Hello."})


def find_rules(*exchanges: Exchange) -> set[str]:
    """The rules that report these steps."""
    steps = {item.id.partition("/")[2]: item for item in exchanges}
    records = judge([Trace("listing", steps)], CLOUDGLUE, RULES)
    assert not [record for record in records if record.outcome is Outcome.BROKEN]
    return {record.rule for record in records if record.findings}


LISTED = page("listed", "edcba", 5)
CASES: dict[str, tuple[tuple[Exchange, ...], set[str]]] = {
    "nothing happens meanwhile": (
        (
            LISTED,
            page("p", "ed", 5, "limit=2"),
            page("q", "dc", 5, "limit=2&offset=1"),
            page("r", "edc", 5, "limit=3"),
        ),
        set(),
    ),
    "someone makes a response between two pages": (
        (
            LISTED,
            page("p", "ed", 5, "limit=2"),
            page("q", "ed", 6, "limit=2&offset=1"),
            page("r", "fed", 6, "limit=3"),
        ),
        set(),
    ),
    "someone deletes a response between two pages": (
        (
            LISTED,
            page("p", "ed", 5, "limit=2"),
            page("q", "cb", 4, "limit=2&offset=1"),
            page("r", "ecb", 4, "limit=3"),
        ),
        set(),
    ),
    "pages overlap": (
        (LISTED, page("p", "ed", 5, "limit=2"), page("q", "dc", 5, "limit=2&offset=2")),
        {"offset-pages.pages-cover-every-entry-once"},
    ),
    "the order changes": (
        (LISTED, page("p", "de", 5, "limit=2")),
        {"offset-pages.pages-cover-every-entry-once"},
    ),
    "a page is too long": (
        (page("p", "edc", 5, "limit=2"),),
        {"offset-pages.a-page-keeps-to-its-limit"},
    ),
    "a page is too short": (
        (page("p", "e", 5, "limit=2"),),
        {"offset-pages.the-total-counts-every-entry"},
    ),
    "the total counts the page": (
        (page("p", "cb", 2, "limit=2&offset=2"),),
        {"offset-pages.the-total-counts-every-entry"},
    ),
    "the total is lost behind the end": (
        (LISTED, page("p", "", 0, "offset=99"), page("q", "edcba", 5)),
        {"offset-pages.every-page-has-the-same-total"},
    ),
    "the list grows while a page behind its end is read": (
        (LISTED, page("p", "", 6, "offset=99"), page("q", "fedcba", 6)),
        set(),
    ),
    "the list has another limit than the request": (
        (page("p", "ed", 5, "limit=2", limit=50),),
        {"offset-pages.limit-and-offset-are-echoed"},
    ),
    "a list accepts a limit beyond the maximum": ((page("p", "edcba", 5, "limit=1000", limit=100),), set()),
    "what was made is listed": ((created("made", "a"), LISTED), set()),
    "what was made is missing from a whole list": (
        (created("made", "f"), created("streamed", "a"), LISTED),
        {"listing.responses-of-every-kind-are-listed"},
    ),
    "what was made may stand on a later page": (
        (created("made", "f"), page("listed", "edcba", 99, "limit=5")),
        set(),
    ),
    "what was made later stands behind": (
        (created("made", "e"), created("streamed", "a"), LISTED),
        {"listing.the-newest-response-comes-first"},
    ),
    "others stand between": ((created("made", "a"), created("streamed", "d"), LISTED), set()),
}


@pytest.mark.parametrize("case", CASES)
def test_a_list_is_judged_by_its_own_members(case: str) -> None:
    exchanges, expected = CASES[case]
    assert find_rules(*exchanges) == expected


@pytest.mark.parametrize(
    ("query", "at", "fits"),
    [
        ("created_after=2026-01-01", JANUARY - 1, False),
        ("created_after=2026-01-01", JANUARY, True),
        ("created_before=2026-01-01", JANUARY - 1, True),
        ("created_before=2026-01-01", JANUARY + 86_399, True),
        ("created_before=2026-01-01", JANUARY + 86_401, False),
        ("created_before=2026-01-01", (JANUARY + 86_401) * 1000, False),
        ("created_after=2025-12-31&created_before=2026-01-02", JANUARY, True),
        ("created_after=2026-01-02&created_before=2026-01-03", JANUARY, False),
    ],
)
def test_a_date_filter_may_include_its_day_or_not(query: str, at: int, fits: bool) -> None:
    body = {"object": "list", "data": [entry("a", at=at)], "total": 1, "limit": 50, "offset": 0}
    rules = find_rules(exchange("listing/p", body, path=f"/responses?{query}", method="GET"))
    assert rules == (set() if fits else {"listing.entries-lie-between-the-dates"})


@pytest.mark.parametrize("member", ["output", "error"])
def test_listed_entries_have_neither_output_nor_error(member: str) -> None:
    body = {"object": "list", "data": [entry("a", **{member: None})], "total": 1, "limit": 50, "offset": 0}
    rules = find_rules(exchange("listing/p", body, path="/responses", method="GET"))
    assert rules == {"listing.entries-have-no-output"}


def said(letters: str) -> list[dict[str, Any]]:
    """A message of the user for each letter."""
    return [{"type": "message", "role": "user", "content": letter} for letter in letters]


AGREES = "conversations.input-items-agree-with-the-history"
ANSWER = {"id": "resp_1", "object": "response", "status": "completed", "output": []}


@pytest.mark.parametrize(
    ("letters", "fails"),
    [("c", False), ("abc", False), ("xabc", False), ("ac", False), ("ab", True), ("cba", True), ("", True)],
)
def test_input_items_in_a_conversation_are_the_new_input_or_the_history(letters: str, fails: bool) -> None:
    """The history is a, b and c, of which c is the new input."""
    items = {"object": "list", "data": said(letters), "has_more": False}
    steps = {
        "asked": exchange("conversations/asked", ANSWER, request_body={"input": "c"}),
        "resent": exchange("conversations/resent", ANSWER, request_body={"input": said("abc")}),
        "asked_items": exchange(
            "conversations/asked_items", items, path="/responses/resp_1/input_items", method="GET"
        ),
    }
    rule = rules_for(OPENAI)[AGREES]
    (record,) = judge([Trace("conversations", steps)], OPENAI, {AGREES: rule})
    assert bool(record.findings) is fails
