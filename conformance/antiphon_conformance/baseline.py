"""Known failures: listed with a reason, they do not fail a run; not listed, or no longer true, they do.

# baseline.yaml
- rule: stream.sequence-numbers-increase
  scenario: repeat             # optional: in every scenario, when left out
  dialect: openai              # optional
  reason: numbers start at 1; fixed in our next release
  link: https://example.com/issues/7   # optional
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from antiphon_conformance.evidence import GENERATED
from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.scenario import all_scenarios
from antiphon_conformance.text import safe

KEYS = ("dialect", "rule", "scenario", "reason", "link")
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
    link: str | None = None

    @property
    def told(self) -> str:
        """The reason, and where to read more."""
        return f"{self.reason} ({self.link})" if self.link else self.reason

    def covers(self, record: Record) -> bool:
        """Whether this entry excuses the record."""
        return record.outcome in EXCUSABLE and self.names(record) and self.scenario in (None, record.scenario)

    def names(self, record: Record) -> bool:
        """Whether this entry speaks of the record's rule, in its dialect."""
        return record.rule == self.rule and self.dialect in (None, record.dialect)

    def awaits(self, record: Record) -> bool:
        """Whether the run could not say if what this entry excuses is still so."""
        unclear = record.outcome is Outcome.INCONCLUSIVE and self.names(record)
        return unclear and (self.scenario is None or record.scenario in ("", self.scenario))

    def __str__(self) -> str:
        place = f" in {self.scenario}" if self.scenario else ""
        return f"{self.rule}{place} ({self.told})"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known failures of one target."""

    entries: tuple[Entry, ...] = ()

    def reason(self, record: Record) -> str | None:
        """Why a record is excused; None when it is not."""
        return next((entry.told for entry in self.entries if entry.covers(record)), None)

    def stale(self, records: Iterable[Record]) -> tuple[Entry, ...]:
        """The entries that excuse nothing any more, of the dialects that were judged.

        What a run did not show, or showed differently each time, makes no entry stale.
        """
        kept = tuple(records)
        judged = {record.dialect for record in kept}
        skipped = _generated() - {one.scenario for one in kept if one.outcome is not Outcome.INCONCLUSIVE}
        return tuple(
            entry
            for entry in self.entries
            if (entry.dialect is None or entry.dialect in judged)
            and entry.scenario not in skipped
            and not any(entry.covers(record) or entry.awaits(record) for record in kept)
        )

    def updated(self, records: Iterable[Record], failures: Iterable[Record], when: str) -> Baseline:
        """The entries that still excuse something, and a new one for each failure that none excuses."""
        kept = tuple(records)
        gone = set(self.stale(kept))
        added = (
            Entry(record.rule, _first_seen(record, when), record.scenario or None, record.dialect)
            for record in failures
            if self.reason(record) is None
        )
        entries = (*(entry for entry in self.entries if entry not in gone), *dict.fromkeys(added))
        return Baseline(tuple(sorted(entries, key=_order)))


def _generated() -> set[str]:
    """The scenarios that are left out on wish."""
    return {GENERATED, *(name for name, one in all_scenarios().items() if one.generated)}


def _order(entry: Entry) -> tuple[str, str, str]:
    return entry.dialect or "", entry.rule, entry.scenario or ""


def _first_seen(record: Record, when: str) -> str:
    told = record.findings[0].message if record.findings else record.note
    return safe(f"not explained yet, written down on {when}: {told}", 200)


def load(path: Path) -> Baseline:
    """Reads a baseline. Raises BaselineError when it is malformed."""
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BaselineError(f"{path}: expected YAML, got {error}".replace("\n", " ")) from error
    if not isinstance(rows, list | None):
        raise BaselineError(f"{path}: expected a list of entries, got {type(rows).__name__}")
    return Baseline(tuple(_entry(row, f"{path}[{index}]") for index, row in enumerate(rows or ())))


def dump(found: Baseline) -> str:
    """A baseline as its file holds it."""
    rows = [{key: getattr(entry, key) for key in KEYS if getattr(entry, key)} for entry in found.entries]
    told = yaml.safe_dump(rows, sort_keys=False, width=100, allow_unicode=True) if rows else "[]\n"
    return f"# Known failures: each with the reason for which it is accepted for now.\n{told}"


def _entry(row: Any, where: str) -> Entry:
    if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
        raise BaselineError(f"{where}: expected a mapping of strings, got {row!r}")
    unknown = sorted(set(row) - set(KEYS))
    if unknown:
        raise BaselineError(f"{where}: expected {', '.join(sorted(KEYS))}, got {', '.join(unknown)}")
    missing = [key for key in ("rule", "reason") if not row.get(key)]
    if missing:
        raise BaselineError(f"{where}: expected {' and '.join(missing)}, got none")
    link = row.get("link")
    if link is not None and not link.startswith(("https://", "http://")):
        raise BaselineError(f"{where}: expected a link that starts with https://, got {safe(link)}")
    return Entry(row["rule"], row["reason"], row.get("scenario"), row.get("dialect"), link)
