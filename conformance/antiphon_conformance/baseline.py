"""Known failures: listed with a reason, they do not fail a run; not listed, or no longer true, they do.

# baseline.yaml
- rule: stream.sequence-numbers-increase
  scenario: repeat             # optional: in every scenario, when left out
  dialect: openai              # optional
  reason: numbers start at 1; fixed in our next release
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from antiphon_conformance.outcome import Outcome, Record

KEYS = {"rule", "scenario", "dialect", "reason"}
EXCUSABLE = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.UNTESTABLE})


class BaselineError(ValueError):
    """A baseline is malformed; says where, what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One known failure."""

    rule: str
    reason: str
    scenario: str | None = None
    dialect: str | None = None

    def covers(self, record: Record) -> bool:
        """Whether this entry excuses the record."""
        return (
            record.outcome in EXCUSABLE
            and record.rule == self.rule
            and self.scenario in (None, record.scenario)
            and self.dialect in (None, record.dialect)
        )

    def __str__(self) -> str:
        place = f" in {self.scenario}" if self.scenario else ""
        return f"{self.rule}{place} ({self.reason})"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known failures of one target."""

    entries: tuple[Entry, ...] = ()

    def reason(self, record: Record) -> str | None:
        """Why a record is excused; None when it is not."""
        return next((entry.reason for entry in self.entries if entry.covers(record)), None)

    def stale(self, records: Iterable[Record]) -> tuple[Entry, ...]:
        """The entries that excuse nothing any more, of the dialects that were judged."""
        kept = tuple(records)
        judged = {record.dialect for record in kept}
        return tuple(
            entry
            for entry in self.entries
            if (entry.dialect is None or entry.dialect in judged) and not any(map(entry.covers, kept))
        )


def load(path: Path) -> Baseline:
    """Reads a baseline. Raises BaselineError when it is malformed."""
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BaselineError(f"{path}: expected YAML, got {error}".replace("\n", " ")) from error
    if not isinstance(rows, list | None):
        raise BaselineError(f"{path}: expected a list of entries, got {type(rows).__name__}")
    return Baseline(tuple(_entry(row, f"{path}[{index}]") for index, row in enumerate(rows or ())))


def _entry(row: Any, where: str) -> Entry:
    if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
        raise BaselineError(f"{where}: expected a mapping of strings, got {row!r}")
    unknown = sorted(set(row) - KEYS)
    if unknown:
        raise BaselineError(f"{where}: expected {', '.join(sorted(KEYS))}, got {', '.join(unknown)}")
    missing = [key for key in ("rule", "reason") if not row.get(key)]
    if missing:
        raise BaselineError(f"{where}: expected {' and '.join(missing)}, got none")
    return Entry(row["rule"], row["reason"], row.get("scenario"), row.get("dialect"))
