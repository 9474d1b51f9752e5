"""By what a run is let through: known failures and frozen sets, read from what a person wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from antiphon_conformance import baseline as baselines
from antiphon_conformance.baseline import Baseline
from antiphon_conformance.evidence import Examination
from antiphon_conformance.report.model import Report, compose
from antiphon_spec.frozen import Frozen, load_frozen


class GateError(ValueError):
    """What was asked for cannot be followed."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides between red and green, besides the target."""

    strict: bool = False
    baseline: Baseline | None = None
    frozen: tuple[Frozen, ...] = ()
    vendor: str = ""
    """Whose server it is, for the report."""
    note: str = ""
    """What a reader must know to get the same report."""

    def report(self, runs: Iterable[Examination], transcript: str = "") -> Report:
        """The report of one run, or of several of one target."""
        first, *repeats = runs
        return compose(
            first,
            strict=self.strict,
            baseline=self.baseline,
            transcript=transcript,
            frozen=self.frozen,
            repeats=repeats,
            labels={"vendor": self.vendor, "note": self.note},
        )

    def updated(self, report: Report, runs: Iterable[Examination]) -> Gate:
        """The gate with a baseline that lists what fails now. Raises GateError when a run was partial."""
        partial = next((run.partial for run in runs if run.partial), "")
        if partial:
            raise GateError(f"the baseline is not updated, because the run is partial: {partial}")
        failures = [record for one in report.verdicts.values() for record in one.failures]
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        known = (self.baseline or Baseline()).updated(report.records, failures, today)
        return replace(self, baseline=known)


def gate(
    dialects: Collection[str],
    *,
    strict: bool = False,
    baseline: Path | None = None,
    update: bool = False,
    requirements: Iterable[str] = (),
    vendor: str = "",
    note: str = "",
) -> Gate:
    """The gate that a person described. Raises GateError, BaselineError or DataError."""
    if update and baseline is None:
        raise GateError("--baseline-update: expected --baseline FILE, got none")
    frozen = tuple(load_frozen(name) for name in requirements)
    for one in frozen:
        if one.dialect not in dialects:
            raise GateError(f"{one.name}: expected a set of {', '.join(dialects)}")
    new = update and baseline is not None and not baseline.exists()
    known = baselines.load(baseline) if baseline is not None and not new else None
    return Gate(strict, known, frozen, vendor, note)


def write(found: Gate, path: Path) -> str:
    """Writes the baseline down; returns a line that says so."""
    known = found.baseline or Baseline()
    path.write_text(baselines.dump(known), encoding="utf-8")
    return f"baseline: {path}: {len(known.entries)} {'entry' if len(known.entries) == 1 else 'entries'}"
