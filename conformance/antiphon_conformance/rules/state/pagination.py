"""Pages of input items: together they have every item once, in any size and order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.requests.test_prompts import UNKNOWN_ITEM
from antiphon_conformance.rules.reading.comparison import expect_ok, expect_status, succeeded
from antiphon_conformance.rules.reading.output import objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Answered, Body, Scene

DEFAULT_LIMIT = 20


def limit_of(body: Body) -> int | None:
    """The `limit` of a request for a page, its default, or None when it is not a number."""
    value = parse_qs(urlsplit(body.request.path).query).get("limit", [str(DEFAULT_LIMIT)])[0]
    return int(value) if value.isascii() and value.isdigit() else None


def has_limit(body: Body) -> bool:
    """Whether the body is a page of input items with a usable limit."""
    return body.operation == "listInputItems" and limit_of(body) is not None


def pages(scene: Scene, order: str) -> list[Exchange]:
    """The pages of the scenario in one order."""
    names = (name for name in scene.episode.exchanges if name.partition("-")[0] == order)
    return [scene[name] for name in names]


def ids(*exchanges: Exchange) -> list[str]:
    """The ids of the items of the pages, in order."""
    return [str(item.get("id")) for page in exchanges for _, item in objects(page.answer.fields.get("data"))]


def oldest_first(scene: Scene) -> list[str]:
    """The ids of the whole list, oldest first; the default order is newest first."""
    return ids(scene["listed"])[::-1]


@rule("pagination.a-page-keeps-to-its-limit", Body, cites="INP-02", when=has_limit)
def a_page_keeps_to_its_limit(body: Body) -> Iterator[Finding]:
    """A page has at most `limit` items; without a limit the default of 20 holds."""
    data, limit = body.object.get("data"), limit_of(body)
    if isinstance(data, list) and limit is not None and len(data) > limit:
        yield Finding("reply.body/data", f"at most {limit} items", f"{len(data)} items")


@rule(
    "pagination.the-newest-item-comes-first-by-default",
    Scene,
    scenario="storage",
    cites="INP-04",
    when=succeeded("listed", "ascending"),
)
def the_newest_item_comes_first_by_default(scene: Scene) -> Iterator[Finding]:
    """Without `order` the list begins with the newest item."""
    if ids(scene["listed"]) == ids(*pages(scene, "ascending")):
        got = f"the order of `asc`: {show(ids(scene['listed']))}"
        yield Finding("reply.body/data", "the newest item first", got, scene["listed"].id)


@rule(
    "pagination.descending-is-ascending-reversed",
    Scene,
    scenario="storage",
    cites="INP-05",
    when=succeeded("ascending", "descending"),
)
def descending_is_ascending_reversed(scene: Scene) -> Iterator[Finding]:
    """`order=desc` lists exactly the reverse of `order=asc`."""
    expected, got = ids(*pages(scene, "ascending"))[::-1], ids(*pages(scene, "descending"))
    if got != expected:
        yield Finding(
            "reply.body/data", f"the reverse of `asc`: {show(expected)}", show(got), scene["descending"].id
        )


@rule(
    "pagination.pages-partition-the-list-ascending",
    Scene,
    scenario="storage",
    cites=("INP-09", "INP-06"),
    when=succeeded("ascending", "listed"),
)
def pages_partition_the_list_ascending(scene: Scene) -> Iterator[Finding]:
    """Ascending pages, each after the `last_id` of the page before, have every item once.

    A page that begins with the item of `after` repeats items; one that begins too late loses them.
    """
    yield from _partition(scene, "ascending", oldest_first(scene))


@rule(
    "pagination.pages-partition-the-list-descending",
    Scene,
    scenario="storage",
    cites=("INP-09", "INP-06"),
    when=succeeded("descending", "listed"),
)
def pages_partition_the_list_descending(scene: Scene) -> Iterator[Finding]:
    """Descending pages, each after the `last_id` of the page before, have every item once."""
    yield from _partition(scene, "descending", ids(scene["listed"]))


def _partition(scene: Scene, order: str, whole: list[str]) -> Iterator[Finding]:
    walk = pages(scene, order)
    for page in walk:
        yield from expect_ok(page, "200")
    got = ids(*walk)
    if got != whole:
        yield Finding(
            "reply.body/data", f"each item once over all pages: {show(whole)}", show(got), walk[0].id
        )


@rule(
    "pagination.a-page-begins-after-its-cursor",
    Scene,
    scenario="storage",
    cites="INP-06",
    when=succeeded("ascending-2", "listed"),
)
def a_page_begins_after_its_cursor(scene: Scene) -> Iterator[Finding]:
    """A page begins with the item that follows the item of `after` in the order of the list."""
    whole = oldest_first(scene)
    for before, page in pairwise(pages(scene, "ascending")):
        cursor, first = ids(before)[-1:], ids(page)[:1]
        if cursor and cursor[0] in whole:
            expected = whole[whole.index(cursor[0]) + 1 :][:1]
            if first != expected:
                got = show(first[0]) if first else "a page without items"
                yield Finding(
                    "reply.body/data/0/id", show(expected[0]) if expected else "no item", got, page.id
                )


@rule(
    "pagination.has-more-is-true-when-items-follow",
    Scene,
    scenario="storage",
    cites="INP-08",
    when=succeeded("ascending", "descending", "listed"),
)
def has_more_is_true_when_items_follow(scene: Scene) -> Iterator[Finding]:
    """`has_more` is true exactly when items follow the last item of the page."""
    for order, whole in (("ascending", oldest_first(scene)), ("descending", ids(scene["listed"]))):
        for page in pages(scene, order):
            last = ids(page)[-1:]
            expected = bool(last) and last[0] != next(reversed(whole), None)
            got = page.answer.fields.get("has_more", ABSENT)
            if got is not expected:
                yield Finding("reply.body/has_more", show(expected), show(got), page.id)


@rule(
    "pagination.an-unknown-cursor-is-no-server-error",
    Answered,
    cites="INP-17",
    when=lambda answer: answer.operation == "listInputItems" and UNKNOWN_ITEM in answer.request.path,
    needs="a page after an item that does not exist",
)
def an_unknown_cursor_is_no_server_error(answer: Answered) -> Iterator[Finding]:
    """An `after` that names no item of the list is rejected with a 4xx or gets an empty page."""
    exchange = answer.exchange
    yield from expect_status(exchange, (200, *range(400, 500)), "a 4xx, or an empty page")
    if exchange.ok and ids(exchange):
        expected = "an empty list, since `after` names no item of the list"
        yield Finding("reply.body/data", expected, show(ids(exchange)), exchange.id)
