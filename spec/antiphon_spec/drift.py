"""Does our document still agree with the published one? A maintainer's check, by samples.

Each schema of either side is probed; each probe is put to both. Where one side accepts what the other rejects
they differ, and each difference must stand in the dialect's `differences.yaml` with its reason. What stands
there and is not seen any more is reported too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from antiphon_spec.data import read_yaml
from antiphon_spec.document import Document
from antiphon_spec.fault import show, steps
from antiphon_spec.sample import Probe, Sampler
from antiphon_spec.schema import Schemas

OURS, PUBLISHED = "ours", "published"
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where one side accepts what the other rejects, or one thing that only one side has."""

    side: str
    """`ours` or `published`: who accepts it, or has it."""
    name: str
    """The component schema, or the operation, whose parameters count by place only (`GET /responses/{}`)."""
    pointer: str | None
    """Where in the instance the other side sees the fault; None when the whole is on one side only."""
    detail: str = field(default="", compare=False)
    """Why the other side rejects it, and an instance in short."""

    def __str__(self) -> str:
        if self.pointer is None:
            return f"{self.name}: only {self.side}"
        return f"{self.name}{self.pointer}: only {self.side} accepts: {self.detail}"


@dataclass(frozen=True, slots=True)
class Listed:
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
    """What a comparison found, against what is listed."""

    found: tuple[Difference, ...]
    listed: tuple[Listed, ...]
    probes: int = 0

    @cached_property
    def unlisted(self) -> tuple[Difference, ...]:
        """Differences without a reason."""
        return tuple(one for one in self.found if not any(entry.covers(one) for entry in self.listed))

    @cached_property
    def stale(self) -> tuple[str, ...]:
        """Listed differences that were not found."""
        return tuple(told for entry in self.listed for told in self._stale(entry))

    def _stale(self, entry: Listed) -> Iterator[str]:
        seen = [one for one in self.found if entry.covers(one)]
        for name in sorted(entry.names - {one.name for one in seen}):
            yield f"{name}: only {entry.side}: {entry.reason}"
        for pointer in sorted((entry.pointers or frozenset()) - {one.pointer for one in seen}):
            yield f"{', '.join(sorted(entry.names))}{pointer}: only {entry.side} accepts: {entry.reason}"


def load_listed(folder: Path) -> tuple[Listed, ...]:
    """What `differences.yaml` in a dialect's folder says of the published document.

    Raises DataError when it is malformed.
    """
    entries = read_yaml(folder / "differences.yaml", schema="differences")
    return tuple(_listed(entry) for entry in entries if "places" not in entry)


def _listed(entry: Mapping[str, Any]) -> Listed:
    names = frozenset(map(without_names, entry.get("operations", entry.get("schemas"))))
    if "only" in entry:
        return Listed(entry["only"], names, None, entry["reason"])
    return Listed(entry["accepts"], names, frozenset(entry["pointers"]), entry["reason"])


def operations(document: Document) -> Iterator[str]:
    """The operations of a document as differences name them: `GET /responses/{}`."""
    for path, item in document.root.get("paths", {}).items():
        yield from (f"{method.upper()} {without_names(path)}" for method in item if method in _METHODS)


def compare(ours: Document, published: Document, listed: tuple[Listed, ...] = ()) -> Drift:
    """Puts the probes of each side's schemas to both sides."""
    pair = _Pair(ours, published)
    found = list(dict.fromkeys(pair.differences()))
    return Drift(tuple(found), listed, pair.probes)


class _Pair:
    def __init__(self, ours: Document, published: Document) -> None:
        self.documents = {OURS: ours, PUBLISHED: published}
        self.schemas = {side: Schemas(document) for side, document in self.documents.items()}
        self.probes = 0
        self.common = cache(self._common)

    def differences(self) -> Iterator[Difference]:
        yield from _one_sided({side: set(operations(each)) for side, each in self.documents.items()})
        yield from _one_sided({side: set(each.schemas) for side, each in self.documents.items()})
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
        accepts = {side: schemas.named(name).is_valid(probe.value) for side, schemas in self.schemas.items()}
        if accepts[OURS] == accepts[PUBLISHED]:
            return
        side, other = (OURS, PUBLISHED) if accepts[OURS] else (PUBLISHED, OURS)
        faults = self.schemas[other].named(name).faults(probe.value)
        for fault in faults:
            detail = f"{fault.message} ({show(probe.value)})"
            yield Difference(side, name, _general(fault.pointer), detail)

    def _common(self, asking: str, reference: str) -> Any:
        """An instance of a component schema that both sides accept, so that no difference shows twice."""
        name = reference.rpartition("/")[2]
        schemas = [each.named(name) for each in self.schemas.values() if name in each.document.schemas]
        tried = [
            probe.value
            for document in self.documents.values()
            if name in document.schemas
            for probe in _first_probes(document, name)
        ]
        fitting = (value for value in tried if all(schema.is_valid(value) for schema in schemas))
        return next(fitting, Sampler(self.documents[asking]).least({"$ref": reference}))


def _first_probes(document: Document, name: str) -> Iterator[Probe]:
    """The least instance of a schema, or, when it is a union, of each of its members."""
    sampler = Sampler(document)
    for pointer in document.members(f"#/components/schemas/{name}"):
        yield Probe(sampler.least({"$ref": pointer}), (), "least")
    schema = document.schemas[name]
    if isinstance(schema, Mapping) and "allOf" not in schema:
        yield Probe(sampler.least(schema), (), "least")


def _one_sided(names: Mapping[str, set[str]]) -> Iterator[Difference]:
    for side, other in ((OURS, PUBLISHED), (PUBLISHED, OURS)):
        for name in sorted(names[side] - names[other]):
            yield Difference(side, name, None)


def without_names(path: str) -> str:
    """The path without the names of its parameters: whoever calls it does not see them."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _general(pointer: str) -> str:
    """The pointer with every index as `*`."""
    return "".join(f"/{'*' if step.isdigit() else step}" for step in steps(pointer))
