"""What decides whether a run passes, besides the target: known failures and frozen sets of requirements."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path

from antiphon_conformance.verdict import baseline as baselines
from antiphon_conformance.verdict.baseline import Baseline
from antiphon_spec.frozen import Frozen
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.profile import Profile, load_profile


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides between red and green, besides the target."""

    profile: Profile = field(default_factory=load_profile)
    """What each breach weighs where no frozen set says it."""
    baseline: Baseline | None = None
    frozen: tuple[Frozen, ...] = ()
    vendor: str = ""
    """The vendor of the server, for the report."""
    note: str = ""
    """What a reader must know to reproduce the report."""
    new_baseline: Path | None = None
    """The file for the failures of this run; None to write none."""

    def claim(self, dialect: str) -> Frozen | None:
        """The frozen set of a dialect."""
        return next((claim for claim in self.frozen if claim.dialect == dialect), None)

    def profile_for(self, dialect: str) -> Profile:
        """What each breach weighs in a dialect: its frozen set has a profile of its own."""
        claim = self.claim(dialect)
        return self.profile if claim is None else claim.profile


def write_baseline(gate: Gate, path: Path) -> str:
    """Writes the baseline to a file; returns a line that says so."""
    baseline = gate.baseline or Baseline()
    path.write_text(baselines.dump(baseline), encoding="utf-8")
    count = len(baseline.entries)
    return f"baseline: {path}: {count} {'entry' if count == 1 else 'entries'}"
