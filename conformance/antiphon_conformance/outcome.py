"""Verdicts: what came of one rule in one scenario, and what that means for the exit status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from antiphon_conformance.rule import Finding
from antiphon_spec.requirement import Severity


class Outcome(StrEnum):
    """What came of one rule; see the table of outcomes in the documentation."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    INFORMED = "informed"
    """A MAY is not made use of, or an open question is answered in the rarer way: shown, counts as nothing."""
    NOT_SUPPORTED = "not-supported"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "untestable"
    BROKEN = "broken"

    @classmethod
    def of_findings(cls, severity: Severity) -> Outcome:
        """The outcome of a rule that found something."""
        return {Severity.MUST: cls.FAILED, Severity.SHOULD: cls.WARNED, Severity.MAY: cls.INFORMED}[severity]


@dataclass(frozen=True, slots=True)
class Record:
    """Rule x scenario -> outcome and findings: the only thing that reports see."""

    rule: str
    requirement: str
    """The id of the strictest requirement cited that holds in the dialect."""
    requirements: tuple[str, ...]
    """Every cited requirement that holds in the dialect."""
    level: str
    dialect: str
    scenario: str
    """The scenario's name; the exchange's id when a recording was judged; empty when the rule applied nowhere."""
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    note: str = ""
    """Why nothing could be said: what failed before, what was not seen, or how our own code raised."""
