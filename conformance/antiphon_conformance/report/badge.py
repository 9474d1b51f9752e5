"""`badge.json`: what shields.io and its kin turn into a badge."""

from __future__ import annotations

import orjson

from antiphon_conformance.report.model import Report, rows
from antiphon_conformance.verdict import Exit
from antiphon_spec import dialect as dialects
from antiphon_spec.requirement import Severity

COLOURS = {Exit.CONFORMANT: "brightgreen", Exit.NOT_CONFORMANT: "red", Exit.NOT_JUDGED: "lightgrey"}


def render(*reports: Report) -> str:
    """The verdict of the first dialect of the first report, with how many MUSTs of those tested hold."""
    report = reports[0]
    name, verdict = next(iter(report.verdicts.items()))
    dialect = dialects.load(name)
    musts = [row for row in rows(report, dialect) if row.requirement.severity is Severity.MUST]
    held = sum(row.state == "passed" for row in musts)
    tested = sum(row.state in ("passed", "failed", "untestable", "broken") for row in musts)
    message = verdict.title if verdict.status is Exit.NOT_JUDGED else f"{verdict.title}, {held}/{tested}"
    badge = {
        "schemaVersion": 1,
        "label": dialect.title,
        "message": message,
        "color": COLOURS[verdict.status],
    }
    return orjson.dumps(badge, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
