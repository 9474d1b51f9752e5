"""Servers that list wrong responses, in a wrong order, or on wrong pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import Pairs, dropping_values
from antiphon_mockserver.response.plan import Item
from antiphon_spec.document import Document, Operation

Query = Mapping[str, Any]
AFTER, BEFORE = "created_after", "created_before"


def _asking(behaviour: Behaviour, change: Callable[[Query], Query]) -> Behaviour:
    """Selects by a changed query."""
    return replace(
        behaviour,
        lists=replace(
            behaviour.lists, select=lambda items, query: behaviour.lists.select(items, change(query))
        ),
    )


def _without(*names: str) -> Callable[[Query], Query]:
    return lambda query: {name: value for name, value in query.items() if name not in names}


@mutant(
    "state.lists-all-days",
    caught_by=(
        "listing.dates-exclude-responses-of-other-days",
        "listing.entries-lie-between-the-dates",
    ),
)
def lists_all_days(behaviour: Behaviour) -> Behaviour:
    """Ignores the dates in a query."""
    return _asking(behaviour, _without(AFTER, BEFORE))


@mutant("state.applies-one-of-two-dates-only", caught_by="listing.dates-exclude-responses-of-other-days")
def applies_one_of_two_dates_only(behaviour: Behaviour) -> Behaviour:
    """Ignores `created_before` when `created_after` is present."""
    return _asking(behaviour, lambda query: _without(BEFORE)(query) if AFTER in query else query)


@mutant("state.lists-by-either-date", caught_by="listing.dates-exclude-responses-of-other-days")
def lists_by_either_date(behaviour: Behaviour) -> Behaviour:
    """Lists what fits either of two dates instead of both."""

    def select(items: Sequence[Item], query: Query) -> list[Item]:
        if AFTER not in query or BEFORE not in query:
            return behaviour.lists.select(items, query)
        selections = [behaviour.lists.select(items, _without(name)(query)) for name in (AFTER, BEFORE)]
        return [item for item in items if any(item in selection for selection in selections)]

    return replace(behaviour, lists=replace(behaviour.lists, select=select))


@mutant(
    "state.swaps-after-and-before",
    caught_by=(
        "listing.dates-select-the-responses-between-them",
        "listing.dates-exclude-responses-of-other-days",
    ),
)
def swaps_after_and_before(behaviour: Behaviour) -> Behaviour:
    """Swaps `created_after` and `created_before`."""

    def change(query: Query) -> Query:
        swap = {AFTER: BEFORE, BEFORE: AFTER}
        return {swap.get(name, name): value for name, value in query.items()}

    return _asking(behaviour, change)


@mutant("state.lists-every-status", caught_by="listing.entries-have-the-requested-status")
def lists_every_status(behaviour: Behaviour) -> Behaviour:
    """Ignores the `status` of a query."""
    return _asking(behaviour, _without("status"))


@mutant("state.finds-no-cancelled-response", caught_by="listing.a-status-selects-the-responses-with-it")
def finds_no_cancelled_response(behaviour: Behaviour) -> Behaviour:
    """Leaves cancelled responses out when `status` asks for them."""

    def select(items: Sequence[Item], query: Query) -> list[Item]:
        entries = behaviour.lists.select(items, query)
        return [item for item in entries if "status" not in query or item["status"] != "cancelled"]

    return replace(behaviour, lists=replace(behaviour.lists, select=select))


@mutant("state.lists-only-what-has-ended", caught_by="listing.responses-of-every-kind-are-listed")
def lists_only_what_has_ended(behaviour: Behaviour) -> Behaviour:
    """Leaves responses that still run out of the list."""

    def select(items: Sequence[Item], query: Query) -> list[Item]:
        return [item for item in behaviour.lists.select(items, query) if item.get("status") != "in_progress"]

    return replace(behaviour, lists=replace(behaviour.lists, select=select))


@mutant("state.lists-the-oldest-first", caught_by="listing.the-newest-response-comes-first")
def lists_the_oldest_first(behaviour: Behaviour) -> Behaviour:
    """Lists the oldest entries first."""
    return replace(
        behaviour,
        lists=replace(
            behaviour.lists, select=lambda items, query: behaviour.lists.select(items, query)[::-1]
        ),
    )


@mutant("state.lists-more-than-its-limit", caught_by="offset-pages.a-page-keeps-to-its-limit")
def lists_more_than_its_limit(behaviour: Behaviour) -> Behaviour:
    """Puts all entries on every page."""

    def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
        return {**behaviour.lists.cut(items, offset, limit), "data": list(items[offset:])}

    return replace(behaviour, lists=replace(behaviour.lists, cut=cut_out))


@mutant("state.overlaps-its-pages", caught_by="offset-pages.pages-cover-every-entry-once")
def overlaps_its_pages(behaviour: Behaviour) -> Behaviour:
    """Begins a page with the last entry of the page before it."""

    def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
        first = max(offset - 1, 0)
        return {**behaviour.lists.cut(items, offset, limit), "data": list(items[first : first + limit])}

    return replace(behaviour, lists=replace(behaviour.lists, cut=cut_out))


@mutant("state.counts-offsets-in-pages", caught_by="offset-pages.pages-cover-every-entry-once")
def counts_offsets_in_pages(behaviour: Behaviour) -> Behaviour:
    """Counts `offset` in pages instead of entries."""

    def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
        data = list(items[offset * limit : (offset + 1) * limit])
        return {**behaviour.lists.cut(items, offset, limit), "data": data}

    return replace(behaviour, lists=replace(behaviour.lists, cut=cut_out))


@mutant("state.orders-each-page-for-itself", caught_by="offset-pages.pages-cover-every-entry-once")
def orders_each_page_for_itself(behaviour: Behaviour) -> Behaviour:
    """Sorts the entries of each page instead of the whole list."""

    def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
        page = behaviour.lists.cut(items, offset, limit)
        return {**page, "data": sorted(page["data"], key=str)}

    return replace(behaviour, lists=replace(behaviour.lists, cut=cut_out))


@mutant("state.counts-nothing-beyond-the-end", caught_by="offset-pages.every-page-has-the-same-total")
def counts_nothing_beyond_the_end(behaviour: Behaviour) -> Behaviour:
    """Reports a total of 0 on a page beyond the end."""

    def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
        page = behaviour.lists.cut(items, offset, limit)
        return page if page["data"] else {**page, "total": 0}

    return replace(behaviour, lists=replace(behaviour.lists, cut=cut_out))


@mutant("state.counts-the-page-alone", caught_by="offset-pages.the-total-counts-every-entry")
def counts_the_page_alone(behaviour: Behaviour) -> Behaviour:
    """Reports the number of entries on the page as the total."""

    def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
        page = behaviour.lists.cut(items, offset, limit)
        return {**page, "total": len(page["data"])}

    return replace(behaviour, lists=replace(behaviour.lists, cut=cut_out))


@mutant("state.echoes-how-many-there-are", caught_by="offset-pages.limit-and-offset-are-echoed")
def echoes_how_many_there_are(behaviour: Behaviour) -> Behaviour:
    """Reports the number of entries as `limit`."""

    def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
        page = behaviour.lists.cut(items, offset, limit)
        return {**page, "limit": len(page["data"])}

    return replace(behaviour, lists=replace(behaviour.lists, cut=cut_out))


@mutant("state.lists-twenty-by-default", caught_by="offset-pages.limit-and-offset-are-echoed")
def lists_twenty_by_default(behaviour: Behaviour) -> Behaviour:
    """Lists 20 responses on a page by default."""

    def read_query(operation: Operation, document: Document, given: Pairs) -> dict[str, Any]:
        query = behaviour.requests.read_query(operation, document, given)
        details = any(name == "limit" for name, _ in given)
        return query if details or operation.id != "listResponses" else {**query, "limit": 20}

    return replace(behaviour, requests=replace(behaviour.requests, read_query=read_query))


@mutant("state.accepts-any-offset", caught_by="query-parameters.an-offset-is-a-whole-number")
def accepts_any_offset(behaviour: Behaviour) -> Behaviour:
    """Accepts an `offset` that is negative or not a number."""
    return dropping_values(behaviour, ("offset",), lambda value: not value.isdigit())


@mutant("state.accepts-any-status", caught_by="query-parameters.an-unknown-status-is-rejected")
def accepts_any_status(behaviour: Behaviour) -> Behaviour:
    """Accepts a `status` that no response has."""
    return dropping_values(behaviour, ("status",), lambda value: value == "sleeping")


@mutant("state.accepts-any-date", caught_by="query-parameters.a-malformed-date-is-rejected")
def accepts_any_date(behaviour: Behaviour) -> Behaviour:
    """Accepts a malformed date."""
    return dropping_values(
        behaviour, (AFTER, BEFORE), lambda value: not value.startswith("20") or "02-30" in value
    )
