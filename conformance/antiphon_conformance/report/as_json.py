"""The overview as JSON, for `check --format json`: the same order and grouping as everywhere."""

from __future__ import annotations

from typing import Any

import orjson

from antiphon_conformance.report.model import Report
from antiphon_conformance.report.overview import Fault, Overview, overviews
from antiphon_conformance.report.titles import evidence_of


def render(*reports: Report) -> str:
    """The overview of each dialect of each report, as a JSON list."""
    rows = [_overview(overview) for report in reports for overview in overviews(report)]
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _overview(overview: Overview) -> dict[str, Any]:
    return {
        "answer": overview.answer,
        "dialect": overview.name,
        "profile": overview.profile,
        "verdict": overview.verdict.title,
        "headline": overview.headline,
        "status": int(overview.verdict.status),
        "features": [
            {"feature": row.row.name, "state": row.state, "why": row.why, "exchanges": row.row.exchanges}
            for row in overview.capabilities
        ],
        "clients": [
            {
                "client": answer.client.short,
                "version": answer.client.version,
                "features": {part.feature: part.state for part in answer.features},
            }
            for answer in overview.answers
        ],
        "fix": [_fault(fault, overview) for fault in overview.faults],
        "lenient": [_fault(fault, overview) for fault in overview.lenient],
        "habits": [_fault(fault, overview) for fault in overview.habits],
        "notes": [_fault(fault, overview) for fault in overview.notes],
        "unjudged": sorted({record.rule for record in overview.unseen_records}),
        "next": list(overview.next_steps),
    }


def _fault(fault: Fault, overview: Overview) -> dict[str, Any]:
    cause = fault.cause
    return {
        "title": fault.title,
        "harm": fault.harm,
        "breaks": {row.client.short: list(row.features) for row in fault.breaks},
        "fails": fault.fails,
        "accepted": fault.accepted or None,
        "kind": cause.record.kind.value,
        "authority": cause.record.authority,
        "requirement": cause.record.requirement,
        "rules": list(cause.rules),
        "follows": list(dict.fromkeys(record.rule for record in cause.follows)),
        "hides": list(cause.hidden_rules),
        "members": list(cause.subjects),
        "exchanges": cause.exchanges,
        "exchange": cause.first.exchange,
        "finding": evidence_of(cause, 500),
        "check": overview.check_command(cause.record),
    }
