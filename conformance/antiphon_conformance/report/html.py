"""`report.html`: one self-contained page, requirement by requirement, with the evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.report.model import Report, Row, rows
from antiphon_conformance.rule import Rule, all_rules
from antiphon_conformance.text import safe
from antiphon_conformance.verdict import Verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect

_CODE = re.compile("`([^`]+)`")
STATES = (*(outcome.value for outcome in WORST_FIRST), "untested", "planned", "excluded")


@dataclass(frozen=True, slots=True)
class Section:
    """What one run says about one dialect."""

    anchor: str
    dialect: Dialect
    verdict: Verdict
    rows: tuple[Row, ...]
    known: Mapping[tuple[str, str], str]

    @property
    def states(self) -> list[tuple[str, int]]:
        """How many requirements of the norm are in each state, worst first."""
        return _states(row for row in self.rows if not _is_place(row))

    @property
    def places(self) -> list[tuple[str, int]]:
        """The same of the places in the document that rules cite besides."""
        return _states(filter(_is_place, self.rows))

    @property
    def failing(self) -> list[Row]:
        """The rows that ask for attention."""
        loud = {Outcome.BROKEN, Outcome.FAILED, Outcome.UNTESTABLE, Outcome.WARNED}
        found = [row for row in self.rows if row.outcome in loud]
        return sorted(found, key=lambda row: STATES.index(row.state))


@dataclass(frozen=True, slots=True)
class Part:
    """One run's part of the page."""

    report: Report
    sections: tuple[Section, ...]
    date: str


def render(*reports: Report) -> str:
    """One report, or several, as one HTML page."""
    environment = Environment(
        loader=PackageLoader("antiphon_conformance.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["safe_text"] = safe
    environment.filters["sentence"] = sentence
    return environment.get_template("report.html").render(
        parts=[_part(report, index) for index, report in enumerate(reports)],
        rules=all_rules(),
        loud=_loud,
        summary=_summary,
    )


def sentence(text: str) -> Markup:
    """Text of ours, what stands in backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


def _is_place(row: Row) -> bool:
    return "#" in row.requirement.id


def _states(rows: Iterable[Row]) -> list[tuple[str, int]]:
    found = Counter(row.state for row in rows)
    return [(state, found[state]) for state in STATES if found[state]]


def _part(report: Report, index: int) -> Part:
    prefix = f"{index}-" if index else ""
    sections = [_section(report, name, verdict, prefix) for name, verdict in report.verdicts.items()]
    return Part(report, tuple(sections), _date(report.facts))


def _section(report: Report, name: str, verdict: Verdict, prefix: str) -> Section:
    dialect = dialects.load(name)
    known = {(record.rule, record.scenario): reason for record, reason in verdict.excused}
    return Section(prefix + name, dialect, verdict, tuple(rows(report, dialect)), known)


def _date(facts: Mapping[str, Any]) -> str:
    started = facts.get("started")
    return f"{datetime.fromtimestamp(started, UTC):%Y-%m-%d %H:%M} UTC" if started else "unknown"


def _loud(row: Row) -> list[Record]:
    """The records of a row that have something to say."""
    return [record for record in row.records if record.findings or record.note]


def _summary(rules: Mapping[str, Rule], identity: str) -> str:
    return rules[identity].summary if identity in rules else ""
