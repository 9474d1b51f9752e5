"""The outcome of one rule in one scenario, and the record that reports read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from antiphon_conformance.rules.rule import Finding
from antiphon_spec.requirement import Severity


class Outcome(StrEnum):
    """The outcome of one rule; see the table of outcomes in the documentation."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    INFORMED = "informed"
    """The target does not use a MAY, answers an open question in the rarer way or is newer than we know."""
    NOT_SUPPORTED = "not-supported"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "untestable"
    BROKEN = "broken"

    @classmethod
    def of_findings(cls, findings: Iterable[Finding], severity: Severity) -> Outcome:
        """The outcome of a rule with findings."""
        known = list(findings)
        if known and all(finding.newer for finding in known):
            return cls.INFORMED
        return {Severity.MUST: cls.FAILED, Severity.SHOULD: cls.WARNED, Severity.MAY: cls.INFORMED}[severity]


@dataclass(frozen=True, slots=True)
class Record:
    """Rule x scenario -> outcome and findings: all that reports read."""

    rule: str
    requirement: str
    """The id of the strictest cited requirement that holds in the dialect."""
    requirements: tuple[str, ...]
    """Every cited requirement that holds in the dialect."""
    level: str
    dialect: str
    scenario: str
    """The scenario's name; in a recording the id of the exchange; empty when the rule applied nowhere."""
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    note: str = ""
    """Why there is no verdict: what failed before, what the target did not show, or how our code raised."""

    def as_json(self) -> dict[str, Any]:
        """The record as `report.jsonl` and `lint --format json` hold it."""
        return {
            "rule": self.rule,
            "requirement": self.requirement,
            "requirements": list(self.requirements),
            "level": self.level,
            "dialect": self.dialect,
            "scenario": self.scenario,
            "outcome": self.outcome.value,
            "note": self.note,
            "findings": [
                {
                    "exchange": finding.exchange,
                    "where": finding.where,
                    "expected": finding.expected,
                    "got": finding.actual,
                    "message": finding.message,
                    **({"newer": True} if finding.newer else {}),
                }
                for finding in self.findings
            ],
        }
