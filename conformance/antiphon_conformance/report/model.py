"""A report: the facts of a run, its records and verdicts, excerpts of the traffic, and curl commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.report.causes import causes
from antiphon_conformance.report.curl import command
from antiphon_conformance.report.excerpt import Excerpt, excerpt
from antiphon_conformance.report.features import FeatureRow, feature_rows
from antiphon_conformance.report.fingerprint import fingerprint
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.result import Examination
from antiphon_conformance.verdict.baseline import Baseline
from antiphon_conformance.verdict.flakiness import steady
from antiphon_conformance.verdict.frozen import weigh_claim
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.verdict import Verdict, verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.frozen import Frozen, load_frozen
from antiphon_spec.requirement import SEVERITY, Requirement

Spot = tuple[str, str, str]
"""Dialect, id of the exchange, and where in it."""
MOST_EXCERPTS = 120
"""For how many root causes of one dialect the report has an excerpt; the limit bounds its size."""
SHOWN_EXCHANGES = 1
"""For how many exchanges of one record the report has a curl command."""


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement of a dialect and its outcome."""

    requirement: Requirement
    outcome: Outcome | None
    """The worst outcome of its rules; None when no rule tested it."""
    records: tuple[Record, ...] = ()

    @property
    def state(self) -> str:
        """The outcome; without one `excluded`, `planned`, or `untested`."""
        if self.outcome is not None:
            return self.outcome.value
        return "untested" if self.requirement.tested else self.requirement.state


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a renderer may show."""

    facts: Mapping[str, Any]
    records: tuple[Record, ...]
    verdicts: Mapping[str, Verdict]
    """The verdict of each dialect, in the order of the command line."""
    curls: Mapping[str, str] = field(default_factory=dict)
    """The command line that repeats an exchange, by the exchange's id."""
    transcript: str = ""
    """The name of the transcript's file, for the command that judges it again."""
    features: Mapping[str, tuple[FeatureRow, ...]] = field(default_factory=dict)
    """For each dialect, the features and whether the target offers them."""
    excerpts: Mapping[Spot, Excerpt] = field(default_factory=dict)
    """For the first place of each root cause, the part of the traffic that shows it."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each transcript, by its file's name."""

    @property
    def status(self) -> int:
        """The exit status: the worst of all dialects."""
        return max((int(verdict.status) for verdict in self.verdicts.values()), default=2)

    def of(self, dialect: str) -> list[Record]:
        """The records of one dialect, worst first."""
        records = [record for record in self.records if record.dialect == dialect]
        return sorted(records, key=lambda record: WORST_FIRST.index(record.outcome))


def compose(
    first: Examination,
    *,
    strict: bool = False,
    baseline: Baseline | None = None,
    transcript: str = "",
    frozen: Iterable[Frozen] = (),
    repeats: Iterable[Examination] = (),
    labels: Mapping[str, Any] | None = None,
) -> Report:
    """The report of a run: judges it in each of its dialects.

    `frozen` holds the frozen sets by which dialects are judged. `repeats` holds further runs of the same
    target: a verdict that differs between the runs is inconclusive. `labels` holds further facts: the
    vendor's name and a note.
    """
    sets = {claim.dialect: claim for claim in frozen}
    runs = (first, *repeats)
    records: list[Record] = []
    verdicts: dict[str, Verdict] = {}
    why = next((run.why_not for run in runs if run.why_not), "")
    gap = next((run.unfinished for run in runs if run.unfinished), "")
    for name in first.facts["dialects"]:
        part = judge_runs(runs, dialects.load(name), sets.get(name))
        verdicts[name] = verdict(part, strict=strict, baseline=baseline, why=why, unfinished=gap)
        records += part
    facts = {**first.facts, "strict": strict, "unfinished": gap, "runs": len(runs)}
    facts |= {
        "requirements": [claim.name for claim in sets.values()],
        "suite": fingerprint(),
        **(labels or {}),
    }
    exchanges = {exchange.id: exchange for trace in first.traces for exchange in trace.exchanges.values()}
    return Report(
        facts,
        tuple(records),
        verdicts,
        curls(exchanges, records, str(first.facts.get("target", ""))),
        transcript,
        {name: features(first, records, dialects.load(name)) for name in verdicts},
        excerpts(exchanges, records, verdicts),
    )


def title(report: Report) -> str:
    """The name of the server: the vendor's name when there is one, else the address."""
    return str(report.facts.get("vendor") or report.facts.get("target", ""))


def run_summary(report: Report) -> list[str]:
    """The date, the size and the settings of the run, for the head of a report."""
    facts = report.facts
    start = facts.get("started")
    when = f"{datetime.fromtimestamp(start, UTC):%Y-%m-%d %H:%M} UTC" if start else "unknown date"
    if "files" in facts:
        how = [f"{facts['requests']} recorded exchanges"]
    else:
        how = [
            f"model {facts.get('model', '')}",
            f"{facts.get('requests', 0)} requests",
            f"{facts.get('seconds', 0)} s",
        ]
    sets = [f"requirements {name}" for name in facts.get("requirements", ())]
    return [when, *how, *sets, f"antiphon {facts.get('antiphon', '')}"]


def judge_runs(runs: Sequence[Examination], dialect: Dialect, claim: Frozen | None = None) -> list[Record]:
    """The records of one dialect over one run or several, by the frozen set `claim` when there is one."""
    by_run = [run.records(dialect) for run in runs]
    records = by_run[0] if len(by_run) == 1 else steady(by_run)
    return records if claim is None else weigh_claim(records, claim)


def features(run: Examination, records: Iterable[Record], dialect: Dialect) -> tuple[FeatureRow, ...]:
    """The features of one dialect as a run shows them."""
    own = (record for record in records if record.dialect == dialect.name)
    return feature_rows(run.traces, dialect, own, run.facts.get("features", ()))


def excerpts(
    exchanges: Mapping[str, Exchange], records: Iterable[Record], names: Iterable[str]
) -> dict[Spot, Excerpt]:
    """An excerpt for the first place of each root cause."""
    pool, parts = tuple(records), dict[Spot, Excerpt]()
    for name in names:
        dialect = dialects.load(name)
        for cause in causes(record for record in pool if record.dialect == name)[:MOST_EXCERPTS]:
            exchange = exchanges.get(cause.first.exchange)
            if exchange is not None and cause.finding is not None:
                where = cause.finding.where
                parts[name, exchange.id, where] = excerpt(exchange, where, dialect)
    return parts


def rows(report: Report, dialect: Dialect) -> list[Row]:
    """Every requirement of a dialect with its outcome, in order; then the places in its document that rules
    cite."""
    by_id: dict[str, list[Record]] = {}
    for record in report.of(dialect.name):
        for identity in record.requirements:
            by_id.setdefault(identity, []).append(record)
    places = (dialect.resolve(identity) for identity in sorted(by_id.keys() - dialect.requirements.keys()))
    requirements = [*dialect.requirements.values(), *(row for row in places if row is not None)]
    names = [name for name in report.facts.get("requirements", ()) if name.startswith(f"{dialect.name}@")]
    for levels in (load_frozen(name).requirements for name in names):
        requirements = [replace(row, level=levels[row.id]) for row in requirements if row.id in levels]
    return [_row(requirement, by_id.get(requirement.id, ())) for requirement in requirements]


def _row(requirement: Requirement, records: Iterable[Record]) -> Row:
    members = tuple(records)
    outcomes = [_weigh(record, requirement) for record in members]
    worst = min(outcomes, key=WORST_FIRST.index, default=None)
    return Row(requirement, worst, members)


def _weigh(record: Record, requirement: Requirement) -> Outcome:
    """The outcome of a record by the level of this requirement: a rule may cite a MUST and a SHOULD."""
    if record.findings and record.outcome is not Outcome.BROKEN:
        return Outcome.of_findings(record.findings, SEVERITY[requirement.level])
    return record.outcome


def curls(exchanges: Mapping[str, Exchange], records: Iterable[Record], base: str) -> dict[str, str]:
    """The command that repeats an exchange, for the first exchanges of each record."""
    names: dict[str, None] = {}
    for record in records:
        ids = dict.fromkeys(finding.exchange for finding in record.findings if finding.exchange)
        names.update(dict.fromkeys(list(ids)[:SHOWN_EXCHANGES]))
    return {name: command(exchanges[name].request, base) for name in names if name in exchanges}
