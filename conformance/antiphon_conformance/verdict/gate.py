"""What decides whether a run passes: known failures and frozen sets, read from what a person wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from antiphon_conformance.report.model import Report, compose
from antiphon_conformance.result import Examination
from antiphon_conformance.verdict import baseline as baselines
from antiphon_conformance.verdict.baseline import Baseline
from antiphon_spec.frozen import Frozen, load_frozen


class GateError(ValueError):
    """An option cannot be followed."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides between red and green, besides the target."""

    strict: bool = False
    baseline: Baseline | None = None
    frozen: tuple[Frozen, ...] = ()
    vendor: str = ""
    """The vendor of the server, for the report."""
    note: str = ""
    """What a reader must know to reproduce the report."""

    def report(self, runs: Iterable[Examination], transcript: str = "") -> Report:
        """The report of one run, or of several runs against one target."""
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
        failures = [record for verdict in report.verdicts.values() for record in verdict.failures]
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        baseline = (self.baseline or Baseline()).updated(report.records, failures, today)
        return replace(self, baseline=baseline)


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
    for claim in frozen:
        if claim.dialect not in dialects:
            raise GateError(f"{claim.name}: expected a set of {', '.join(dialects)}")
    new = update and baseline is not None and not baseline.exists()
    entries = baselines.load(baseline) if baseline is not None and not new else None
    return Gate(strict, entries, frozen, vendor, note)


def write(judge_gate: Gate, path: Path) -> str:
    """Writes the baseline to a file; returns a line that says so."""
    baseline = judge_gate.baseline or Baseline()
    path.write_text(baselines.dump(baseline), encoding="utf-8")
    count = len(baseline.entries)
    return f"baseline: {path}: {count} {'entry' if count == 1 else 'entries'}"
