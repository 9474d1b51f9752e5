"""Compares our document of a dialect with the published one, by samples. A check for maintainers.

Both documents validate the probes of each schema of either document. A probe that one accepts and the other
rejects is a difference, and the dialect's `differences.yaml` must list it with a reason. An entry of that
file that no probe confirms is reported too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from antiphon_spec.data import read_yaml
from antiphon_spec.document import Document
from antiphon_spec.json_schema.fault import show, steps
from antiphon_spec.json_schema.sample import Probe, Sampler
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.schema import Schemas

OURS, PUBLISHED = "ours", "published"
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where one document accepts what the other rejects, or a part that only one document has."""

    side: str
    """`ours` or `published`: the document that accepts it or has it."""
    name: str
    """The component schema, or the operation with the names of its parameters left out
    (`GET /responses/{}`)."""
    pointer: str | None
    """Where in the instance the other document finds the fault; None when it lacks the whole part."""
    detail: str = field(default="", compare=False)
    """Why the other document rejects it, and a short form of an instance."""

    def __str__(self) -> str:
        if self.pointer is None:
            return f"{self.name}: only {self.side}"
        return f"{self.name}{self.pointer}: only {self.side} accepts: {self.detail}"


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """One entry of a dialect's `differences.yaml`."""

    side: str
    names: frozenset[str]
    pointers: frozenset[str] | None
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether this entry accounts for `difference`."""
        if difference.side != self.side or difference.name not in self.names:
            return False
        return difference.pointer is None if self.pointers is None else difference.pointer in self.pointers


@dataclass(frozen=True)
class Drift:
    """The differences of two documents, and the ones that `differences.yaml` lists."""

    differences: tuple[Difference, ...]
    entries: tuple[KnownDifference, ...]
    probes: int = 0
    """How many probes both documents validated."""

    @cached_property
    def unlisted(self) -> tuple[Difference, ...]:
        """Differences that no entry covers."""
        return tuple(
            difference
            for difference in self.differences
            if not any(entry.covers(difference) for entry in self.entries)
        )

    @cached_property
    def stale(self) -> tuple[str, ...]:
        """Parts of entries that no difference confirms."""
        return tuple(text for entry in self.entries for text in self._stale(entry))

    def _stale(self, entry: KnownDifference) -> Iterator[str]:
        matches = [difference for difference in self.differences if entry.covers(difference)]
        for name in sorted(entry.names - {difference.name for difference in matches}):
            yield f"{name}: only {entry.side}: {entry.reason}"
        for pointer in sorted((entry.pointers or frozenset()) - {match.pointer for match in matches}):
            yield f"{', '.join(sorted(entry.names))}{pointer}: only {entry.side} accepts: {entry.reason}"


def load_differences(folder: Path) -> tuple[KnownDifference, ...]:
    """The entries of `differences.yaml` in a dialect's folder that are about the published document.

    Raises DataError when it is malformed.
    """
    entries = read_yaml(folder / "differences.yaml", schema="differences")
    return tuple(_entry(entry) for entry in entries if "places" not in entry)


def _entry(entry: Mapping[str, Any]) -> KnownDifference:
    names = frozenset(map(without_names, entry.get("operations", entry.get("schemas"))))
    if "only" in entry:
        return KnownDifference(entry["only"], names, None, entry["reason"])
    return KnownDifference(entry["accepts"], names, frozenset(entry["pointers"]), entry["reason"])


def operations(document: Document) -> Iterator[str]:
    """The operations of a document in the notation of differences: `GET /responses/{}`."""
    for path, item in document.root.get("paths", {}).items():
        yield from (f"{method.upper()} {without_names(path)}" for method in item if method in _METHODS)


def compare(local: Document, reference: Document, entries: tuple[KnownDifference, ...] = ()) -> Drift:
    """Validates the probes of both documents' schemas with both documents."""
    pair = _Pair(local, reference)
    return Drift(tuple(dict.fromkeys(pair.differences())), entries, pair.probes)


class _Pair:
    """Both documents, and the comparison of their operations and schemas."""

    def __init__(self, local: Document, reference: Document) -> None:
        self.documents = {OURS: local, PUBLISHED: reference}
        self.schemas = {side: Schemas(document) for side, document in self.documents.items()}
        self.probes = 0
        self.common = cache(self._common)

    def differences(self) -> Iterator[Difference]:
        yield from _one_sided({side: set(operations(document)) for side, document in self.documents.items()})
        yield from _one_sided({side: set(document.schemas) for side, document in self.documents.items()})
        for name in self.documents[OURS].schemas:
            if name in self.documents[PUBLISHED].schemas:
                yield from self._schema(name)

    def _schema(self, name: str) -> Iterator[Difference]:
        for side in (OURS, PUBLISHED):
            sampler = Sampler(self.documents[side], partial(self.common, side))
            for probe in sampler.probes(self.documents[side].schemas[name]):
                yield from self._judge(name, probe)

    def _judge(self, name: str, probe: Probe) -> Iterator[Difference]:
        self.probes += 1
        accepts = {
            side: schemas.component(name).is_valid(probe.value) for side, schemas in self.schemas.items()
        }
        if accepts[OURS] == accepts[PUBLISHED]:
            return
        side, opposite = (OURS, PUBLISHED) if accepts[OURS] else (PUBLISHED, OURS)
        faults = self.schemas[opposite].component(name).faults(probe.value)
        for fault in faults:
            detail = f"{fault.message} ({show(probe.value)})"
            yield Difference(side, name, _general(fault.pointer), detail)

    def _common(self, asking: str, reference: str) -> Any:
        """An instance of a component schema that both accept, so that no difference is reported twice."""
        name = reference.rpartition("/")[2]
        schemas = [side.component(name) for side in self.schemas.values() if name in side.document.schemas]
        candidates = [
            probe.value
            for document in self.documents.values()
            if name in document.schemas
            for probe in _first_probes(document, name)
        ]
        matches = (value for value in candidates if all(schema.is_valid(value) for schema in schemas))
        return next(matches, Sampler(self.documents[asking]).least({"$ref": reference}))


def _first_probes(document: Document, name: str) -> Iterator[Probe]:
    """The least instance of a schema; for a union, of each of its members."""
    sampler = Sampler(document)
    for pointer in document.members(f"#/components/schemas/{name}"):
        yield Probe(sampler.least({"$ref": pointer}), (), "least")
    schema = document.schemas[name]
    if isinstance(schema, Mapping) and "allOf" not in schema:
        yield Probe(sampler.least(schema), (), "least")


def _one_sided(names: Mapping[str, set[str]]) -> Iterator[Difference]:
    for side, opposite in ((OURS, PUBLISHED), (PUBLISHED, OURS)):
        for name in sorted(names[side] - names[opposite]):
            yield Difference(side, name, None)


def without_names(path: str) -> str:
    """The path without the names of its parameters, which clients do not see."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _general(pointer: str) -> str:
    """The pointer with every index as `*`."""
    return "".join(f"/{'*' if step.isdigit() else step}" for step in steps(pointer))
