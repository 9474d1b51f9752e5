"""Lists that were asked for with a filter: how to ask, what was asked, and what was listed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

from antiphon_conformance.answers import number, objects
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.filters import criteria
from antiphon_conformance.library import MEMBERS, Library

Json = Mapping[str, Any]
LARGEST_PAGE = 100
OF_FILE = re.compile(r"/files/([^/?]+)/segments")


def path_with(path: str, filter: Json) -> str:
    """The path of a list of what a filter admits: the filter is JSON text in the query."""
    text = json.dumps(filter, ensure_ascii=False, separators=(",", ":"))
    return f"{path}?{urlencode({'filter': text, 'limit': LARGEST_PAGE}, quote_via=quote)}"


def filter_of(exchange: Exchange) -> Json | None:
    """The filter that a list was asked for with; None when there is none, or none that is JSON."""
    texts = parse_qs(exchange.request.path.partition("?")[2]).get("filter")
    try:
        filter = json.loads(texts[0]) if texts else None
    except ValueError:
        return None
    return filter if isinstance(filter, dict) else None


def searched(exchange: Exchange, library: Library) -> dict[str, Json]:
    """The files, by id, of which a list shows those that pass: all of them, or those of a collection."""
    found = MEMBERS.match(exchange.request.path)
    if found is None:
        return dict(library.files)
    members = library.members.get(found[1], frozenset())
    return {identity: file for identity, file in library.files.items() if identity in members}


def answerable(library: Library) -> list[Json]:
    """The files that an answer from the collection that requests name may cite."""
    members = library.members.get(library.collection or "", frozenset())
    found = [file for identity, file in library.files.items() if identity in members]
    return [file for file in found if file.get("status") == "completed"]


def files_in(exchange: Exchange) -> dict[str, tuple[int, Json]]:
    """The files that a list shows, by id, each with its place: file objects, or members of a collection."""
    listed = exchange.answer.fields.get("data")
    named = ((str(one.get("file_id", one.get("id"))), (place, one)) for place, one in objects(listed))
    return dict(named)


def is_whole(exchange: Exchange) -> bool:
    """Whether a list is all on its first page."""
    fields = exchange.answer.fields
    return fields.get("total") == len([*objects(fields.get("data"))])


def segments_by_file(exchanges: Mapping[str, Exchange]) -> dict[str, list[Json]]:
    """The segments of those files of which a step lists all."""
    found: dict[str, list[Json]] = {}
    for exchange in exchanges.values():
        matched = OF_FILE.match(exchange.request.path)
        if matched is not None and exchange.ok and is_whole(exchange):
            found[unquote(matched[1])] = [one for _, one in objects(exchange.answer.fields.get("data"))]
    return found


def in_words(filter: Json) -> str:
    """A filter as people read it: `metadata.topic Equal "pasta"`."""
    return " and ".join(_in_words(category, criterion) for (category, _), criterion in criteria(filter))


def _in_words(category: str, criterion: Json) -> str:
    value = criterion.get("valueTextArray", criterion.get("valueText"))
    scope = " (of a segment)" if criterion.get("scope") == "segment" else ""
    told = json.dumps(value, ensure_ascii=False)
    return f"{category}.{criterion.get('path')}{scope} {criterion.get('operator')} {told}"


def span(thing: Json) -> tuple[float, float] | None:
    """From when to when a segment lasts, or what is cited; a citation without an end is one moment."""
    start = number(thing.get("start_time"))
    end = number(thing.get("end_time")) if thing.get("end_time") is not None else start
    return None if start is None or end is None else (start, end)
