"""`report.sarif`: SARIF 2.1.0, by which a code host shows the findings in its own page.

A result is a root cause. A server has no source file, so the location is the transcript's, and the logical
location says where in which exchange.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from antiphon_conformance.outcome import Outcome
from antiphon_conformance.report.causes import Cause, causes
from antiphon_conformance.report.model import Report
from antiphon_conformance.rule import Rule, all_rules
from antiphon_conformance.text import safe
from antiphon_conformance.verdict import Verdict, is_failure
from antiphon_spec import dialect as dialects

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Outcome.FAILED: "error",
    Outcome.UNTESTABLE: "warning",
    Outcome.WARNED: "warning",
    Outcome.INFORMED: "note",
}
MOST_RESULTS = 1000
"""Code hosts refuse larger files."""


def render(*reports: Report) -> str:
    """One report, or several, each dialect as a run of its own."""
    runs = [_run(report, name, verdict) for report in reports for name, verdict in report.verdicts.items()]
    told = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _run(report: Report, name: str, verdict: Verdict) -> dict[str, Any]:
    found = [one for one in causes(report.of(name)) if one.outcome in LEVELS][:MOST_RESULTS]
    rules = list(dict.fromkeys(cause.rules[0] for cause in found))
    driver = {
        "name": "antiphon",
        "version": str(report.facts.get("antiphon", "")),
        "rules": [_rule(one, name) for one in rules],
    }
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"antiphon/{name}/"},
        "invocations": [{"executionSuccessful": not verdict.why, "exitCode": int(verdict.status)}],
        "results": [_result(cause, report, verdict, rules) for cause in found],
    }


def _rule(identity: str, dialect: str) -> dict[str, Any]:
    rule = all_rules().get(identity)
    if rule is None:
        return {"id": identity}
    norm = rule.requirement(dialects.load(dialect))
    told = f"{norm.text} ({norm.id}, {norm.level}; {norm.source})" if norm else rule.summary
    return {
        "id": identity,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": _explained(rule)},
        "help": {"text": told},
    }


def _explained(rule: Rule) -> str:
    return " ".join(rule.explanation.split()) or rule.summary


def _result(cause: Cause, report: Report, verdict: Verdict, rules: list[str]) -> dict[str, Any]:
    finding = cause.finding
    told = finding.message if finding else cause.record.note
    often = f" ({len(cause.places)} times)" if len(cause.places) > 1 else ""
    where = f"{cause.first.exchange} {finding.where}" if finding else cause.first.exchange
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": report.transcript or "transcript.jsonl"},
            "region": {"startLine": 1},
        },
        "logicalLocations": [{"fullyQualifiedName": safe(where)}],
    }
    identity = f"{cause.record.dialect}/{cause.rules[0]}/{where}"
    return {
        "ruleId": cause.rules[0],
        "ruleIndex": rules.index(cause.rules[0]),
        "level": _level(cause, strict=bool(report.facts.get("strict"))),
        "message": {"text": safe(f"{told}{often}")},
        "locations": [location],
        "partialFingerprints": {"antiphon/v1": safe(identity)},
        "suppressions": _suppressions(cause, verdict.excused),
    }


def _level(cause: Cause, *, strict: bool) -> str:
    """What fails the run is an error, also a SHOULD where those count."""
    return "error" if is_failure(cause.record, strict=strict) else LEVELS[cause.outcome]


def _suppressions(cause: Cause, excused: Iterable[tuple[Any, str]]) -> list[dict[str, str]]:
    """A known failure is accepted, for the reason that the baseline gives."""
    reasons = {(record.rule, record.scenario): reason for record, reason in excused}
    reason = reasons.get((cause.record.rule, cause.record.scenario))
    return [] if reason is None else [{"kind": "external", "justification": safe(reason)}]
