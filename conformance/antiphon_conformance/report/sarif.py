"""`report.sarif`: SARIF 2.1.0, from which a code host shows the findings in its own pages.

A result is a cause. A server has no source file, so the location is the page of requirements, which may be
in a repository; the logical location names the exchange and the place in it. The fingerprint is made of what
stays the same from run to run: the family of the cause, its key and its dialect.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.overview import Fault, Overview, overviews
from antiphon_conformance.report.titles import evidence_of
from antiphon_conformance.rules.rule import find_rule
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.verdict import is_failure
from antiphon_spec import dialect as dialects
from antiphon_spec.profile import Profile

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Outcome.FAILED: "error",
    Outcome.UNTESTABLE: "warning",
    Outcome.WARNED: "warning",
    Outcome.NOTED: "note",
}
PAGE = "docs/requirements-{dialect}.md"
"""The file at which a code host shows a result: one that a repository may hold."""
MOST_RESULTS = 1000
"""Code hosts reject files with more results."""


def render(*reports: Report) -> str:
    """One report, or several, as SARIF; each dialect is a run of its own."""
    runs = [_run(overview) for report in reports for overview in overviews(report)]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _run(overview: Overview) -> dict[str, Any]:
    report, verdict, name = overview.report, overview.verdict, overview.name
    groups = (overview.faults, overview.lenient, overview.habits, overview.notes)
    results = [fault for group in groups for fault in group if fault.cause.outcome in LEVELS][:MOST_RESULTS]
    rules = list(dict.fromkeys(fault.cause.record.rule for fault in results))
    driver = {
        "name": "antiphon",
        "version": str(report.metadata.get("antiphon", "")),
        "rules": [_rule(rule, name, report.profile(name)) for rule in rules],
    }
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"antiphon/{name}/"},
        "properties": {"answer": overview.answer, "profile": overview.profile},
        "invocations": [{"executionSuccessful": not verdict.why, "exitCode": int(verdict.status)}],
        "results": [_result(fault, overview, rules) for fault in results],
    }


def unlinked(text: str) -> str:
    """A text without the links of SARIF, `[text](target)`: viewers make them clickable (SARIF 2.1.0,
    3.11.6)."""
    return re.sub(r"\](?=\()", "] ", safe(text, 1000))


def _rule(identity: str, dialect: str, profile: Profile) -> dict[str, Any]:
    rule = find_rule(identity)
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


def _result(fault: Fault, overview: Overview, rules: list[str]) -> dict[str, Any]:
    cause = fault.cause
    rule, finding = cause.record.rule, cause.finding
    where = f"{cause.first.exchange} {finding.where}" if finding else cause.first.exchange
    harm = f"{fault.harm}: {fault.clients}" if fault.breaks else fault.harm
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": PAGE.format(dialect=overview.name)},
            "region": {"startLine": 1},
        },
        "logicalLocations": [{"fullyQualifiedName": safe(where)}],
    }
    return {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": "error" if fault.fails or is_failure(cause.record) else LEVELS[cause.outcome],
        "message": {"text": unlinked(f"{fault.title}. {evidence_of(cause)}. {harm}")},
        "locations": [location],
        "partialFingerprints": {
            "antiphon/v2": f"{overview.name}/{cause.family.name}/{safe(cause.key or rule)}"
        },
        "properties": {
            "kind": cause.record.kind.value,
            "authority": cause.record.authority,
            "requirement": cause.record.requirement,
            "rules": list(dict.fromkeys((*cause.rules, *cause.further_rules))),
        },
        "suppressions": [{"kind": "external", "justification": unlinked(fault.accepted)}]
        if fault.accepted
        else [],
    }
