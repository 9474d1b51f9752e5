"""Requirement rows: a sentence of a norm each, with authority, kind and source, or why no rule tests it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from antiphon_spec.data import DataError, read_yaml
from antiphon_spec.loading.construction import dataclass


class Kind(StrEnum):
    """The effect of a breach."""

    INTEROP = "interop"
    """A client that reads the published API misreads, crashes or hangs."""
    CONTRACT = "contract"
    """A documented effect does not happen."""
    STRICTNESS = "strictness"
    """A wrong request is accepted, or rejected in another way than documented."""
    VENDOR = "vendor"
    """It is not this very vendor."""


AUTHORITY: Mapping[str, str] = {
    "MUST": "a norm says must",
    "SCHEMA": "the published schema says so",
    "DOC": "the vendor's documentation says so",
    "CLIENT": "released clients break otherwise",
    "TRAFFIC": "all genuine traffic keeps to it",
    "SHOULD": "a norm says should",
    "OBS": "observed servers or clients do so",
    "INF": "it follows from the documentation",
    "SUITE": "the norm's own tests check it",
    "MAY": "a norm says may",
    "OPEN": "no source says so; it is our interpretation",
}
"""Who says so: what each authority means, in words."""


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
    authority: str
    """Who says so: a key of AUTHORITY."""
    text: str
    source: str
    dialect: str
    """The dialect whose file holds the row."""
    test: str = "B"
    """What shows a breach. B: any request; M: a request to a controllable model; U: nothing from outside."""
    kind: Kind = Kind.INTEROP
    """The effect of a breach."""
    model: bool = False
    """Whether it is about what a model does, and not the server."""
    traffic: Traffic | None = None
    """The count behind a row of TRAFFIC."""
    client: str | None = None
    """The released client behind a row of CLIENT, its version, and how it breaks."""
    excluded: str | None = None
    """Why no rule tests it."""
    planned: str | None = None
    """What a test of it needs first."""

    @property
    def tested(self) -> bool:
        """Whether some rule must cite it."""
        return self.excluded is None and self.planned is None

    @property
    def state(self) -> str:
        """`tested`, `excluded` or `planned`."""
        return (
            "excluded" if self.excluded is not None else "planned" if self.planned is not None else "tested"
        )


def read_requirements(
    folder: Path, dialect: str, parent_rows: Mapping[str, Requirement] | None = None
) -> dict[str, Requirement]:
    """The rows of one dialect's own `requirements.yaml`, or of its `requirements/*.yaml`, by id.

    A row with only an id and `excluded` excludes the parent's row of this id from the dialect.
    Raises DataError when a file is malformed, an id occurs twice, or the parent has no row to exclude.
    """
    own_rows: dict[str, Requirement] = {}
    for path in _files(folder):
        for row in _rows(path, dialect, parent_rows or {}):
            if row.id in own_rows:
                raise DataError(f"{path}#{row.id}", "every id once", "a second row of this id")
            own_rows[row.id] = row
    return own_rows


def count(rows: Iterable[Requirement]) -> dict[str, int]:
    """How many rows are tested, excluded and planned."""
    counts = {"tested": 0, "excluded": 0, "planned": 0}
    for row in rows:
        counts[row.state] += 1
    return counts


def _files(folder: Path) -> list[Path]:
    whole = folder / "requirements.yaml"
    return [whole] if whole.exists() else sorted((folder / "requirements").glob("*.yaml"))


def _rows(path: Path, dialect: str, parent_rows: Mapping[str, Requirement]) -> list[Requirement]:
    rows: list[dict[str, Any]] = read_yaml(path, schema="requirements") or []
    return [_row(row, path, dialect, parent_rows) for row in rows]


def _row(
    row: Mapping[str, Any], path: Path, dialect: str, parent_rows: Mapping[str, Requirement]
) -> Requirement:
    if "text" in row:
        counts = row.get("traffic")
        traffic = counts and Traffic(counts["held"], counts["of"], tuple(counts["families"]))
        return Requirement(dialect=dialect, **{**row, "kind": Kind(row["kind"]), "traffic": traffic})
    if row["id"] not in parent_rows:
        raise DataError(f"{path}#{row['id']}", "the id of a row of the parent", "none of its rows")
    return replace(parent_rows[row["id"]], dialect=dialect, excluded=row["excluded"], planned=None)
