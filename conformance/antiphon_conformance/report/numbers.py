"""The three numbers of a report: coverage, conformance, capability; and the verdict in one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from antiphon_conformance.report.capability import FLAWED, WORKS
from antiphon_conformance.report.groups import BAD, TRIED
from antiphon_conformance.report.model import Report, Row, rows
from antiphon_conformance.report.overview import Overview
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.verdict import Exit, Verdict
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.profile import Profile, Weight


@dataclass(frozen=True, slots=True)
class Ratio:
    """A part of a whole, as two counts."""

    part: int
    whole: int

    @property
    def percent(self) -> int:
        """The percentage, rounded down, so that 100 means all."""
        return 100 * self.part // self.whole if self.whole else 0

    def __str__(self) -> str:
        return f"{self.part}/{self.whole}"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The three numbers of a run in one dialect."""

    coverage: Ratio
    """The requirements that the run tested, of all testable ones."""
    demands: Ratio
    """The requirements that hold, of the tested ones whose breach fails."""
    advice: Ratio
    """The requirements that hold, of the tested ones whose breach warns."""
    capability: Ratio
    """The features that work, of all features of the dialect."""
    breaches: int = 0
    """How many requirements whose breach fails do not hold."""
    untestable: int = 0
    """How many requirements whose breach fails could not be tested because something before them failed."""


def numbers(report: Report, dialect: Dialect) -> Numbers:
    """The numbers of one dialect."""
    norm = [row for row in rows(report, dialect) if "#" not in row.requirement.id]
    sample = [row for row in norm if was_tested(row)]
    works = sum(row.state in (WORKS, FLAWED) for row in Overview(report, dialect.name).capabilities)
    return Numbers(
        Ratio(len(sample), sum(row.requirement.tested and row.weight is not Weight.OFF for row in norm)),
        _conformance(sample, Weight.FAIL),
        _conformance(sample, Weight.WARN),
        Ratio(works, len(dialect.features)),
        *(_demands(norm, outcome) for outcome in (Outcome.FAILED, Outcome.UNTESTABLE)),
    )


def was_tested(row: Row) -> bool:
    """Whether any rule reached a verdict about a requirement."""
    return any(record.outcome in TRIED for record in row.records)


def _demands(norm: Iterable[Row], outcome: Outcome) -> int:
    return sum(row.weight is Weight.FAIL and row.outcome is outcome for row in norm)


def _conformance(sample: Iterable[Row], weight: Weight) -> Ratio:
    rows_of_weight = [row for row in sample if row.weight is weight]
    return Ratio(sum(row.outcome not in BAD for row in rows_of_weight), len(rows_of_weight))


def sentence(verdict: Verdict, numbers: Numbers, causes: int, profile: Profile) -> str:
    """The verdict in one sentence, with the name of the profile that decided it."""
    if verdict.status is Exit.NOT_JUDGED:
        return f"Not judged: {verdict.why}."
    part, whole = numbers.demands.part, numbers.demands.whole
    if verdict.status is Exit.CONFORMANT:
        excuses = f"; {_count(len(verdict.excuses), 'known failure')} excused" if verdict.excuses else ""
        demands = _count(whole, "tested demand")
        return f"Conformant: {part} of {demands} of the profile {profile.name} hold{excuses}."
    if not verdict.failures:
        stale = len(verdict.stale)
        entries = "1 baseline entry excuses" if stale == 1 else f"{stale} baseline entries excuse"
        return f"Not conformant: {entries} no failure."
    untestable = f", {numbers.untestable} could not be tested" if numbers.untestable else ""
    return (
        f"Not conformant: {numbers.breaches} of {_count(whole, 'tested demand')} of the profile "
        f"{profile.name} "
        f"{'is' if numbers.breaches == 1 else 'are'} broken{untestable}; {_count(causes, 'root cause')}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
