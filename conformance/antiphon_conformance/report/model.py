"""A report: the facts of a run, its records, and what shows them: excerpts, and lines that repeat them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from antiphon_conformance.baseline import Baseline
from antiphon_conformance.claim import claimed
from antiphon_conformance.evidence import Examination
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.report.causes import causes
from antiphon_conformance.report.curl import command
from antiphon_conformance.report.excerpt import Excerpt, excerpt
from antiphon_conformance.report.features import FeatureRow, feature_rows
from antiphon_conformance.report.fingerprint import fingerprint
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.steady import steady
from antiphon_conformance.verdict import Verdict, verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.frozen import Frozen, load_frozen
from antiphon_spec.requirement import SEVERITY, Requirement

Spot = tuple[str, str, str]
"""Dialect, id of the exchange, and where in it."""
MOST_EXCERPTS = 120
"""For how many root causes of one dialect an excerpt is kept: nobody reads further, and a file must end."""
SHOWN_EXCHANGES = 1
"""For how many exchanges of one record the curl line is kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement of a dialect and what came of it."""

    requirement: Requirement
    outcome: Outcome | None
    """The worst of its rules; None when no rule tests it."""
    records: tuple[Record, ...] = ()

    @property
    def state(self) -> str:
        """The outcome, or `excluded`, `planned`, or `untested` for a row that no rule cites."""
        if self.outcome is not None:
            return self.outcome.value
        return "untested" if self.requirement.tested else self.requirement.state


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a renderer may show."""

    facts: Mapping[str, Any]
    records: tuple[Record, ...]
    verdicts: Mapping[str, Verdict]
    """By dialect, in the order asked for."""
    curls: Mapping[str, str] = field(default_factory=dict)
    """The command line that repeats an exchange, by its id."""
    transcript: str = ""
    """The name of the transcript's file, for the line that judges it again."""
    features: Mapping[str, tuple[FeatureRow, ...]] = field(default_factory=dict)
    """By dialect, what of it the target offers."""
    excerpts: Mapping[Spot, Excerpt] = field(default_factory=dict)
    """The part of the transcript that shows the first place of each root cause."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each transcript, by its file's name."""

    @property
    def status(self) -> int:
        """The exit status: that of the worst dialect."""
        return max((int(one.status) for one in self.verdicts.values()), default=2)

    def of(self, dialect: str) -> list[Record]:
        """The records of one dialect, worst first."""
        found = [record for record in self.records if record.dialect == dialect]
        return sorted(found, key=lambda record: WORST_FIRST.index(record.outcome))


def compose(
    seen: Examination,
    *,
    strict: bool = False,
    baseline: Baseline | None = None,
    transcript: str = "",
    frozen: Iterable[Frozen] = (),
    again: Iterable[Examination] = (),
    told: Mapping[str, Any] | None = None,
) -> Report:
    """The report of an examination: judges it in each of its dialects.

    `frozen` names the sets by which a dialect is judged, `again` holds further runs: what they say
    differently is inconclusive. `told` are further facts: the vendor's name, a note.
    """
    sets = {one.dialect: one for one in frozen}
    runs = (seen, *again)
    records: list[Record] = []
    verdicts: dict[str, Verdict] = {}
    why = next((one.why_not for one in runs if one.why_not), "")
    unfinished = next((one.unfinished for one in runs if one.unfinished), "")
    for name in seen.facts["dialects"]:
        found = judged(runs, dialects.load(name), sets.get(name))
        verdicts[name] = verdict(found, strict=strict, baseline=baseline, why=why, unfinished=unfinished)
        records += found
    facts = {**seen.facts, "strict": strict, "unfinished": unfinished, "runs": len(runs)}
    facts |= {"requirements": [one.name for one in sets.values()], "suite": fingerprint(), **(told or {})}
    exchanges = {one.id: one for episode in seen.episodes for one in episode.exchanges.values()}
    return Report(
        facts,
        tuple(records),
        verdicts,
        curls(exchanges, records, str(seen.facts.get("target", ""))),
        transcript,
        {name: features(seen, records, dialects.load(name)) for name in verdicts},
        excerpts(exchanges, records, verdicts),
    )


def title(report: Report) -> str:
    """Whose server it is: the vendor's name where one was given, else the address."""
    return str(report.facts.get("vendor") or report.facts.get("target", ""))


def told_facts(report: Report) -> list[str]:
    """When and how the run took place, for the head of a report."""
    facts = report.facts
    started = facts.get("started")
    when = f"{datetime.fromtimestamp(started, UTC):%Y-%m-%d %H:%M} UTC" if started else "unknown date"
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


def judged(runs: Sequence[Examination], dialect: Dialect, frozen: Frozen | None = None) -> list[Record]:
    """The records of one dialect over one run or several, by a frozen set where one is named."""
    every = [run.records(dialect) for run in runs]
    found = every[0] if len(every) == 1 else steady(every)
    return found if frozen is None else claimed(found, frozen)


def features(seen: Examination, records: Iterable[Record], dialect: Dialect) -> tuple[FeatureRow, ...]:
    """What a run shows of the features of one dialect."""
    told = (record for record in records if record.dialect == dialect.name)
    return feature_rows(seen.episodes, dialect, told, seen.facts.get("features", ()))


def excerpts(
    exchanges: Mapping[str, Exchange], records: Iterable[Record], names: Iterable[str]
) -> dict[Spot, Excerpt]:
    """An excerpt for the first place of each root cause."""
    kept, found = tuple(records), dict[Spot, Excerpt]()
    for name in names:
        dialect = dialects.load(name)
        for cause in causes(one for one in kept if one.dialect == name)[:MOST_EXCERPTS]:
            exchange = exchanges.get(cause.first.exchange)
            if exchange is not None and cause.finding is not None:
                where = cause.finding.where
                found[name, exchange.id, where] = excerpt(exchange, where, dialect)
    return found


def rows(report: Report, dialect: Dialect) -> list[Row]:
    """Every requirement of a dialect with its outcome, in order; places in its document that rules cite
    come last."""
    by_id: dict[str, list[Record]] = {}
    for record in report.of(dialect.name):
        for identity in record.requirements:
            by_id.setdefault(identity, []).append(record)
    cited = (dialect.resolve(identity) for identity in sorted(by_id.keys() - dialect.requirements.keys()))
    known = [*dialect.requirements.values(), *(row for row in cited if row is not None)]
    names = [name for name in report.facts.get("requirements", ()) if name.startswith(f"{dialect.name}@")]
    for levels in (load_frozen(name).requirements for name in names):
        known = [replace(row, level=levels[row.id]) for row in known if row.id in levels]
    return [_row(requirement, by_id.get(requirement.id, ())) for requirement in known]


def _row(requirement: Requirement, records: Iterable[Record]) -> Row:
    kept = tuple(records)
    outcomes = [_weighed(record, requirement) for record in kept]
    worst = min(outcomes, key=WORST_FIRST.index, default=None)
    return Row(requirement, worst, kept)


def _weighed(record: Record, requirement: Requirement) -> Outcome:
    """A rule may cite a MUST and a SHOULD: each row weighs its findings by its own level."""
    if record.findings and record.outcome is not Outcome.BROKEN:
        return Outcome.of_findings(SEVERITY[requirement.level])
    return record.outcome


def curls(exchanges: Mapping[str, Exchange], records: Iterable[Record], base: str) -> dict[str, str]:
    """The line that repeats an exchange, for the first exchanges of each record."""
    wanted: dict[str, None] = {}
    for record in records:
        ids = dict.fromkeys(finding.exchange for finding in record.findings if finding.exchange)
        wanted.update(dict.fromkeys(list(ids)[:SHOWN_EXCHANGES]))
    return {name: command(exchanges[name].request, base) for name in wanted if name in exchanges}
