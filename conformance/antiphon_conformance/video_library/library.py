"""The library of a target, as the scenario `library` listed it: collections, and their files.

Everything comes from the exchanges of that one scenario, so a recorded run gives the same library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from antiphon_conformance.http.exchange import Exchange, Trace
from antiphon_spec.loading.construction import dataclass

Json = Mapping[str, Any]
SCENARIO = "library"
DESCRIBED = ("media-descriptions", "rich-transcripts")
"""The types of collection that can answer questions, the better type first."""
ENTITIES = "entities"
MEMBERS = re.compile(r"/collections/([^/?]+)/videos(?:\?|$)")
"""The path of the list of files of a collection."""


@dataclass(frozen=True, slots=True)
class Library:
    """The known part of a target's library."""

    collections: Sequence[Json] = ()
    files: Mapping[str, Json] = field(default_factory=dict)
    """File objects, by id."""
    whole: bool = False
    """Whether the library has no other files."""
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The ids of the files of a collection, by its id; only of collections whose list is complete."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The values for names in braces in requests (`collection`, `entities`)."""

    @property
    def collection(self) -> str | None:
        """The collection that requests name."""
        return self.values.get("collection")

    def of_type(self, *types: str) -> list[str]:
        """The ids of the collections of these types, those with most files first."""
        return [collection["id"] for collection in _of_types(self.collections, types)]


def library_of(earlier: Mapping[str, Trace], resources: Mapping[str, str]) -> Library:
    """The library in the episode of the scenario `library`; values of `resources` take precedence."""
    trace = earlier.get(SCENARIO)
    exchanges = trace.exchanges if trace is not None else {}
    collections = tuple(_entries(exchanges, "collections"))
    files = {file["id"]: file for file in _entries(exchanges, "files") if isinstance(file.get("id"), str)}
    members = dict(_members(exchanges.values()))
    whole = _total(exchanges, "files") == len(files)
    return Library(collections, files, whole, members, {**_values(collections), **resources})


def _total(exchanges: Mapping[str, Exchange], step: str) -> Any:
    """The total that the first page of a list reports."""
    first = exchanges.get(step)
    return first.answer.fields.get("total") if first is not None and first.ok else None


def _values(collections: Sequence[Json]) -> dict[str, str]:
    """The collections that requests name: for each use the one with most files."""
    uses = {"collection": DESCRIBED, "entities": (ENTITIES,)}
    candidates = {use: _of_types(collections, types) for use, types in uses.items()}
    return {use: rows[0]["id"] for use, rows in candidates.items() if rows}


def _of_types(collections: Sequence[Json], types: Sequence[str]) -> list[Json]:
    """The collections of these types that hold files: by type in order, then those with most files first."""
    rows = [
        row
        for row in collections
        if row.get("collection_type") in types and isinstance(row.get("id"), str) and _count(row) > 0
    ]
    return sorted(rows, key=lambda row: (types.index(row["collection_type"]), -_count(row)))


def _count(collection: Json) -> int:
    count = collection.get("file_count")
    return count if isinstance(count, int) else 0


def _entries(exchanges: Mapping[str, Exchange], step: str) -> Iterator[Json]:
    """The objects of all pages of a list: the steps `files`, `files-2`..."""
    for name, exchange in exchanges.items():
        if exchange.ok and (name == step or name.startswith(f"{step}-")):
            yield from _objects(exchange.answer.fields.get("data"))


def _members(exchanges: Iterable[Exchange]) -> Iterator[tuple[str, frozenset[str]]]:
    """The files of each collection whose pages are all in the exchanges, by the id in the path."""
    ids_by_collection: dict[str, set[str]] = {}
    totals: dict[str, Any] = {}
    for exchange in exchanges:
        match = MEMBERS.match(exchange.request.path)
        if match is not None and exchange.ok:
            entries = _objects(exchange.answer.fields.get("data"))
            ids_by_collection.setdefault(match[1], set()).update(
                str(entry.get("file_id")) for entry in entries
            )
            totals[match[1]] = exchange.answer.fields.get("total")
    return (
        (identity, frozenset(ids))
        for identity, ids in ids_by_collection.items()
        if len(ids) == totals[identity]
    )


def _objects(value: Any) -> list[Json]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
