"""What decides whether a run passes, besides the target: known failures and frozen sets of requirements."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from antiphon_conformance.verdict import baseline as baselines
from antiphon_conformance.verdict.baseline import Baseline
from antiphon_spec.frozen import Frozen


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides between red and green, besides the target."""

    strict: bool = False
    """Whether a broken SHOULD fails, too."""
    baseline: Baseline | None = None
    frozen: tuple[Frozen, ...] = ()
    vendor: str = ""
    """The vendor of the server, for the report."""
    note: str = ""
    """What a reader must know to reproduce the report."""
    new_baseline: Path | None = None
    """The file for the failures of this run; None to write none."""


def write_baseline(gate: Gate, path: Path) -> str:
    """Writes the baseline to a file; returns a line that says so."""
    baseline = gate.baseline or Baseline()
    path.write_text(baselines.dump(baseline), encoding="utf-8")
    count = len(baseline.entries)
    return f"baseline: {path}: {count} {'entry' if count == 1 else 'entries'}"
