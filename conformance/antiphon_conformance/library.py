"""The library of a target, as the scenario `library` found it: collections, their files, what is extracted.

Everything is read from the exchanges of that one scenario, so a recorded run tells the same again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon_conformance.exchange import Episode, Exchange

Json = Mapping[str, Any]
SCENARIO = "library"
DESCRIBED = ("media-descriptions", "rich-transcripts")
"""The types of collection in which answers can be found, the better one first."""
ENTITIES = "entities"
MEMBERS = re.compile(r"/collections/([^/?]+)/videos(?:\?|$)")
"""The path of a list of the files of a collection."""


@dataclass(frozen=True, slots=True)
class Library:
    """What is known of a target's library."""

    collections: Sequence[Json] = ()
    files: Mapping[str, Json] = field(default_factory=dict)
    """File objects, by id."""
    whole: bool = False
    """Whether these are all the files that there are."""
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The ids of the files of a collection, by its id; only of collections that were listed whole."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What names in braces stand for in requests (`collection`, `entities`)."""

    @property
    def collection(self) -> str | None:
        """The collection that requests name."""
        return self.values.get("collection")

    def of_type(self, *types: str) -> list[str]:
        """The ids of the collections of these types, those with most files first."""
        return [found["id"] for found in _fitting(self.collections, types)]


def library_of(earlier: Mapping[str, Episode], given: Mapping[str, str]) -> Library:
    """The library that the episode of the scenario `library` shows; what is `given` counts more."""
    episode = earlier.get(SCENARIO)
    exchanges = episode.exchanges if episode is not None else {}
    collections = tuple(_listed(exchanges, "collections"))
    files = {file["id"]: file for file in _listed(exchanges, "files") if isinstance(file.get("id"), str)}
    members = dict(_members(exchanges.values()))
    whole = _total(exchanges, "files") == len(files)
    return Library(collections, files, whole, members, {**_chosen(collections), **given})


def _total(exchanges: Mapping[str, Exchange], step: str) -> Any:
    """How many there are, as the first page of a list tells."""
    first = exchanges.get(step)
    return first.answer.fields.get("total") if first is not None and first.ok else None


def _chosen(collections: Sequence[Json]) -> dict[str, str]:
    """The collections to ask about: of each use the one with most files."""
    uses = {"collection": DESCRIBED, "entities": (ENTITIES,)}
    found = {use: _fitting(collections, types) for use, types in uses.items()}
    return {use: fitting[0]["id"] for use, fitting in found.items() if fitting}


def _fitting(collections: Sequence[Json], types: Sequence[str]) -> list[Json]:
    """The collections of these types that hold files: the first type first, then those with most files."""
    found = [
        one
        for one in collections
        if one.get("collection_type") in types and isinstance(one.get("id"), str) and _count(one) > 0
    ]
    return sorted(found, key=lambda one: (types.index(one["collection_type"]), -_count(one)))


def _count(collection: Json) -> int:
    count = collection.get("file_count")
    return count if isinstance(count, int) else 0


def _listed(exchanges: Mapping[str, Exchange], step: str) -> Iterator[Json]:
    """The objects of all pages of a list: the steps `files`, `files-2`..."""
    for name, exchange in exchanges.items():
        if exchange.ok and (name == step or name.startswith(f"{step}-")):
            yield from _objects(exchange.answer.fields.get("data"))


def _members(exchanges: Iterable[Exchange]) -> Iterator[tuple[str, frozenset[str]]]:
    """The files of each collection of which all pages were read, by the id in the path."""
    seen: dict[str, set[str]] = {}
    totals: dict[str, Any] = {}
    for exchange in exchanges:
        found = MEMBERS.match(exchange.request.path)
        if found is not None and exchange.ok:
            listed = _objects(exchange.answer.fields.get("data"))
            seen.setdefault(found[1], set()).update(str(one.get("file_id")) for one in listed)
            totals[found[1]] = exchange.answer.fields.get("total")
    return ((identity, frozenset(ids)) for identity, ids in seen.items() if len(ids) == totals[identity])


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
