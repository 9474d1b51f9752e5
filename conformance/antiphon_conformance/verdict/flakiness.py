"""Several runs of one target as one: verdicts that agree stand, verdicts that change are inconclusive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from antiphon_conformance.verdict.outcome import Outcome, Record

UNSEEN = frozenset({Outcome.INCONCLUSIVE})
FLAPS = "changes from run to run: "


def steady(runs: Sequence[Iterable[Record]]) -> list[Record]:
    """The records of all runs as one: each rule in each scenario once.

    A run that did not show the subject of a rule has no verdict: the verdict of another run stands.
    """
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for run in runs:
        for record in run:
            groups.setdefault((record.dialect, record.rule, record.scenario), []).append(record)
    return _without_inapplicable([_combine(records, len(runs)) for records in groups.values()])


def flapping(records: Iterable[Record]) -> list[Record]:
    """The records whose verdict changed between the runs."""
    return [record for record in records if record.note.startswith(FLAPS)]


def by_symptom(flaps: Iterable[Record]) -> list[tuple[str, list[Record]]]:
    """The verdicts that changed by what was there when they were not passed (`reply.status is 500`), the most
    frequent first; "" where no run says it."""
    groups: dict[str, list[Record]] = {}
    for record in flaps:
        message = record.note.partition("; ")[2].partition(": ")[2]
        groups.setdefault(message.partition(": expected ")[0], []).append(record)
    return sorted(groups.items(), key=lambda group: (not group[0], -len(group[1])))


def _combine(records: list[Record], runs: int) -> Record:
    verdicts = [record for record in records if record.outcome not in UNSEEN] or records
    counts = Counter(record.outcome for record in verdicts)
    if len(counts) == 1:
        return verdicts[0]
    counts_text = ", ".join(
        f"{outcome.value} in {count} of {runs}" for outcome, count in sorted(counts.items())
    )
    finding = next((record.findings[0] for record in verdicts if record.findings), None)
    example = f"; {finding.exchange}: {finding.message}" if finding else ""
    return replace(
        verdicts[0], outcome=Outcome.INCONCLUSIVE, findings=(), note=f"{FLAPS}{counts_text}{example}"
    )


def _without_inapplicable(records: list[Record]) -> list[Record]:
    """The records without those which say that a rule applied nowhere, when it applied in another run."""
    flaps = flapping(records)

    def has_verdict(record: Record) -> bool:
        return record.outcome not in UNSEEN or record in flaps

    rules = {(record.dialect, record.rule) for record in records if has_verdict(record)}
    return [row for row in records if has_verdict(row) or (row.dialect, row.rule) not in rules]
