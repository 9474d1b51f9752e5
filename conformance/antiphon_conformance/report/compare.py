"""Several runs side by side: each vendor's features and requirements, and the changes between two runs of
one vendor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from antiphon_conformance.report.capability import BROKEN, FLAWED, Capability
from antiphon_conformance.report.groups import BAD, TRIED, WORST_FIRST
from antiphon_conformance.report.model import Report, Row, rows, run_summary, title
from antiphon_conformance.report.numbers import Numbers, numbers
from antiphon_conformance.report.overview import Overview
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.verdict import Verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.requirement import Requirement

UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Column:
    """One run, in one dialect."""

    vendor: str
    date: str
    report: Report
    verdict: Verdict
    numbers: Numbers
    profile: str
    """The name of the profile."""
    rows: Mapping[str, Row]
    features: Mapping[str, Capability]

    @property
    def started(self) -> float:
        """The start of the run as Unix time in seconds, for sorting; 0 when unknown."""
        return float(self.report.metadata.get("started") or 0)

    def outcomes(self, dialect: str) -> dict[str, Outcome]:
        """The worst outcome of each rule, by its id."""
        worst: dict[str, Outcome] = {}
        for record in self.report.of(dialect):  # worst first
            worst.setdefault(record.rule, record.outcome)
        return worst


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """One requirement, and its state in each column."""

    requirement: Requirement
    states: tuple[str, ...]

    @property
    def worst(self) -> str:
        """The state by which the line is filtered."""
        order = [outcome.value for outcome in WORST_FIRST]
        return min(self.states, key=lambda state: order.index(state) if state in order else len(order))


@dataclass(frozen=True, slots=True)
class Change:
    """The differences between two runs of one vendor, rule by rule."""

    vendor: str
    before: str
    after: str
    fixes: tuple[str, ...]
    regressions: tuple[str, ...]
    additions: tuple[str, ...]
    """Rules that fail and that the earlier run did not have."""
    removals: tuple[str, ...]
    """Rules that failed and that the later run does not have."""

    @property
    def kinds(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Name and rules of each kind of change that occurred, the regressions first."""
        kinds = (
            ("broken", self.regressions),
            ("fixed", self.fixes),
            ("new", self.additions),
            ("gone", self.removals),
        )
        return tuple(pair for pair in kinds if pair[1])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every run that was judged in one dialect."""

    dialect: Dialect
    columns: tuple[Column, ...]
    lines: tuple[RequirementLine, ...]
    changes: tuple[Change, ...]

    @property
    def states(self) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
        """Each feature: its title, whether it is optional, and its state in each column."""
        for feature in self.dialect.features.values():
            rows = [column.features.get(feature.name) for column in self.columns]
            yield feature.title, feature.optional, tuple(_feature(row) for row in rows)


def compare(reports: Iterable[Report]) -> list[Comparison]:
    """The runs by dialect, each vendor's in order of time."""
    by_dialect: dict[str, list[Report]] = {}
    for report in reports:
        for name in report.verdicts:
            by_dialect.setdefault(name, []).append(report)
    return [_comparison(dialects.load(name), runs) for name, runs in sorted(by_dialect.items())]


def _comparison(dialect: Dialect, reports: Iterable[Report]) -> Comparison:
    columns = [_column(report, dialect) for report in reports]
    columns.sort(key=lambda column: (column.vendor.lower(), column.started))
    return Comparison(dialect, tuple(columns), tuple(_lines(columns)), tuple(_changes(columns, dialect.name)))


def _column(report: Report, dialect: Dialect) -> Column:
    return Column(
        title(report),
        run_summary(report)[0].partition(" ")[0],
        report,
        report.verdicts[dialect.name],
        numbers(report, dialect),
        report.profile(dialect.name).name,
        {row.requirement.id: row for row in rows(report, dialect)},
        {row.row.name: row for row in Overview(report, dialect.name).capabilities},
    )


def _lines(columns: Sequence[Column]) -> Iterator[RequirementLine]:
    """Every requirement of the dialect that is testable, or about which some run reached a verdict."""
    requirements = {identity: row.requirement for column in columns for identity, row in column.rows.items()}
    for identity, requirement in requirements.items():
        cells = [column.rows.get(identity) for column in columns]
        states = tuple(row.state if row else UNTESTED for row in cells)
        if any(state not in ("excluded", "planned") for state in states):
            yield RequirementLine(requirement, states)


def _feature(capability: Capability | None) -> str:
    if capability is None:
        return "not seen"
    row = capability.row
    if capability.state not in (FLAWED, BROKEN) or not row.failed:
        return capability.state
    return f"{capability.state}, {row.failed} of {row.exchanges} exchanges with faults"


def _changes(columns: Iterable[Column], dialect: str) -> Iterator[Change]:
    by_vendor: dict[str, list[Column]] = {}
    for column in columns:
        by_vendor.setdefault(column.vendor, []).append(column)
    for vendor, runs in by_vendor.items():
        for before, after in pairwise(runs):
            yield _change(vendor, before, after, dialect)


def _change(vendor: str, before: Column, after: Column, dialect: str) -> Change:
    old, new = before.outcomes(dialect), after.outcomes(dialect)
    return Change(
        vendor,
        before.date,
        after.date,
        tuple(rule for rule, outcome in old.items() if outcome in BAD and _holds(new.get(rule))),
        tuple(
            rule for rule, outcome in new.items() if outcome in BAD and rule in old and old[rule] not in BAD
        ),
        tuple(rule for rule, outcome in new.items() if outcome in BAD and rule not in old),
        tuple(rule for rule, outcome in old.items() if outcome in BAD and rule not in new),
    )


def _holds(outcome: Outcome | None) -> bool:
    return outcome in TRIED and outcome not in BAD
