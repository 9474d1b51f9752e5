"""The three numbers of a report, kept apart: coverage, conformance, capability; and the verdict in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from antiphon_conformance.outcome import Outcome
from antiphon_conformance.report.features import OFFERED
from antiphon_conformance.report.model import Report, Row, rows
from antiphon_conformance.verdict import Exit, Verdict
from antiphon_spec.dialect import Dialect
from antiphon_spec.requirement import Severity

TRIED = frozenset({Outcome.PASSED, Outcome.FAILED, Outcome.WARNED, Outcome.INFORMED})
BAD = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.UNTESTABLE, Outcome.BROKEN})


@dataclass(frozen=True, slots=True)
class Ratio:
    """So many of so many."""

    part: int
    whole: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all of them."""
        return 100 * self.part // self.whole if self.whole else 0

    def __str__(self) -> str:
        return f"{self.part}/{self.whole}"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a run says about one dialect, in three numbers that must not be mixed up."""

    coverage: Ratio
    """Requirements that the run tested, of those that can be tested."""
    musts: Ratio
    """Of the tested requirements at MUST level, those that hold."""
    shoulds: Ratio
    capability: Ratio
    """Features offered, of those that the dialect has."""
    broken: int = 0
    """How many requirements at MUST level do not hold."""
    unreached: int = 0
    """How many requirements at MUST level could not be tested, because something before them failed."""


def numbers(report: Report, dialect: Dialect) -> Numbers:
    """The numbers of one dialect."""
    norm = [row for row in rows(report, dialect) if "#" not in row.requirement.id]
    tested = [row for row in norm if was_tested(row)]
    offered = [one for one in report.features.get(dialect.name, ()) if one.state == OFFERED]
    return Numbers(
        Ratio(len(tested), sum(row.requirement.tested for row in norm)),
        _held(tested, Severity.MUST),
        _held(tested, Severity.SHOULD),
        Ratio(len(offered), len(dialect.features)),
        *(_musts(norm, outcome) for outcome in (Outcome.FAILED, Outcome.UNTESTABLE)),
    )


def was_tested(row: Row) -> bool:
    """Whether any rule came to a verdict about a requirement."""
    return any(record.outcome in TRIED for record in row.records)


def _musts(norm: Iterable[Row], outcome: Outcome) -> int:
    return sum(row.requirement.severity is Severity.MUST and row.outcome is outcome for row in norm)


def _held(tested: Iterable[Row], severity: Severity) -> Ratio:
    found = [row for row in tested if row.requirement.severity is severity]
    return Ratio(sum(row.outcome not in BAD for row in found), len(found))


def sentence(verdict: Verdict, told: Numbers, causes: int) -> str:
    """The verdict in one sentence."""
    if verdict.status is Exit.NOT_JUDGED:
        return f"Not judged: {verdict.why}."
    held, tested = told.musts.part, told.musts.whole
    if verdict.status is Exit.CONFORMANT:
        known = f"; {_counted(len(verdict.excused), 'known failure')} set aside" if verdict.excused else ""
        return f"Conformant: {held} of {_counted(tested, 'tested requirement')} at MUST level hold{known}."
    if not verdict.failures:
        stale = len(verdict.stale)
        return (
            f"Not conformant: {stale} {'entry' if stale == 1 else 'entries'} of the baseline excuse nothing."
        )
    unreached = f", {told.unreached} could not be reached" if told.unreached else ""
    return (
        f"Not conformant: {told.broken} of {_counted(tested, 'tested requirement')} at MUST level "
        f"{'is' if told.broken == 1 else 'are'} broken{unreached}; {_counted(causes, 'root cause')}."
    )


def _counted(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
