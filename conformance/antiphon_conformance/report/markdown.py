"""`summary.md`: the verdict, what failed and how to see it again, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.report import compare_markdown
from antiphon_conformance.report.answers import answers
from antiphon_conformance.report.groups import WORST_FIRST, Group, grouped
from antiphon_conformance.report.model import Report, title, told_facts
from antiphon_conformance.report.numbers import numbers
from antiphon_conformance.report.records import requirement_counts
from antiphon_conformance.report.reproduce import commands, origins
from antiphon_conformance.rule import all_rules
from antiphon_conformance.steady import flapping
from antiphon_conformance.text import safe
from antiphon_conformance.verdict import Exit, Verdict
from antiphon_spec import dialect as dialects

SIGNS = {Exit.CONFORMANT: "✅", Exit.NOT_CONFORMANT: "❌", Exit.NOT_JUDGED: "⚠️"}
MOST_FINDINGS = 5
LONGEST_CURL = 600
"""A longer command stands in the HTML report: a summary is read on one page."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!])")


def render(*reports: Report) -> str:
    """One report as Markdown, or several side by side."""
    if len(reports) > 1:
        return compare_markdown.render(reports)
    return "\n".join("\n".join(_lines(report)) + "\n" for report in reports)


def _lines(report: Report) -> Iterator[str]:
    yield f"# Antiphon: {escaped(title(report))}"
    yield ""
    yield ", ".join(map(escaped, told_facts(report))) + "."
    for name, verdict in report.verdicts.items():
        yield ""
        yield from _dialect(report, name, verdict)
    yield from ("", "## Reproduce", "")
    yield from (f"- {escaped(line)}" for line in origins(report))
    yield from ("", "```sh", *commands(report), "```")


def _dialect(report: Report, name: str, verdict: Verdict) -> Iterator[str]:
    yield f"## {SIGNS[verdict.status]} {escaped(name)}: {verdict.title}"
    yield ""
    if verdict.why:
        yield f"{escaped(verdict.why)}."
        yield ""
    dialect = dialects.load(name)
    told = numbers(report, dialect)
    yield f"- coverage: {told.coverage} testable requirements tested"
    yield f"- conformance: {told.musts} tested MUST requirements hold, {told.shoulds} SHOULD requirements"
    yield f"- capability: {told.capability} features offered"
    yield ""
    yield "| " + " | ".join(outcome.value for outcome in WORST_FIRST) + " |"
    yield "|" + " ---: |" * len(WORST_FIRST)
    yield "| " + " | ".join(str(verdict.counts.get(outcome, 0)) for outcome in WORST_FIRST) + " |"
    yield ""
    counts = requirement_counts(name)
    yield "Requirements: " + ", ".join(f"{count} {state}" for state, count in counts.items()) + "."
    for one in answers(report.of(name), name):
        yield f"- {one.title} ({one.client.registry}): {one.state}: {one.why}"
    broken = [record for record in report.of(name) if record.outcome is Outcome.BROKEN]
    yield from _listed("Failures", (*broken, *verdict.failures), report)
    warned = [record for record in report.of(name) if record.outcome is Outcome.WARNED]
    yield from _listed("Warnings", [record for record in warned if record not in verdict.failures], report)
    flaps = flapping(report.of(name))
    if flaps:
        yield from ("", "### Verdicts that change from run to run", "")
        yield from (f"- `{one.rule}` in {escaped(one.scenario)}: {escaped(one.note)}" for one in flaps)
    if verdict.excused:
        yield from ("", "### Known failures", "")
        for record, reason in verdict.excused:
            yield f"- `{record.rule}` in {escaped(record.scenario)}: {escaped(reason)}"
    if verdict.stale:
        yield from ("", "### Stale baseline entries", "")
        yield from (f"- {escaped(str(entry))}" for entry in verdict.stale)


def _listed(title: str, records: Iterable[Record], report: Report) -> Iterator[str]:
    groups = grouped(records)
    if groups:
        yield from ("", f"### {title}", "")
    for group in groups:
        yield from _group(group, report)


def _group(group: Group, report: Report) -> Iterator[str]:
    rule = all_rules().get(group.rule)
    summary = f": {escaped(rule.summary)}" if rule else ""
    yield f"- {group.outcome.value} **`{group.rule}`** ({escaped(group.requirement)}){summary}"
    yield from (f"  - {escaped(line)}" for line in group.lines(MOST_FINDINGS))
    findings = [finding for record in group.records for finding in record.findings]
    curl = next((report.curls[one.exchange] for one in findings if one.exchange in report.curls), None)
    if curl and len(curl) <= LONGEST_CURL:
        yield f"  - reproduce: {_code(curl)}"


def _code(text: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}" if len(fence) > 1 else f"{fence}{text}{fence}"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", safe(text))
