"""Rules on lists that are cut by an offset: what is echoed, how much a page holds, what `total` counts.

Others may make and delete things while we look. So a page is measured by itself; two pages are compared only
where nothing of ours came between them and a page before and one after tell the same total.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from antiphon_conformance.answers import member
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.rule import EVERY, Finding, rule
from antiphon_conformance.rules.queries import is_whole, query, schema_of
from antiphon_conformance.subject import Answered, Body, Scene
from antiphon_conformance.text import show
from antiphon_spec.dialect import Dialect

IDENTITY: Mapping[str, str] = {
    "listResponses": "id",
    "listCompletions": "id",
    "listCollections": "id",
    "listFiles": "id",
    "listFileSegments": "id",
    "listCollectionFiles": "file_id",
    "listCollectionEntities": "file_id",
    "listMediaDescriptions": "file_id",
    "listRichTranscripts": "file_id",
}
"""The operations that list in this way, and the member by which what they list is told apart."""
CUTS = ("limit", "offset")


@dataclass(frozen=True, slots=True)
class Page:
    """One page, as it was asked for and as it came."""

    exchange: Exchange
    selection: str
    """Path and query without what cuts the list: pages with the same selection are cut from one list."""
    limit: int
    offset: int
    total: int
    ids: tuple[Any, ...]

    @property
    def whole(self) -> bool:
        """Whether the list ends with this page."""
        return self.offset + len(self.ids) >= self.total


def asked(answer: Answered, name: str) -> int | None:
    """The `limit` or `offset` of a request, or the documented default; None when it is none that is legal."""
    schema = schema_of(answer, name)
    given = query(answer, name)[-1:] or [str(schema.get("default", ""))]
    if not is_whole(given[0]):
        return None
    least, most = schema.get("minimum", 0), schema.get("maximum", 10**19)
    return int(given[0]) if least <= int(given[0]) <= most else None


def page_of(answer: Answered) -> Page | None:
    """The page that an answer is; None when it is none, or one of which the form is wrong."""
    identity = IDENTITY.get(answer.operation or "")
    limit, offset = (asked(answer, name) for name in CUTS) if identity else (None, None)
    data, total = answer.reply.fields.get("data"), answer.reply.fields.get("total")
    if limit is None or offset is None or answer.reply.status != 200:
        return None
    if not isinstance(data, list) or type(total) is not int:
        return None
    ids = tuple(member(entry, identity or "") for entry in data)
    return Page(answer.exchange, _selection(answer.request.path), limit, offset, total, ids)


def is_page(answer: Answered) -> bool:
    """For `when=`: the answer is a page."""
    return page_of(answer) is not None


def _selection(path: str) -> str:
    parts = urlsplit(path)
    rest = [(name, value) for name, value in parse_qsl(parts.query) if name not in CUTS]
    return f"{parts.path}?{urlencode(sorted(rest))}"


@rule(Body, cites="CG-OPS-17", when=is_page, needs="a list that is cut by an offset")
def limit_and_offset_are_echoed(body: Body) -> Iterator[Finding]:
    """A list repeats the `limit` and the `offset` that were asked for, or their defaults.

    A client goes on from them to the next page.
    """
    for name in CUTS:
        wanted, got = asked(body, name), body.object.get(name, None)
        if name in body.object and got != wanted:
            yield Finding(f"reply.body/{name}", f"{wanted}, which was asked for or is the default", show(got))


@rule(Body, cites=("CG-OPS-17", "CG-OPS-21"), when=is_page, needs="a list that is cut by an offset")
def a_page_keeps_to_its_limit(body: Body) -> Iterator[Finding]:
    """A page has at most `limit` entries, the documented default when no limit was given."""
    page = page_of(body)
    if page is not None and len(page.ids) > page.limit:
        yield Finding("reply.body/data", f"at most {page.limit} entries", f"{len(page.ids)} entries")


@rule(Body, cites=("CG-OPS-19", "CG-OPS-26"), when=is_page, needs="a list that is cut by an offset")
def the_total_counts_all(body: Body) -> Iterator[Finding]:
    """`total` counts all that the list holds: a page is full unless the list ends with it.

    So a total that counts the page alone, or what was deleted, contradicts the page that it stands on.
    """
    page = page_of(body)
    if page is None or len(page.ids) > page.limit:
        return
    remaining = max(page.total - page.offset, 0)
    if len(page.ids) != min(page.limit, remaining):
        end = page.offset + len(page.ids)
        expected = f"{end}, where the list ends" if len(page.ids) < page.limit else f"at least {end}"
        yield Finding("reply.body/total", expected, str(page.total))


def runs(scene: Scene) -> Iterator[list[Page]]:
    """Pages of one list each, between which nothing was asked that could have changed it."""
    for reading, steps in groupby(scene.episode.exchanges.values(), _only_reads):
        pages = [page for step in steps if (page := _page(step, scene.dialect))] if reading else []
        for selection in dict.fromkeys(page.selection for page in pages):
            yield [page for page in pages if page.selection == selection]


def _only_reads(exchange: Exchange) -> bool:
    return exchange.request.method == "GET"


def _page(exchange: Exchange, dialect: Dialect) -> Page | None:
    return page_of(Answered(exchange, dialect)) if exchange.reply is not None else None


def _sandwiched(scene: Scene) -> Iterator[tuple[Page, Page]]:
    """Pages between two that tell the same total, each with the one before it."""
    for pages in runs(scene):
        for before, page, after in zip(pages, pages[1:], pages[2:], strict=False):
            if before.total == after.total:
                yield before, page


@rule(
    Scene,
    scenario=EVERY,
    cites="CG-OPS-20",
    when=lambda scene: any(page.offset > before.total for before, page in _sandwiched(scene)),
    needs="a page beyond the end, between two pages that tell the same total",
)
def every_page_tells_the_same_total(scene: Scene) -> Iterator[Finding]:
    """A page tells the same `total` as those before and after it, also when it lies beyond the end."""
    for before, page in _sandwiched(scene):
        if page.total != before.total:
            expected = f"{before.total}, as on the pages before and after"
            yield Finding("reply.body/total", expected, str(page.total), page.exchange.id)


def _still(pages: list[Page]) -> bool:
    """Whether a list was read in several pages while nothing came or went."""
    return len(pages) > 1 and len({page.total for page in pages}) == 1


@rule(
    Scene,
    scenario=EVERY,
    cites="CG-OPS-21",
    when=lambda scene: any(map(_still, runs(scene))),
    needs="a list that was read in several pages while nothing came or went",
)
def pages_cover_every_entry_once(scene: Scene) -> Iterator[Finding]:
    """Pages of whatever size show the same entry at the same place, and none at two places.

    Where the order changes from page to page, or pages overlap, a client that walks them loses some entries
    and gets others twice.
    """
    for pages in filter(_still, runs(scene)):
        places: dict[int, Any] = {}
        for page in pages:
            for place, entry in enumerate(page.ids, start=page.offset):
                if entry is None:  # an entry without an id is reported as such
                    continue
                yield from _misplaced(places, place, entry, page)


def _misplaced(places: dict[int, Any], place: int, entry: Any, page: Page) -> Iterator[Finding]:
    where = f"reply.body/data/{place - page.offset}"
    known = next((other for other, found in places.items() if found == entry and other != place), None)
    if place in places and places[place] != entry:
        expected = f"{show(places[place])}, as at this place on another page"
        yield Finding(where, expected, show(entry), page.exchange.id)
    elif known is not None:
        expected = f"an entry that did not stand at place {known} already"
        yield Finding(where, expected, show(entry), page.exchange.id)
    else:
        places[place] = entry
