"""Lists with `limit`, `offset` and `total`: the echo of the query, the size of a page, and the total.

Other clients may add and delete entries during the run. So most rules judge one page by itself, and compare
two pages only when we changed nothing between them and the pages around them have the same total.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import named, show
from antiphon_conformance.rules.reading.output import member
from antiphon_conformance.rules.requests.queries import is_integer, query, schema_of
from antiphon_conformance.rules.rule import EVERY, Finding, rule
from antiphon_conformance.rules.views import AnyReply, DocumentReply, ScenarioTrace
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

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
"""The operations with such lists, and the member that identifies an entry."""
PAGING_PARAMETERS = ("limit", "offset")


@dataclass(frozen=True, slots=True)
class Page:
    """One page: what the request selects, and the ids in the answer."""

    exchange: Exchange
    selection: str
    """Path and query without `limit` and `offset`: pages of one list have the same selection."""
    limit: int
    offset: int
    total: int
    ids: tuple[Any, ...]

    @property
    def is_last(self) -> bool:
        """Whether the list ends with this page."""
        return self.offset + len(self.ids) >= self.total


def asked(answer: AnyReply, name: str) -> int | None:
    """The `limit` or `offset` of a request, or the documented default; None when it is not legal."""
    schema = schema_of(answer, name)
    value = (query(answer, name)[-1:] or [str(schema.get("default", ""))])[0]
    if not is_integer(value):
        return None
    least, most = schema.get("minimum", 0), schema.get("maximum", 10**19)
    return int(value) if least <= int(value) <= most else None


def page_of(answer: AnyReply) -> Page | None:
    """The answer as a page; None when it is not a page, or has the wrong form."""
    identity = IDENTITY.get(answer.operation or "")
    limit, offset = (asked(answer, name) for name in PAGING_PARAMETERS) if identity else (None, None)
    data, total = answer.reply.fields.get("data"), answer.reply.fields.get("total")
    if limit is None or offset is None or answer.reply.status != 200:
        return None
    if not isinstance(data, list) or type(total) is not int:
        return None
    ids = tuple(member(entry, identity or "") for entry in data)
    return Page(answer.exchange, _selection(answer.request.path), limit, offset, total, ids)


def is_page(answer: AnyReply) -> bool:
    """For `when=`: the answer is a page of such a list."""
    return page_of(answer) is not None


def _selection(path: str) -> str:
    parts = urlsplit(path)
    rest = [(name, value) for name, value in parse_qsl(parts.query) if name not in PAGING_PARAMETERS]
    return f"{parts.path}?{urlencode(sorted(rest))}"


@rule(
    "offset-pages.limit-and-offset-are-echoed",
    DocumentReply,
    cites="CG-OPS-17",
    when=is_page,
    needs="a list with `limit` and `offset`",
)
def limit_and_offset_are_echoed(body: DocumentReply) -> Iterator[Finding]:
    """A page repeats the `limit` and the `offset` of the request, or their defaults.

    A client computes the next page from them.
    """
    for name in PAGING_PARAMETERS:
        expected = asked(body, name)
        if name in body.object and body.object[name] != expected:
            reason = "as in the request" if query(body, name) else "the default"
            yield Finding(f"reply.body/{name}", f"{expected}, {reason}", show(body.object[name]))


@rule(
    "offset-pages.a-page-keeps-to-its-limit",
    DocumentReply,
    cites=("CG-OPS-17", "CG-OPS-21"),
    when=is_page,
    needs="a list with `limit` and `offset`",
)
def a_page_keeps_to_its_limit(body: DocumentReply) -> Iterator[Finding]:
    """A page has at most `limit` entries; without a limit the documented default holds."""
    page = page_of(body)
    if page is not None and len(page.ids) > page.limit:
        yield Finding("reply.body/data", f"at most {page.limit} entries", f"{len(page.ids)} entries")


@rule(
    "offset-pages.the-total-counts-every-entry",
    DocumentReply,
    cites=("CG-OPS-19", "CG-OPS-26"),
    when=is_page,
    needs="a list with `limit` and `offset`",
)
def the_total_counts_every_entry(body: DocumentReply) -> Iterator[Finding]:
    """`total` is the number of entries of the whole list.

    A page is full unless the list ends with it. So a total that counts the page alone, or deleted entries,
    contradicts its own page.
    """
    page = page_of(body)
    if page is None or len(page.ids) > page.limit:
        return
    remaining = max(page.total - page.offset, 0)
    if len(page.ids) != min(page.limit, remaining):
        end = page.offset + len(page.ids)
        ends = len(page.ids) < page.limit
        expected = f"{end}, since the page ends the list" if ends else f"at least {end}, as the page shows"
        yield Finding("reply.body/total", expected, str(page.total))


def page_runs(trace: ScenarioTrace) -> Iterator[list[Page]]:
    """For each list, the pages between which no request could change it."""
    for only_reads, steps in groupby(trace.trace.exchanges.values(), _only_reads):
        pages = [page for step in steps if (page := _page(step, trace.dialect))] if only_reads else []
        for selection in dict.fromkeys(page.selection for page in pages):
            yield [page for page in pages if page.selection == selection]


def _only_reads(exchange: Exchange) -> bool:
    return exchange.request.method == "GET"


def _page(exchange: Exchange, dialect: Dialect) -> Page | None:
    return page_of(AnyReply(exchange, dialect)) if exchange.reply is not None else None


def _comparable_pages(trace: ScenarioTrace) -> Iterator[tuple[Page, Page]]:
    """Each page between two pages with the same total, with the page before it."""
    for pages in page_runs(trace):
        for before, page, after in zip(pages, pages[1:], pages[2:], strict=False):
            if before.total == after.total:
                yield before, page


@rule(
    "offset-pages.every-page-has-the-same-total",
    ScenarioTrace,
    scenario=EVERY,
    cites="CG-OPS-20",
    when=lambda trace: any(page.offset > before.total for before, page in _comparable_pages(trace)),
    needs="a page beyond the end, between two pages with the same total",
)
def every_page_has_the_same_total(trace: ScenarioTrace) -> Iterator[Finding]:
    """A page beyond the end of a list has the same `total` as the pages before and after it."""
    for before, page in _comparable_pages(trace):
        if page.total != before.total:
            expected = f"{before.total}, as on the pages before and after"
            yield Finding("reply.body/total", expected, str(page.total), page.exchange.id)


def _is_unchanged(pages: list[Page]) -> bool:
    """Whether the list has several pages and kept its total while we read them."""
    return len(pages) > 1 and len({page.total for page in pages}) == 1


@rule(
    "offset-pages.pages-cover-every-entry-once",
    ScenarioTrace,
    scenario=EVERY,
    cites="CG-OPS-21",
    when=lambda trace: any(map(_is_unchanged, page_runs(trace))),
    needs="a list of several pages that does not change between them",
)
def pages_cover_every_entry_once(trace: ScenarioTrace) -> Iterator[Finding]:
    """Pages of any size show each entry at one position of the list.

    Where the order changes or pages overlap, a client loses some entries and gets others twice.
    """
    for pages in filter(_is_unchanged, page_runs(trace)):
        entries: dict[int, Any] = {}
        for page in pages:
            for position, identity in enumerate(page.ids, start=page.offset):
                if identity is not None:  # other rules report an entry without an id
                    yield from _conflicts(entries, position, identity, page)


def _conflicts(entries: dict[int, Any], position: int, identity: Any, page: Page) -> Iterator[Finding]:
    """A finding when an entry contradicts the entries so far; otherwise adds it to them."""
    where = f"reply.body/data/{position - page.offset}"
    earlier = next(
        (place for place, entry in entries.items() if entry == identity and place != position), None
    )
    if position in entries and entries[position] != identity:
        expected = f"{show(entries[position])}, as at position {position} of another page"
        yield Finding(where, expected, named("id", identity), page.exchange.id)
    elif earlier is not None:
        actual = f"the id {show(identity)}, which is at position {earlier}"
        yield Finding(where, "an entry that is at no other position", actual, page.exchange.id)
    else:
        entries[position] = identity
