"""Lists with a filter: the request, the filter in it, and the files in the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.rules.reading.output import number, objects
from antiphon_conformance.video_library.filters.language import criteria
from antiphon_conformance.video_library.library import MEMBERS, Library

Json = Mapping[str, Any]
LARGEST_PAGE = 100
OF_FILE = re.compile(r"/files/([^/?]+)/segments")


def path_with(path: str, selection: Json) -> str:
    """The path of a list with a filter, which is JSON text in the query."""
    text = json.dumps(selection, ensure_ascii=False, separators=(",", ":"))
    return f"{path}?{urlencode({'filter': text, 'limit': LARGEST_PAGE}, quote_via=quote)}"


def filter_of(exchange: Exchange) -> Json | None:
    """The filter in the request of a list; None when there is none, or when it is not JSON."""
    texts = parse_qs(exchange.request.path.partition("?")[2]).get("filter")
    try:
        selection = json.loads(texts[0]) if texts else None
    except ValueError:
        return None
    return selection if isinstance(selection, dict) else None


def search_scope(exchange: Exchange, library: Library) -> dict[str, Json]:
    """The files, by id, that a list selects from: all files, or those of a collection."""
    match = MEMBERS.match(exchange.request.path)
    if match is None:
        return dict(library.files)
    members = library.members.get(match[1], frozenset())
    return {identity: file for identity, file in library.files.items() if identity in members}


def answerable(library: Library) -> list[Json]:
    """The files that an answer may cite when it draws on the collection that requests name."""
    members = library.members.get(library.collection or "", frozenset())
    files = [file for identity, file in library.files.items() if identity in members]
    return [file for file in files if file.get("status") == "completed"]


def files_in(exchange: Exchange) -> dict[str, tuple[int, Json]]:
    """The files in a list, by id, each with its place: file objects, or members of a collection."""
    entries = objects(exchange.answer.fields.get("data"))
    return {str(entry.get("file_id", entry.get("id"))): (place, entry) for place, entry in entries}


def is_whole(exchange: Exchange) -> bool:
    """Whether the first page holds the whole list."""
    fields = exchange.answer.fields
    return fields.get("total") == len([*objects(fields.get("data"))])


def segments_by_file(exchanges: Mapping[str, Exchange]) -> dict[str, list[Json]]:
    """The segments by file, for files whose segments a step lists completely."""
    segments: dict[str, list[Json]] = {}
    for exchange in exchanges.values():
        match = OF_FILE.match(exchange.request.path)
        if match is not None and exchange.ok and is_whole(exchange):
            segments[unquote(match[1])] = [entry for _, entry in objects(exchange.answer.fields.get("data"))]
    return segments


def in_words(selection: Json) -> str:
    """A filter for people: `metadata.topic Equal "pasta"`."""
    return " and ".join(_in_words(category, criterion) for (category, _), criterion in criteria(selection))


def _in_words(category: str, criterion: Json) -> str:
    value = criterion.get("valueTextArray", criterion.get("valueText"))
    scope = " (of a segment)" if criterion.get("scope") == "segment" else ""
    text = json.dumps(value, ensure_ascii=False)
    return f"{category}.{criterion.get('path')}{scope} {criterion.get('operator')} {text}"


def span(thing: Json) -> tuple[float, float] | None:
    """The start and end of a segment or a citation; a citation without an end is one moment."""
    start = number(thing.get("start_time"))
    end = number(thing.get("end_time")) if thing.get("end_time") is not None else start
    return None if start is None or end is None else (start, end)
