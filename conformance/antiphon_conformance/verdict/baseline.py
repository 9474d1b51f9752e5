"""Known failures: an entry with a reason excuses a failure; an unlisted failure or a stale entry fails a run.

# baseline.yaml
- rule: stream.sequence-numbers-increase
  scenario: repeat             # optional: in every scenario, when left out
  dialect: openai              # optional
  reason: numbers start at 1; fixed in our next release
  link: https://example.com/issues/7   # optional
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from antiphon_conformance.http.text import safe
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.scenarios.scenario import GENERATED, all_scenarios
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec import dialect as dialects
from antiphon_spec.data import nearest
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.yaml_text import why_no_yaml
from antiphon_spec.renamed import current_rule

KEYS = ("dialect", "rule", "scenario", "reason", "link")
EXCUSABLE = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.UNTESTABLE})
_IDS = re.compile(r"[a-z][a-z-]*\.[a-z][\w-]*")

FIRST_LOOK = "fingerprint"
"""The first requests of a run, which are no scenario."""


class BaselineError(ValueError):
    """A baseline is malformed; the message says where, what was expected and what is there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One known failure."""

    rule: str
    reason: str
    scenario: str | None = None
    dialect: str | None = None
    link: str | None = None

    @property
    def explanation(self) -> str:
        """The reason, with the link if there is one."""
        return f"{self.reason} ({self.link})" if self.link else self.reason

    def covers(self, record: Record) -> bool:
        """Whether this entry excuses the record: its rule fails, or kept the record's rule from looking."""
        if record.outcome is Outcome.UNTESTABLE and self.rule in _IDS.findall(record.note):
            return self.dialect in (None, record.dialect)
        return record.outcome in EXCUSABLE and self.names(record) and self.scenario in (None, record.scenario)

    def names(self, record: Record) -> bool:
        """Whether this entry is about the record's rule, in its dialect."""
        return record.rule == self.rule and self.dialect in (None, record.dialect)

    def awaits(self, record: Record) -> bool:
        """Whether the run could not tell if the failure of this entry still exists."""
        unclear = record.outcome is Outcome.INCONCLUSIVE and self.names(record)
        return unclear and (self.scenario is None or record.scenario in ("", self.scenario))

    def __str__(self) -> str:
        place = f" in {self.scenario}" if self.scenario else ""
        return f"{self.rule}{place} ({self.explanation})"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known failures of one target."""

    entries: tuple[Entry, ...] = ()

    def reason(self, record: Record) -> str | None:
        """Why the baseline excuses a record; None when it does not."""
        return next((entry.explanation for entry in self.entries if entry.covers(record)), None)

    def stale(self, records: Iterable[Record]) -> tuple[Entry, ...]:
        """The entries that excuse nothing any more, in the dialects of the run.

        A rule without a clear verdict in this run makes no entry stale.
        """
        all_records = tuple(records)
        dialects = {record.dialect for record in all_records}
        omissions = _optional_scenarios() - {
            record.scenario for record in all_records if record.outcome is not Outcome.INCONCLUSIVE
        }
        return tuple(
            entry
            for entry in self.entries
            if (entry.dialect is None or entry.dialect in dialects)
            and entry.scenario not in omissions
            and not any(entry.covers(record) or entry.awaits(record) for record in all_records)
        )

    def updated(self, records: Iterable[Record], failures: Sequence[Record], when: str) -> Baseline:
        """The entries that still excuse something, and a new entry for each other rule that fails, whatever
        the conversations; it names its dialect when the rule holds in another dialect of the run."""
        all_records = tuple(records)
        stale = set(self.stale(all_records))
        additions: dict[tuple[str, str | None], Entry] = {}
        failing = {record.rule for record in failures if record.outcome is not Outcome.UNTESTABLE}
        for record in failures:
            is_blocked = record.outcome is Outcome.UNTESTABLE and failing & set(_IDS.findall(record.note))
            if self.reason(record) is None and not is_blocked:
                judges = {row.dialect for row in all_records if row.rule == record.rule}
                accusers = {row.dialect for row in failures if row.rule == record.rule}
                dialect = None if judges == accusers else record.dialect
                entry = Entry(record.rule, _first_reason(record, when), None, dialect)
                additions.setdefault((record.rule, dialect), entry)
        entries = (*(entry for entry in self.entries if entry not in stale), *additions.values())
        return Baseline(tuple(sorted(entries, key=_order)))


def _optional_scenarios() -> set[str]:
    """The scenarios that the user can switch off."""
    return {GENERATED, *(name for name, entry in all_scenarios().items() if entry.from_table)}


def _order(entry: Entry) -> tuple[str, str, str]:
    return entry.dialect or "", entry.rule, entry.scenario or ""


def _first_reason(record: Record, when: str) -> str:
    summary = record.findings[0].message if record.findings else record.note
    return safe(f"not explained yet, written down on {when}: {summary}", 200)


def load(path: Path) -> Baseline:
    """Reads a baseline. Raises BaselineError when it is malformed."""
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        missing = "no such file; --baseline-update writes one"
        reason = missing if isinstance(error, FileNotFoundError) else error.strerror
        raise BaselineError(f"{path}: expected a YAML file, got {reason}") from error
    except UnicodeDecodeError as error:
        raise BaselineError(f"{path}: expected YAML, got {error}") from error
    except yaml.YAMLError as error:
        raise BaselineError(f"{path}: expected YAML, got {why_no_yaml(error)}") from error
    if not isinstance(rows, list | None):
        kind = "one entry; did you mean `- rule: ...`?" if isinstance(rows, dict) else f"{rows!r:.60}"
        raise BaselineError(f"{path}: expected a list of entries, got {kind}")
    return Baseline(tuple(_entry(row, f"{path}[{index}]") for index, row in enumerate(rows or ())))


def reject_unknown(baseline: Baseline, path: Path) -> None:
    """Raises BaselineError for the first entry about an unknown rule, conversation or dialect."""
    names_by_key = {
        "rule": set(all_rules()),
        "scenario": {GENERATED, FIRST_LOOK, *all_scenarios()},
        "dialect": set(dialects.names()),
    }
    for index, entry in enumerate(baseline.entries):
        for key, names in names_by_key.items():
            name = getattr(entry, key)
            if name is not None and name not in names:
                raise BaselineError(
                    f"{path}[{index}]: expected the name of a {key}, got {nearest(name, names)}"
                )


def dump(baseline: Baseline) -> str:
    """A baseline as the text of its file."""
    rows = [{key: getattr(entry, key) for key in KEYS if getattr(entry, key)} for entry in baseline.entries]
    text = yaml.safe_dump(rows, sort_keys=False, width=100, allow_unicode=True) if rows else "[]\n"
    return f"# Known failures: each with the reason why it is accepted for now.\n{text}"


def _entry(row: Any, where: str) -> Entry:
    if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
        raise BaselineError(f"{where}: expected a mapping of strings, got {row!r}")
    unknown = sorted(set(row) - set(KEYS))
    if unknown:
        raise BaselineError(
            f"{where}: expected one of {', '.join(sorted(KEYS))}, got {nearest(unknown[0], KEYS)}"
        )
    absent = [key for key in ("rule", "reason") if not row.get(key)]
    if absent:
        raise BaselineError(f"{where}: {' and '.join(absent)} is missing (required)")
    link = row.get("link")
    if link is not None and not link.startswith(("https://", "http://")):
        raise BaselineError(f"{where}: expected a link that starts with https://, got {safe(link)}")
    return Entry(current_rule(row["rule"]), row["reason"], row.get("scenario"), row.get("dialect"), link)
