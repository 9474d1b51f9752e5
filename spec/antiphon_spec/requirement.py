"""Requirement rows: one sentence of a norm each, with its level, its source, or why nothing tests it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from antiphon_spec.data import DataError, read_yaml


class Severity(StrEnum):
    """How much a breach weighs: MUST fails, SHOULD warns, MAY informs."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"

    @property
    def rank(self) -> int:
        """0 for the strictest; for sorting."""
        return list(Severity).index(self)


SEVERITY: Mapping[str, Severity] = {
    "MUST": Severity.MUST,
    "SCHEMA": Severity.MUST,
    "DOC": Severity.MUST,
    "CLIENT": Severity.MUST,
    "TRAFFIC": Severity.MUST,
    "SHOULD": Severity.SHOULD,
    "OBS": Severity.SHOULD,
    "INF": Severity.SHOULD,
    "SUITE": Severity.SHOULD,
    "MAY": Severity.MAY,
    "OPEN": Severity.MAY,
}
"""What each level weighs."""

AUTHORITY: Mapping[str, str] = {
    "MUST": "a norm says must",
    "SCHEMA": "the published schema says so",
    "DOC": "the vendor's words say so",
    "CLIENT": "released clients break otherwise",
    "TRAFFIC": "all genuine traffic keeps to it",
    "SHOULD": "a norm says should",
    "OBS": "servers or clients were seen to do so",
    "INF": "it follows from what is written",
    "SUITE": "the norm's own tests say so",
    "MAY": "a norm says may",
    "OPEN": "nobody says; this reading was chosen",
}
"""Where the sentence of a requirement of each level comes from."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How much of the genuine traffic that shows a requirement keeps to it."""

    held: int
    """How many exchanges, items or events keep to it."""
    of: int
    """How many show it."""
    families: tuple[str, ...]
    """The repositories whose recordings they are."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of a norm, in our own words."""

    id: str
    level: str
    text: str
    source: str
    dialect: str
    """The dialect whose file holds the row."""
    test: str = "B"
    """B: a black box shows it; M: a controllable model shows it; U: nothing outside the server does."""
    kind: str | None = None
    """What a breach does: `interop`, `contract`, `strictness` or `vendor`."""
    model: bool = False
    """Whether it holds what a model does, and not the server."""
    traffic: Traffic | None = None
    """The count behind a row of TRAFFIC."""
    client: str | None = None
    """The released client behind a row of CLIENT, its version, and how it breaks."""
    excluded: str | None = None
    """Why no rule tests it."""
    planned: str | None = None
    """What a test of it waits for."""

    @property
    def severity(self) -> Severity:
        """What a breach weighs."""
        return SEVERITY[self.level]

    @property
    def tested(self) -> bool:
        """Whether a rule has to cite it."""
        return self.excluded is None and self.planned is None

    @property
    def state(self) -> str:
        """`tested`, `excluded` or `planned`."""
        return (
            "excluded" if self.excluded is not None else "planned" if self.planned is not None else "tested"
        )


def read_requirements(
    folder: Path, dialect: str, inherited: Mapping[str, Requirement] | None = None
) -> dict[str, Requirement]:
    """The rows of one dialect's own `requirements.yaml`, or of its `requirements/*.yaml`, by id.

    A row of only an id and `excluded` is the inherited one, which does not hold in this dialect.
    Raises DataError when a file is malformed, an id occurs twice or nothing of an id is inherited.
    """
    found: dict[str, Requirement] = {}
    for path in _files(folder):
        for row in _rows(path, dialect, inherited or {}):
            if row.id in found:
                raise DataError(f"{path}#{row.id}", "every id once", "a second row of this id")
            found[row.id] = row
    return found


def count(rows: Iterable[Requirement]) -> dict[str, int]:
    """How many rows are tested, excluded and planned."""
    counts = {"tested": 0, "excluded": 0, "planned": 0}
    for row in rows:
        counts[row.state] += 1
    return counts


def _files(folder: Path) -> list[Path]:
    whole = folder / "requirements.yaml"
    return [whole] if whole.exists() else sorted((folder / "requirements").glob("*.yaml"))


def _rows(path: Path, dialect: str, inherited: Mapping[str, Requirement]) -> list[Requirement]:
    rows: list[dict[str, Any]] = read_yaml(path, schema="requirements") or []
    return [_row(row, path, dialect, inherited) for row in rows]


def _row(
    row: Mapping[str, Any], path: Path, dialect: str, inherited: Mapping[str, Requirement]
) -> Requirement:
    if "text" in row:
        counted = row.get("traffic")
        traffic = counted and Traffic(counted["held"], counted["of"], tuple(counted["families"]))
        return Requirement(dialect=dialect, **{**row, "traffic": traffic})
    if row["id"] not in inherited:
        raise DataError(f"{path}#{row['id']}", "the id of a row of the parent", "none of its rows")
    return replace(inherited[row["id"]], dialect=dialect, excluded=row["excluded"], planned=None)
