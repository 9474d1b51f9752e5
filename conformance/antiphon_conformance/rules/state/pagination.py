"""Pages of input items: together they have every item once, in any size and order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

from antiphon_conformance.http.exchange import Exchange, Part
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.requests.test_prompts import UNKNOWN_ITEM
from antiphon_conformance.rules.reading.comparison import expect_ok, expect_status, succeeded
from antiphon_conformance.rules.reading.output import objects
from antiphon_conformance.rules.requests.queries import query
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.state.input_items import roles_and_texts
from antiphon_conformance.rules.views import AnyReply, DocumentReply, ScenarioTrace

DEFAULT_LIMIT = 20


def limit_of(body: DocumentReply) -> int | None:
    """The `limit` of a request for a page, its default, or None when it is not a number."""
    value = parse_qs(urlsplit(body.request.path).query).get("limit", [str(DEFAULT_LIMIT)])[0]
    return int(value) if value.isascii() and value.isdigit() else None


def has_limit(body: DocumentReply) -> bool:
    """Whether the body is a page of input items with a usable limit."""
    return body.operation == "listInputItems" and limit_of(body) is not None


def pages(trace: ScenarioTrace, order: str) -> list[Exchange]:
    """The pages of the scenario in one order."""
    names = (name for name in trace.trace.exchanges if name.partition("-")[0] == order)
    return [trace[name] for name in names]


def ids(*exchanges: Exchange) -> list[str]:
    """The ids of the items of the pages, in order."""
    items = (item for page in exchanges for _, item in objects(page.answer.fields.get("data")))
    return [str(item.get("id", ABSENT)) for item in items]


def oldest_first(trace: ScenarioTrace) -> list[str]:
    """The ids of the whole list, oldest first. The default order is newest first; a server with the other one
    breaks the rule on that alone."""
    whole, page = ids(trace["listed"]), ids(*pages(trace, "ascending")[:1])
    is_ascending = len(page) > 1 and whole[: len(page)] == page
    return whole if is_ascending else whole[::-1]


def newest_first(trace: ScenarioTrace) -> list[str]:
    """The ids of the whole list, newest first."""
    return oldest_first(trace)[::-1]


@rule("pagination.a-page-keeps-to-its-limit", DocumentReply, cites="INP-02", when=has_limit)
def a_page_keeps_to_its_limit(body: DocumentReply) -> Iterator[Finding]:
    """A page has at most `limit` items; without a limit the default of 20 holds."""
    data, limit = body.object.get("data"), limit_of(body)
    if isinstance(data, list) and limit is not None and len(data) > limit:
        yield Finding("reply.body/data", f"at most {limit} items", f"{len(data)} items")


@rule(
    "pagination.the-newest-item-comes-first-by-default",
    ScenarioTrace,
    scenario="storage",
    cites="INP-04",
    when=succeeded("listed", "ascending"),
)
def the_newest_item_comes_first_by_default(trace: ScenarioTrace) -> Iterator[Finding]:
    """Without `order` the list begins with the newest item."""
    if ids(trace["listed"]) == ids(*pages(trace, "ascending")):
        actual = f"the order of `asc`: {show(ids(trace['listed']))}"
        yield Finding("reply.body/data", "the newest item first", actual, trace["listed"].id)


@rule(
    "pagination.descending-is-ascending-reversed",
    ScenarioTrace,
    scenario="storage",
    cites="INP-05",
    when=succeeded("ascending", "descending"),
)
def descending_is_ascending_reversed(trace: ScenarioTrace) -> Iterator[Finding]:
    """`order=desc` lists exactly the reverse of `order=asc`."""
    expected, actual = ids(*pages(trace, "ascending"))[::-1], ids(*pages(trace, "descending"))
    if actual != expected:
        yield Finding(
            "reply.body/data",
            f"the reverse of `asc`: {show(expected)}",
            named("ids", actual),
            trace["descending"].id,
        )


@rule(
    "pagination.ascending-is-the-order-of-the-request",
    ScenarioTrace,
    scenario="storage",
    cites="INP-23",
    when=succeeded("created", "ascending"),
)
def ascending_is_the_order_of_the_request(trace: ScenarioTrace) -> Iterator[Finding]:
    """With `order=asc` the messages of a request are listed in its order.

    Clients restore a conversation from this list. Another rule reports messages that are missing.
    """
    lists = (page.answer.fields.get("data") for page in pages(trace, "ascending"))
    actual = roles_and_texts([item for data in lists for _, item in objects(data)])
    expected = roles_and_texts(trace["created"].request.fields.get("input"))
    if actual != expected and Counter(actual) == Counter(expected):
        wanted, texts = (show([text for _, text in pairs]) for pairs in (expected, actual))
        yield Finding("reply.body/data", f"{wanted}, as in the request", texts, trace["ascending"].id)


@rule(
    "pagination.pages-partition-the-list-ascending",
    ScenarioTrace,
    scenario="storage",
    cites=("INP-09", "INP-06"),
    when=succeeded("ascending", "listed"),
)
def pages_partition_the_list_ascending(trace: ScenarioTrace) -> Iterator[Finding]:
    """Ascending pages, each after the `last_id` of the page before, have every item once.

    A page that begins with the item of `after` repeats items; one that begins too late loses them.
    """
    yield from _partition(trace, "ascending", oldest_first(trace))


@rule(
    "pagination.pages-partition-the-list-descending",
    ScenarioTrace,
    scenario="storage",
    cites=("INP-09", "INP-06"),
    when=succeeded("descending", "listed"),
)
def pages_partition_the_list_descending(trace: ScenarioTrace) -> Iterator[Finding]:
    """Descending pages, each after the `last_id` of the page before, have every item once."""
    yield from _partition(trace, "descending", newest_first(trace))


def _partition(trace: ScenarioTrace, order: str, whole: list[str]) -> Iterator[Finding]:
    walk = pages(trace, order)
    for page in walk:
        yield from expect_ok(page, "200")
    actual = ids(*walk)
    if actual != whole:
        yield Finding(
            "reply.body/data",
            f"each item once over all pages: {show(whole)}",
            named("ids", actual),
            walk[0].id,
        )


@rule(
    "pagination.a-page-begins-after-its-cursor",
    ScenarioTrace,
    scenario="storage",
    cites="INP-06",
    when=succeeded("ascending-2", "listed"),
)
def a_page_begins_after_its_cursor(trace: ScenarioTrace) -> Iterator[Finding]:
    """A page begins with the item that follows the item of `after` in the order of the list."""
    whole = oldest_first(trace)
    for before, page in pairwise(pages(trace, "ascending")):
        cursor, first = ids(before)[-1:], ids(page)[:1]
        if cursor and cursor[0] in whole:
            expected = whole[whole.index(cursor[0]) + 1 :][:1]
            if first != expected:
                actual = show(first[0]) if first else "a page without items"
                yield Finding(
                    "reply.body/data/0/id", show(expected[0]) if expected else "no item", actual, page.id
                )


def _cursor_of(body: DocumentReply) -> str:
    """The `after` of a request for input items; empty without one."""
    return query(body, "after")[-1] if body.operation == "listInputItems" and query(body, "after") else ""


@rule(
    "pagination.a-page-leaves-out-its-cursor",
    DocumentReply,
    cites="INP-06",
    when=lambda body: bool(_cursor_of(body)),
    needs="a page with `after`",
    reads={Part.REQUEST, Part.IDS},
)
def a_page_leaves_out_its_cursor(body: DocumentReply) -> Iterator[Finding]:
    """A page does not have the item that `after` names: it comes before the page.

    Clients that walk the pages see the item twice, or never come to an end.
    """
    for index, item in objects(body.object.get("data")):
        if item.get("id") == _cursor_of(body):
            where = f"reply.body/data/{index}/id"
            yield Finding(where, "an item after the cursor", f"{show(item['id'])}, the cursor itself")


@rule(
    "pagination.has-more-is-true-when-items-follow",
    ScenarioTrace,
    scenario="storage",
    cites="INP-08",
    when=succeeded("ascending", "descending", "listed"),
)
def has_more_is_true_when_items_follow(trace: ScenarioTrace) -> Iterator[Finding]:
    """`has_more` is true exactly when items follow the last item of the page."""
    for order, whole in (("ascending", oldest_first(trace)), ("descending", newest_first(trace))):
        for page in pages(trace, order):
            last = ids(page)[-1:]
            expected = bool(last) and last[0] != next(reversed(whole), None)
            actual = page.answer.fields.get("has_more", ABSENT)
            if actual is not expected:
                yield Finding("reply.body/has_more", show(expected), show(actual), page.id)


@rule(
    "pagination.an-unknown-cursor-is-no-server-error",
    AnyReply,
    cites="INP-17",
    when=lambda answer: answer.operation == "listInputItems" and UNKNOWN_ITEM in answer.request.path,
    needs="a page after an item that does not exist",
)
def an_unknown_cursor_is_no_server_error(answer: AnyReply) -> Iterator[Finding]:
    """An `after` that names no item of the list is rejected with a 4xx or gets an empty page."""
    exchange = answer.exchange
    yield from expect_status(exchange, (200, *range(400, 500)), "a 4xx, or an empty page")
    if exchange.ok and ids(exchange):
        expected = "an empty list, since `after` names no item of the list"
        yield Finding("reply.body/data", expected, named("ids", ids(exchange)), exchange.id)
