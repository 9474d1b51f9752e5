"""The determinism gate: what several runs of one target say alike stands, what changes is inconclusive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from antiphon_conformance.outcome import Outcome, Record

UNSEEN = frozenset({Outcome.INCONCLUSIVE})
FLAPS = "changes from run to run: "


def steady(runs: Sequence[Iterable[Record]]) -> list[Record]:
    """The records of all runs as one: each rule in each scenario once.

    That a run did not show what a rule looks at is no verdict: what another run showed stands.
    """
    found: dict[tuple[str, str, str], list[Record]] = {}
    for run in runs:
        for record in run:
            found.setdefault((record.dialect, record.rule, record.scenario), []).append(record)
    return _reached([_settled(records, len(runs)) for records in found.values()])


def flapping(records: Iterable[Record]) -> list[Record]:
    """Those whose verdict changed between the runs."""
    return [record for record in records if record.note.startswith(FLAPS)]


def _settled(records: list[Record], runs: int) -> Record:
    verdicts = [record for record in records if record.outcome not in UNSEEN] or records
    counts = Counter(record.outcome for record in verdicts)
    if len(counts) == 1:
        return verdicts[0]
    told = ", ".join(f"{outcome.value} in {count} of {runs}" for outcome, count in sorted(counts.items()))
    finding = next((one.findings[0] for one in verdicts if one.findings), None)
    seen = f"; {finding.exchange}: {finding.message}" if finding else ""
    return replace(verdicts[0], outcome=Outcome.INCONCLUSIVE, findings=(), note=f"{FLAPS}{told}{seen}")


def _reached(records: list[Record]) -> list[Record]:
    """Without the records which say that a rule applied nowhere, when it did apply in another run."""
    flaps = flapping(records)
    told = {(one.dialect, one.rule) for one in records if one.outcome not in UNSEEN or one in flaps}
    return [
        one
        for one in records
        if one.outcome not in UNSEEN or one in flaps or (one.dialect, one.rule) not in told
    ]
