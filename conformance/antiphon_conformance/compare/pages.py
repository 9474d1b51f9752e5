"""The differences between two pages of a list: its entries, of which a model writes some, and its ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from antiphon_conformance.compare.difference import Aspect, Difference, Grade
from antiphon_conformance.compare.members import OF_CLIENTS
from antiphon_conformance.compare.pairs import Pairs
from antiphon_conformance.compare.values import Values, align, element, token
from antiphon_conformance.http.text import ABSENT

DATA = "data"
ENTRY = "entry"
"""The kind of ids that ties the entries of pages, so that a later request for one is known as such."""
ENDS = (("first_id", 0), ("last_id", -1))
"""Members that repeat the id of an entry, and which."""
Page = Mapping[str, Any]


def is_page(body: Any) -> bool:
    """Whether a body is a page whose entries are objects."""
    entries = body.get(DATA) if isinstance(body, dict) and body.get("object") == "list" else None
    return isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)


def page_differences(values: Values, in_a: Page, in_b: Page) -> Iterator[Difference]:
    """Where two pages differ. The ends are compared with the entries beside them, and not with each other."""
    values = replace(values, realm=f"{values.realm}listed ")  # no document says that an entry keeps its id
    fact_names = [name for name, index in ENDS if _is_end(in_a, name, index)]
    yield from _entries(values, in_a, in_b)
    for name, index in ENDS:
        if name in fact_names and name in in_b and not _is_end(in_b, name, index):
            words = f"{in_b[DATA][index].get('id')}, the id of that entry"
            yield values.difference(Aspect.SUM, name, words, in_b[name])
    handled = {DATA, *(name for name in fact_names if name in in_b)}
    rest_a, rest_b = (
        {name: value for name, value in page.items() if name not in handled} for page in (in_a, in_b)
    )
    yield from values.differences(rest_a, rest_b, "")


def _is_end(page: Page, name: str, index: int) -> bool:
    """Whether a member has the id of the entry at this end; on an empty page it says nothing."""
    return not page[DATA] or page.get(name, ABSENT) == page[DATA][index].get("id")


def _entries(values: Values, in_a: Page, in_b: Page) -> Iterator[Difference]:
    """The entries side by side. Where a model wrote more or fewer, their ids are not tied to others."""
    tokens_a, tokens_b = [*map(token, in_a[DATA])], [*map(token, in_b[DATA])]
    inside = values if tokens_a == tokens_b else replace(values, pairs=Pairs())
    is_longer = False
    for index_a, index_b in align(tokens_a, tokens_b):
        before = in_a[DATA][index_a] if index_a is not None else None
        after = in_b[DATA][index_b] if index_b is not None else None
        values.pairs.ids(ENTRY, *(str(entry and entry.get("id")) for entry in (before, after)))
        if before is not None and after is not None and before.get("type") == after.get("type"):
            where = element(DATA, "", before)
            yield from _entry(inside, before, after).differences(before, after, where, "", DATA)
            continue
        if after is not None:
            grade, why = _grade(values, after)
            is_longer = is_longer or bool(why)
            yield values.difference(Aspect.ITEMS, element(DATA, "", after), ABSENT, after, grade, why)
        if before is not None:
            grade, why = _grade(values, before)
            if not why and is_longer and in_b.get("has_more") is True:
                grade, why = Grade.LEGAL, "the page of B has more items, and ends before it"
            yield values.difference(Aspect.ITEMS, element(DATA, "", before), before, ABSENT, grade, why)


def _entry(values: Values, before: Page, after: Page) -> Values:
    """How two entries are compared: clients read a listed message without a status, or with null for it."""
    is_message = before.get("type") == "message" and after.get("status") is None
    return replace(values, faults=values.faults - {"status"}) if is_message else values


def _grade(values: Values, entry: Page) -> tuple[Grade, str]:
    """The grade of an entry that one side lacks."""
    kind = entry.get("type")
    if not isinstance(kind, str):
        return Grade.DIFFERENT, ""
    if kind not in values.item_types:
        return Grade.LEGAL, "an item of a type that the document does not have"
    if entry.get("role") in OF_CLIENTS - {"user"}:
        return Grade.LEGAL, "no document says which instructions a server adds"
    is_of_the_client = entry.get("role") in OF_CLIENTS or kind.endswith(("_output", "_response"))
    return (Grade.DIFFERENT, "") if is_of_the_client else (Grade.LEGAL, "a model chooses what it answers")
