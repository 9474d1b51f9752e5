"""`summary.md`: the verdict, the failures and how to reproduce them, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from antiphon_conformance.http.text import safe
from antiphon_conformance.report import compare_markdown
from antiphon_conformance.report.answers import answers
from antiphon_conformance.report.groups import WORST_FIRST, Group, group_by_rule
from antiphon_conformance.report.model import Report, run_summary, title
from antiphon_conformance.report.numbers import numbers
from antiphon_conformance.report.records import requirement_counts
from antiphon_conformance.report.reproduce import commands, finding_command, origins
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.verdict.flakiness import flapping
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.verdict import Exit, Verdict
from antiphon_spec import dialect as dialects

SIGNS = {Exit.CONFORMANT: "✅", Exit.NOT_CONFORMANT: "❌", Exit.NOT_JUDGED: "⚠️"}
MOST_FINDINGS = 5
LONGEST_CURL = 600
"""A longer command is only in the HTML report, so that the summary fits on one page."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!])")


def render(*reports: Report) -> str:
    """One report as Markdown, or several side by side."""
    if len(reports) > 1:
        return compare_markdown.render(reports)
    return "\n".join("\n".join(_lines(report)) + "\n" for report in reports)


def _lines(report: Report) -> Iterator[str]:
    yield f"# Antiphon: {escape(title(report))}"
    yield ""
    yield ", ".join(map(escape, run_summary(report))) + "."
    for name, verdict in report.verdicts.items():
        yield ""
        yield from _dialect(report, name, verdict)
    yield from ("", "## Reproduce", "")
    yield from (f"- {escape(line)}" for line in origins(report))
    yield from ("", "```sh", *commands(report), "```")


def _dialect(report: Report, name: str, verdict: Verdict) -> Iterator[str]:
    yield f"## {SIGNS[verdict.status]} {escape(name)}: {verdict.title}"
    yield ""
    if verdict.why:
        yield f"{escape(verdict.why)}."
        yield ""
    dialect = dialects.load(name)
    ratios = numbers(report, dialect)
    yield f"- coverage: {ratios.coverage} testable requirements tested"
    profile = escape(report.profile(name).name)
    yield (
        f"- conformance: {ratios.demands} tested demands of the profile {profile} hold, "
        f"{ratios.advice} of what only warns"
    )
    yield f"- capability: {ratios.capability} features offered"
    yield ""
    yield "| " + " | ".join(outcome.value for outcome in WORST_FIRST) + " |"
    yield "|" + " ---: |" * len(WORST_FIRST)
    yield "| " + " | ".join(str(verdict.counts.get(outcome, 0)) for outcome in WORST_FIRST) + " |"
    yield ""
    counts = requirement_counts(name)
    yield "Requirements: " + ", ".join(f"{count} {state}" for state, count in counts.items()) + "."
    for answer in answers(report.of(name), name):
        yield f"- {answer.title} ({answer.client.registry}): {answer.state}: {answer.why}"
    crashes = [record for record in report.of(name) if record.outcome is Outcome.BROKEN]
    yield from _section("Failures", (*crashes, *verdict.failures), report)
    warnings = [record for record in report.of(name) if record.outcome is Outcome.WARNED]
    yield from _section("Warnings", [record for record in warnings if record not in verdict.failures], report)
    flaps = flapping(report.of(name))
    if flaps:
        yield from ("", "### Verdicts that change from run to run", "")
        yield from (f"- `{flap.rule}` in {escape(flap.scenario)}: {escape(flap.note)}" for flap in flaps)
    if verdict.excuses:
        yield from ("", "### Known failures", "")
        for record, reason in verdict.excuses:
            yield f"- `{record.rule}` in {escape(record.scenario)}: {escape(reason)}"
    if verdict.stale:
        yield from ("", "### Stale baseline entries", "")
        yield from (f"- {escape(str(entry))}" for entry in verdict.stale)


def _section(title: str, records: Iterable[Record], report: Report) -> Iterator[str]:
    groups = group_by_rule(records)
    if groups:
        yield from ("", f"### {title}", "")
    for group in groups:
        yield from _group(group, report)


def _group(group: Group, report: Report) -> Iterator[str]:
    rule = all_rules().get(group.rule)
    summary = f": {escape(rule.summary)}" if rule else ""
    yield f"- {group.outcome.value} **`{group.rule}`** ({escape(group.requirement)}){summary}"
    yield from (f"  - {escape(line)}" for line in group.lines(MOST_FINDINGS))
    findings = [finding for record in group.records for finding in record.findings]
    ids = (finding.exchange for finding in findings)
    curl = next((report.curls[identity] for identity in ids if identity in report.curls), None)
    if rule:
        again = finding_command(report, group.records[0].dialect, group.records[0])
        yield f"  - look again: {_code(safe(again, LONGEST_CURL))}"
    if curl and len(curl) <= LONGEST_CURL:
        yield f"  - reproduce: {_code(curl)}"


def _code(text: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}" if len(fence) > 1 else f"{fence}{text}{fence}"


def escape(text: str) -> str:
    """The text with Markdown's special characters escaped."""
    return _SPECIAL.sub(r"\\\1", safe(text))
