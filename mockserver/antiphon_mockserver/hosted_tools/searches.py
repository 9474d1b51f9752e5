"""Searches of the web and of files: a small index that ships, and the files that clients upload."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

import antiphon_fixtures
from antiphon_mockserver.hosted_tools.work import Citation, Job, Work
from antiphon_mockserver.model.words import words
from antiphon_mockserver.response.plan import Item, StoredText
from antiphon_spec.data import read_yaml
from antiphon_spec.loading.construction import dataclass

SHIPPED = Path(antiphon_fixtures.__file__).parent / "worlds" / "hosted"
MOST_PAGES = 2
"""How many pages an answer quotes."""
MOST_RESULTS = 20
"""How many results a search of files has when the tool names no number."""
TITLE_WEIGHT = 3
"""How much more a word in a title counts than one in the text."""
READ_LENGTH = 20_000
"""Characters of a file in which a search looks for an excerpt."""
SENTENCE = re.compile(r"[^.!?\n]{1,400}[.!?]?")
WORD = re.compile(r"\w+")
COMMON = frozenset(
    words("a an the of to in on at for is are was it do does how what who when where which and or about with")
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the web."""

    title: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class FileHit:
    """A text that a search brought up, and how well it fits: from 0 to 1."""

    text: StoredText
    score: float = field(default=0.0)


@cache
def pages() -> tuple[Page, ...]:
    """The pages of the web, in the order of the file."""
    return tuple(Page(**row) for row in read_yaml(SHIPPED / "web.yaml", schema="hosted_world")["pages"])


@cache
def shipped_files() -> tuple[StoredText, ...]:
    """The files of every vector store that no client has made."""
    rows = read_yaml(SHIPPED / "files.yaml", schema="hosted_world")["files"]
    return tuple(StoredText(row["id"], row["filename"], row["text"]) for row in rows)


def texts_of(job: Job) -> Sequence[StoredText]:
    """The files of the vector stores or of the container of a tool; the shipped ones where nobody made it."""
    names = job.tool.get("vector_store_ids") or (job.container,)
    texts = [text for name in names for text in job.context.stores.get(name, ())]
    return texts if any(name in job.context.stores for name in names) else shipped_files()


def look_up(query: str, domains: Sequence[str] = ()) -> list[Page]:
    """The pages that fit a query best; the first one of all when none fits."""
    candidates = [page for page in pages() if not domains or _host(page.url) in domains]
    ranking = sorted(candidates, key=lambda page: -_weight(query, page.title, page.text))
    hits = [page for page in ranking if _weight(query, page.title, page.text) > 0]
    return (hits or candidates)[:MOST_PAGES]


def search_files(query: str, texts: Iterable[StoredText]) -> list[FileHit]:
    """The files that share a word with a query, best first; all of them when none does."""
    candidates = list(texts)
    most = max(len(_terms(query)) * (TITLE_WEIGHT + 1), 1)
    hits = [FileHit(text, round(_weight(query, text.filename, text.text) / most, 4)) for text in candidates]
    ranking = sorted(hits, key=lambda hit: -hit.score)
    return [hit for hit in ranking if hit.score > 0] or ranking


def web_search(job: Job) -> Work:
    """A search of the web. The answer quotes each page before a link to it."""
    query = job.subject
    domains = (job.tool.get("filters") or {}).get("allowed_domains") or ()
    hits = look_up(query, domains)
    action: Item = {"type": "search", "query": query, "queries": [query]}
    if job.includes("web_search_call.action.sources"):
        action["sources"] = [{"type": "url", "url": page.url} for page in hits]
    return Work(
        ({"type": "web_search_call", "action": action},),
        "web_search",
        " ".join(f"{page.text} {_link(page)}" for page in hits) or "no page of these domains",
        tuple(
            Citation(_link(page), {"type": "url_citation", "url": page.url, "title": page.title})
            for page in hits
        ),
    )


def file_search(job: Job) -> Work:
    """A search of the vector stores that the tool names."""
    options = job.tool.get("ranking_options") or {}
    texts = [text for text in texts_of(job) if passes(job.tool.get("filters"), text.attributes)]
    hits = [
        hit for hit in search_files(job.subject, texts) if hit.score >= (options.get("score_threshold") or 0)
    ]
    hits = hits[: job.tool.get("max_num_results") or MOST_RESULTS]
    show_results = job.includes("file_search_call.results")
    item: Item = {
        "type": "file_search_call",
        "queries": [job.subject],
        "results": list(map(_result, hits)) if show_results else None,
    }
    if not hits:
        return Work((item,), "file_search", "no file that fits")
    best = hits[0].text
    source = {"type": "file_citation", "file_id": best.id, "filename": best.filename}
    excerpt = _excerpt(best.text, job.subject)
    return Work((item,), "file_search", excerpt, (Citation(excerpt, source),))


def _result(hit: FileHit) -> dict[str, Any]:
    """A result as on the wire."""
    text = hit.text
    return {
        "file_id": text.id,
        "filename": text.filename,
        "score": hit.score,
        "text": text.text,
        "attributes": dict(text.attributes),
        "vector_store_id": text.store,
    }


def passes(criteria: Any, attributes: Any) -> bool:
    """Whether the attributes of a file pass the `filters` of a tool."""
    if not criteria:
        return True
    kind, value = criteria.get("type", "eq"), criteria.get("value")
    if kind in ("and", "or"):
        results = [passes(inner, attributes) for inner in criteria.get("filters", ())]
        return all(results) if kind == "and" else any(results)
    actual = attributes.get(criteria.get("key"))
    if kind in ("in", "nin"):
        return (actual in value) is (kind == "in")
    if kind in ("eq", "ne"):
        return (actual == value) is (kind == "eq")
    if isinstance(actual, str) is not isinstance(value, str) or actual is None:
        return False
    return bool(
        {"gt": actual > value, "gte": actual >= value, "lt": actual < value, "lte": actual <= value}[kind]
    )


def _excerpt(text: str, query: str) -> str:
    """The sentence of a text that has most words of a query."""
    sentences: list[str] = SENTENCE.findall(text[:READ_LENGTH]) or [text[:READ_LENGTH]]
    return max(sentences, key=lambda sentence: len(_terms(query) & _terms(sentence))).strip()


def _link(page: Page) -> str:
    return f"([{_host(page.url)}]({page.url}))"


def _host(url: str) -> str:
    return url.removeprefix("https://").partition("/")[0]


def _weight(query: str, title: str, text: str) -> int:
    """How many words of a query a title and a text have; those of the title count more."""
    terms = _terms(query)
    return TITLE_WEIGHT * len(terms & _terms(title)) + len(terms & _terms(text))


def _terms(text: str) -> frozenset[str]:
    """The telling words of a text in lower case, without the `s` of a plural."""
    lower = (match[0].lower() for match in WORD.finditer(text.replace("_", " ")))
    return frozenset(word.rstrip("s") or word for word in lower if word not in COMMON)
