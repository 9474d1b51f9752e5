"""The outcome of one rule in one scenario, and the record that reports read."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from antiphon_conformance.rules.rule import Finding
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.profile import DEFAULT, Weight
from antiphon_spec.requirement import Kind


class Outcome(StrEnum):
    """The outcome of one rule; see the table of outcomes in the documentation."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOTED = "noted"
    """A finding that weighs little in the profile, or that is newer than our document."""
    NOT_SUPPORTED = "not-supported"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "untestable"
    UNJUDGED = "unjudged"
    """No rule looks at this exchange of a recording: it is of another API, or too little was recorded."""
    BROKEN = "broken"

    @classmethod
    def of_findings(cls, findings: Iterable[Finding], weight: Weight) -> Outcome:
        """The outcome of a rule with findings; what is newer than our document is always noted."""
        by_weight = {Weight.FAIL: cls.FAILED, Weight.WARN: cls.WARNED}
        newer = [finding.newer for finding in findings]
        return cls.NOTED if newer and all(newer) else by_weight.get(weight, cls.NOTED)

    @classmethod
    def read(cls, name: str) -> Outcome:
        """The outcome of this name, also by the name that earlier reports have."""
        return cls.NOTED if name == "informed" else cls(name)


@dataclass(frozen=True, slots=True)
class Record:
    """Rule x scenario -> outcome and findings: all that reports read."""

    rule: str
    requirement: str
    """The id of the cited requirement of the dialect that weighs most."""
    requirements: tuple[str, ...]
    """Every cited requirement that holds in the dialect."""
    authority: str
    """Who says so: the authority of `requirement`."""
    dialect: str
    scenario: str
    """The scenario's name; in a recording the id of the exchange; empty when the rule applied nowhere."""
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    note: str = ""
    """Why there is no verdict: what failed before, what the target did not show, or how our code raised."""
    kind: Kind = Kind.INTEROP
    """The effect of a breach of `requirement`."""
    weight: Weight = Weight.FAIL
    """What a breach weighs in the profile."""
    profile: str = DEFAULT
    """The name of the profile."""

    def as_json(self) -> dict[str, Any]:
        """The record as `report.jsonl` and `lint --format json` hold it."""
        return {
            "rule": self.rule,
            "requirement": self.requirement,
            "requirements": list(self.requirements),
            "authority": self.authority,
            "kind": self.kind.value,
            "profile": self.profile,
            "weight": self.weight.value,
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
                    **({"by_model": True} if finding.by_model else {}),
                }
                for finding in self.findings
            ],
        }
