"""`report.sarif`: SARIF 2.1.0, from which a code host shows the findings in its own pages.

A result is a root cause. A server has no source file, so the location is the transcript, and the logical
location names the exchange and the place in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.causes import Cause, causes
from antiphon_conformance.report.model import Report
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.verdict import Verdict, is_failure
from antiphon_spec import dialect as dialects
from antiphon_spec.profile import Profile

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Outcome.FAILED: "error",
    Outcome.UNTESTABLE: "warning",
    Outcome.WARNED: "warning",
    Outcome.NOTED: "note",
}
MOST_RESULTS = 1000
"""Code hosts reject files with more results."""


def render(*reports: Report) -> str:
    """One report, or several, as SARIF; each dialect is a run of its own."""
    runs = [_run(report, name, verdict) for report in reports for name, verdict in report.verdicts.items()]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _run(report: Report, name: str, verdict: Verdict) -> dict[str, Any]:
    results = [cause for cause in causes(report.of(name)) if cause.outcome in LEVELS][:MOST_RESULTS]
    rules = list(dict.fromkeys(cause.rules[0] for cause in results))
    driver = {
        "name": "antiphon",
        "version": str(report.metadata.get("antiphon", "")),
        "rules": [_rule(rule, name, report.profile(name)) for rule in rules],
    }
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"antiphon/{name}/"},
        "properties": {"profile": report.profile(name).name},
        "invocations": [{"executionSuccessful": not verdict.why, "exitCode": int(verdict.status)}],
        "results": [_result(cause, report, verdict, rules) for cause in results],
    }


def _rule(identity: str, dialect: str, profile: Profile) -> dict[str, Any]:
    rule = all_rules().get(identity)
    if rule is None:
        return {"id": identity}
    norm = rule.requirement(dialects.load(dialect), profile)
    text = f"{norm.text} ({norm.id}, {norm.authority}; {norm.source})" if norm else rule.summary
    return {
        "id": identity,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": " ".join(rule.explanation.split()) or rule.summary},
        "help": {"text": text},
        "properties": {"tags": [norm.kind.value] if norm else []},
    }


def _result(cause: Cause, report: Report, verdict: Verdict, rules: list[str]) -> dict[str, Any]:
    finding = cause.finding
    message = finding.message if finding else cause.record.note
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
        "level": _level(cause),
        "message": {"text": safe(f"{message}{often}")},
        "locations": [location],
        "partialFingerprints": {"antiphon/v1": safe(identity)},
        "properties": {"kind": cause.record.kind.value, "authority": cause.record.authority},
        "suppressions": _suppressions(cause, verdict.excuses),
    }


def _level(cause: Cause) -> str:
    """`error` for what fails the run, else the level of the outcome."""
    return "error" if is_failure(cause.record) else LEVELS[cause.outcome]


def _suppressions(cause: Cause, excuses: Iterable[tuple[Any, str]]) -> list[dict[str, str]]:
    """A suppression for a known failure, with the reason that the baseline gives."""
    reasons = {(record.rule, record.scenario): reason for record, reason in excuses}
    reason = reasons.get((cause.record.rule, cause.record.scenario))
    return [] if reason is None else [{"kind": "external", "justification": safe(reason)}]
