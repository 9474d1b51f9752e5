"""`report.html`: one self-contained page with the answer, what to mend first, and the traffic behind it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.answers import NEEDS, Answer
from antiphon_conformance.report.causes import Cause
from antiphon_conformance.report.compare import compare
from antiphon_conformance.report.difference import Piece, mark_differences
from antiphon_conformance.report.excerpt import Excerpt
from antiphon_conformance.report.features import TOPICS
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.report.harm import FEATURES, KINDS, feature_title
from antiphon_conformance.report.model import (
    MOST_EXCERPTS,
    Report,
    Row,
    rows,
    run_summary,
    title,
)
from antiphon_conformance.report.numbers import Numbers, numbers
from antiphon_conformance.report.overview import Fault, Overview
from antiphon_conformance.report.reproduce import commands, origins
from antiphon_conformance.report.titles import MOST_SUBJECTS, evidence_of, plural
from antiphon_conformance.rules.rule import Finding, Rule, all_rules, find_rule
from antiphon_conformance.verdict.verdict import Verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.requirement import Kind, Requirement

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
    "breaks in part": "!",
    "without effect": "✗",
    "unclear": "?",
}
"""A sign beside the coloured word, for people who do not see colours."""
MOST_PLACES = 12
"""How many places of one root cause the page lists."""
MOST_CAUSES = 400
"""How many root causes of one dialect the page lists; those after MOST_EXCERPTS take one line each."""
KIND_WORDS: Mapping[Kind, str] = {
    Kind.INTEROP: "clients may break",
    Kind.CONTRACT: "promises",
    Kind.STRICTNESS: "too lenient",
    Kind.VENDOR: "habits",
}
LONGEST_CURL = 1600


@dataclass(frozen=True, slots=True)
class FaultDetails:
    """One cause as the page shows it."""

    fault: Fault
    rule: Rule | None
    requirement: Requirement | None
    excerpt: Excerpt | None
    again: str
    """The command that looks at the rule again."""
    curl: str
    extent: str
    """How much of the run shows it."""

    @property
    def cause(self) -> Cause:
        """The cause."""
        return self.fault.cause

    @property
    def finding(self) -> Finding | None:
        """The shown finding; None when the rule reached no verdict."""
        return self.cause.finding

    @property
    def evidence(self) -> str:
        """The shown finding in one line, or why there is none."""
        return evidence_of(self.cause)

    @property
    def clients(self) -> list[str]:
        """The clients that break by it, by their short names."""
        return [row.client.short for row in self.fault.breaks]

    @property
    def features(self) -> list[str]:
        """The features of the dialect that it is about."""
        topics = {rule.partition(".")[0] for rule in (*self.cause.rules, *self.cause.further_rules)}
        own = [name for name, words in TOPICS.items() if words & topics]
        needs = (NEEDS.get(name) for row in self.fault.breaks for name in row.features)
        return list(dict.fromkeys((*own, *filter(None, needs))))

    @property
    def further_rules(self) -> list[tuple[str, str]]:
        """The rules that fail because of it, each with its summary."""
        names = dict.fromkeys((*self.cause.rules, *self.cause.further_rules))
        return [(name, _summary_of_rule(name)) for name in names if name != self.cause.record.rule]

    @property
    def hidden_rules(self) -> list[tuple[str, str]]:
        """The rules that could not look because of it, each with its summary."""
        return [(name, _summary_of_rule(name)) for name in self.cause.hidden_rules]

    @property
    def subjects(self) -> list[tuple[str, str]]:
        """What it lists, when the title does not name them all; a rule with its summary."""
        names = self.cause.subjects
        is_short = len(names) <= MOST_SUBJECTS and not set(names) & all_rules().keys()
        return [] if is_short else [(name, _summary_of_rule(name)) for name in names]

    @property
    def difference(self) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
        """The expected text and the text that came, in pieces; the differing pieces are marked."""
        finding = self.cause.finding
        return mark_differences(finding.expected, finding.actual) if finding else ((), ())

    @property
    def places(self) -> list[tuple[str, str, int]]:
        """The first exchanges: the id, the first place in it, and how many places it has."""
        return self._places[:MOST_PLACES]

    @property
    def more(self) -> int:
        """How many further exchanges there are."""
        return max(len(self._places) - MOST_PLACES, 0)

    @property
    def _places(self) -> list[tuple[str, str, int]]:
        by_exchange: dict[str, dict[str, None]] = {}
        for place in self.cause.places:
            where = place.finding.where if place.finding else ""
            by_exchange.setdefault(place.exchange, {})[where] = None
        return [(exchange, next(iter(spots)), len(spots)) for exchange, spots in by_exchange.items()]


@dataclass(frozen=True, slots=True)
class Block:
    """Faults under one heading."""

    title: str
    is_open: bool
    """Whether they are shown at once; all other blocks are folded."""
    details: tuple[FaultDetails, ...]
    brief: tuple[Fault, ...]
    """The further faults, which take one line each."""


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

    @cached_property
    def blocks(self) -> list[Block]:
        """The faults by heading, what breaks clients first; without headings of nothing."""
        overview = self.overview
        accepted = [fault for fault in overview.faults if fault.accepted]
        lenient, habits = _count_rules(overview.lenient), _count_rules(overview.habits)
        hint = "" if overview.profile == "strict" else "; --profile strict fails them"
        parts = (
            ("Fix first", True, [fault for fault in overview.faults if not fault.accepted]),
            (f"Accepted by the baseline: {plural(len(accepted), 'cause')}", False, accepted),
            (
                f"Too lenient: {plural(lenient, 'kind')} of wrong requests{hint}",
                False,
                overview.lenient,
            ),
            (f"Habits of the vendor: {habits} differ", False, overview.habits),
            (f"Noted: {plural(len(overview.notes), 'cause')} of little weight here", False, overview.notes),
        )
        return [self._block(title, is_open, faults) for title, is_open, faults in parts if faults]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The kinds of the faults, worst first: value and words."""
        names = {details.cause.record.kind for block in self.blocks for details in block.details}
        return [(kind.value, KIND_WORDS[kind]) for kind in KINDS if kind in names]

    @property
    def clients(self) -> list[tuple[str, str]]:
        """The clients that some fault breaks: value and words."""
        names = (name for block in self.blocks for one in block.details for name in one.clients)
        return [(name, name) for name in dict.fromkeys(names)]

    @property
    def features(self) -> list[tuple[str, str]]:
        """The features that some fault is about: the name in the dialect and on a screen."""
        names = {name for block in self.blocks for one in block.details for name in one.features}
        rows = self.overview.capabilities
        return [(row.row.name, row.name) for row in rows if row.row.name in names]

    @property
    def client_tables(self) -> list[tuple[list[tuple[str, str]], list[Answer]]]:
        """The clients that were run with the same features together: name and title of these, the answers."""
        tables: dict[tuple[str, ...], list[Answer]] = {}
        for answer in self.overview.answers:
            names = {part.feature for part in answer.features}
            tables.setdefault(tuple(name for name in FEATURES if name in names), []).append(answer)
        return [([(name, feature_title(name)) for name in names], rows) for names, rows in tables.items()]

    @property
    def silence(self) -> list[tuple[str, list[str]]]:
        """The rules that saw nothing to judge, by the reason; the reason of most rules first."""
        by_note: dict[str, dict[str, None]] = {}
        for record in self.overview.unseen_records:
            by_note.setdefault(record.note, {})[record.rule] = None
        return sorted(((note, list(rules)) for note, rules in by_note.items()), key=lambda row: -len(row[1]))

    @property
    def silence_count(self) -> int:
        """How many rules saw nothing to judge."""
        return len({record.rule for record in self.overview.unseen_records})

    @property
    def states(self) -> list[tuple[str, list[str]]]:
        """The requirements of the norm by state, worst first."""
        rows_of_norm = [row for row in self.rows if "#" not in row.requirement.id]
        groups = (
            (state, [row.requirement.id for row in rows_of_norm if row.state == state]) for state in STATES
        )
        return [(state, names) for state, names in groups if names]

    def _block(self, title: str, is_open: bool, faults: Sequence[Fault]) -> Block:
        details = tuple(self._details(fault) for fault in faults[:MOST_EXCERPTS])
        return Block(title, is_open, details, tuple(faults[MOST_EXCERPTS:MOST_CAUSES]))

    def _details(self, fault: Fault) -> FaultDetails:
        cause = fault.cause
        record, finding = cause.record, cause.finding
        spots = (
            (self.dialect.name, place.exchange, place.finding.where if place.finding else "")
            for place in cause.places
        )
        excerpts = (self.report.excerpts[spot] for spot in spots if spot in self.report.excerpts)
        curl = self.report.curls.get(cause.first.exchange, "") if finding else ""
        return FaultDetails(
            fault,
            find_rule(record.rule),
            self.dialect.resolve(record.requirement),
            next(excerpts, None),
            self.overview.check_command(record),
            curl if len(curl) <= LONGEST_CURL else "",
            self.overview.extent(fault),
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
    environment.filters |= {"safe_text": safe, "sentence": prose, "sign": _sign, "capital": _capital}
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


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _summary_of_rule(rule: str) -> str:
    entry = find_rule(rule)
    return entry.summary if entry else ""


def _count_rules(faults: Iterable[Fault]) -> int:
    return sum(len(fault.cause.rules) for fault in faults)


def _part(report: Report, index: int) -> RunPart:
    prefix = f"{index}-" if index else ""
    sections = (
        Section(prefix + name, dialects.load(name), verdict, report)
        for name, verdict in report.verdicts.items()
    )
    return RunPart(report, tuple(sections))
