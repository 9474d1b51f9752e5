"""`report.html`: one self-contained page with the verdict, the numbers, and the findings with excerpts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.answers import Answer
from antiphon_conformance.report.causes import Cause
from antiphon_conformance.report.compare import compare
from antiphon_conformance.report.difference import Piece, mark_differences
from antiphon_conformance.report.excerpt import Excerpt
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.report.model import (
    MOST_EXCERPTS,
    Report,
    Row,
    rows,
    run_summary,
    title,
)
from antiphon_conformance.report.numbers import Numbers, numbers, sentence
from antiphon_conformance.report.overview import Overview
from antiphon_conformance.report.reproduce import commands, finding_command, origins
from antiphon_conformance.report.titles import title_of
from antiphon_conformance.rules.rule import Finding, Rule, all_rules
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.verdict import Verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.requirement import Requirement

_CODE = re.compile("`([^`]+)`")
STATES = (*(outcome.value for outcome in WORST_FIRST), "untested", "planned", "excluded", "off")
SIGNS = {
    "passed": "✓",
    "failed": "✗",
    "broken": "✗",
    "untestable": "⊘",
    "warned": "!",
    "noted": "i",
    "inconclusive": "?",
    "not-supported": "–",
    "works but": "!",
    "ignored": "✗",
    "not offered": "–",
    "not seen": "?",
    "works": "✓",
    "breaks": "✗",
    "unclear": "?",
}
"""A sign beside the coloured word, for people who do not see colours."""
MOST_PLACES = 12
"""How many places of one root cause the page lists."""
MOST_CAUSES = 400
"""How many root causes of one dialect the page lists; those after MOST_EXCERPTS take one line each."""
LONGEST_CURL = 1600
LOUD = frozenset({Outcome.BROKEN, Outcome.FAILED, Outcome.UNTESTABLE, Outcome.WARNED})


@dataclass(frozen=True, slots=True)
class CauseDetails:
    """One root cause as the page shows it."""

    cause: Cause
    rule: Rule | None
    requirement: Requirement | None
    further_rules: tuple[tuple[str, str], ...]
    """The other rules that it breaks, each with its summary."""
    excerpt: Excerpt | None
    again: str
    """The command that looks at the rule again."""
    curl: str
    baseline_reason: str
    """The reason that the baseline gives when it lists this failure; else empty."""

    @property
    def title(self) -> str:
        """What is wrong, in one sentence."""
        return title_of(self.cause)

    @property
    def finding(self) -> Finding | None:
        """The finding at its first place."""
        return self.cause.finding

    @property
    def difference(self) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
        """The expected text and the text that came, in pieces; the differing pieces are marked."""
        finding = self.cause.finding
        return mark_differences(finding.expected, finding.actual) if finding else ((), ())

    @property
    def places(self) -> list[tuple[str, str]]:
        """Exchange and place of the first places."""
        places = (
            (place.exchange, place.finding.where if place.finding else "") for place in self.cause.places
        )
        return list(dict.fromkeys(places))[:MOST_PLACES]

    @property
    def more(self) -> int:
        """How many further places there are."""
        return len({(place.exchange, place.finding) for place in self.cause.places}) - len(self.places)


@dataclass(frozen=True)
class Section:
    """The results of one run in one dialect."""

    anchor: str
    dialect: Dialect
    verdict: Verdict
    report: Report

    @cached_property
    def rows(self) -> list[Row]:
        """Every requirement, then the places in the document that rules cite."""
        return rows(self.report, self.dialect)

    @cached_property
    def numbers(self) -> Numbers:
        """Coverage, conformance and capability."""
        return numbers(self.report, self.dialect)

    @cached_property
    def overview(self) -> Overview:
        """The results, ordered and grouped."""
        return Overview(self.report, self.dialect.name)

    @property
    def causes(self) -> list[Cause]:
        """Every cause, by harm."""
        return self.overview.all_causes

    @property
    def answers(self) -> list[Answer]:
        """For each well-known client, whether it works."""
        return self.overview.answers

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        groups = (self.overview.faults, self.overview.lenient, self.overview.habits)
        count = sum(fault.fails for group in groups for fault in group)
        return sentence(self.verdict, self.numbers, count, self.report.profile(self.dialect.name))

    @property
    def details(self) -> list[CauseDetails]:
        """The root causes that the page shows at length."""
        return [self._details(cause) for cause in self.causes[:MOST_EXCERPTS]]

    @property
    def brief(self) -> list[Cause]:
        """The further root causes, which the page shows in one line each."""
        return self.causes[MOST_EXCERPTS:MOST_CAUSES]

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """How many root causes there are of each outcome, worst first."""
        return _count_states(cause.outcome.value for cause in self.causes)

    @property
    def states(self) -> list[tuple[str, int]]:
        """How many requirements of the norm are in each state, worst first."""
        return _count_states(row.state for row in self.rows if "#" not in row.requirement.id)

    def _details(self, cause: Cause) -> CauseDetails:
        record, finding = cause.record, cause.finding
        spot = self.dialect.name, cause.first.exchange, finding.where if finding else ""
        reasons = {(excuse.rule, excuse.scenario): reason for excuse, reason in self.verdict.excuses}
        curl = self.report.curls.get(cause.first.exchange, "")
        rules = all_rules()
        return CauseDetails(
            cause,
            rules.get(record.rule),
            self.dialect.resolve(record.requirement),
            tuple((name, rules[name].summary if name in rules else "") for name in cause.further_rules),
            self.report.excerpts.get(spot),
            safe(finding_command(self.report, record.dialect, record)) if record.rule in rules else "",
            curl if len(curl) <= LONGEST_CURL else "",
            reasons.get((record.rule, record.scenario), ""),
        )


@dataclass(frozen=True, slots=True)
class RunPart:
    """One run's part of the page."""

    report: Report
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        """Whose server it is."""
        return title(self.report)

    @property
    def facts(self) -> list[str]:
        """The date, the size and the settings of the run."""
        return run_summary(self.report)

    @property
    def commands(self) -> list[str]:
        """The command lines that make the same report again."""
        return commands(self.report)

    @property
    def origins(self) -> list[str]:
        """The version, the sources and the transcripts behind the report."""
        return origins(self.report)


def render(*reports: Report) -> str:
    """One report as one HTML page, or several side by side."""
    if len(reports) > 1:
        return page("compare.html", comparisons=compare(reports), count=len(reports))
    parts = [_part(report, index) for index, report in enumerate(reports)]
    return page("report.html", parts=parts)


def page(template: str, **content: Any) -> str:
    """One of our pages as one file. Its content security policy allows only its own script to run."""
    environment = Environment(
        loader=PackageLoader("antiphon_conformance.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"safe_text": safe, "sentence": prose, "sign": _sign, "row_summary": _summary}
    script, style = (environment.get_template(name).render() for name in ("page.js", "page.css"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(
        script=Markup(script),  # noqa: S704 - a file of ours
        style=Markup(style),  # noqa: S704 - a file of ours
        script_digest=digest,
        **content,
    )


def prose(text: str) -> Markup:
    """Our own text as HTML; parts in backticks become code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


def _sign(state: str) -> str:
    return SIGNS.get(state.partition(",")[0], "·")


def _summary(row: Row) -> str:
    """One line about a requirement's records: the first finding, else the first note."""
    loud = [record for record in row.records if record.outcome in LOUD] or list(row.records)
    messages = [finding.message for record in loud for finding in record.findings]
    return (messages or [record.note for record in loud if record.note] or [""])[0]


def _count_states(states: Iterable[str]) -> list[tuple[str, int]]:
    counts = Counter(states)
    return [(state, counts[state]) for state in STATES if counts[state]]


def _part(report: Report, index: int) -> RunPart:
    prefix = f"{index}-" if index else ""
    sections = (
        Section(prefix + name, dialects.load(name), verdict, report)
        for name, verdict in report.verdicts.items()
    )
    return RunPart(report, tuple(sections))
