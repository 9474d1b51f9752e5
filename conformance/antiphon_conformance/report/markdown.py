"""`summary.md`: the answer, what to mend first and how to reproduce it, for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from antiphon_conformance.report import compare_markdown
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.report.markdown_text import code, escape, html_code, prose, shell
from antiphon_conformance.report.model import Report, run_summary, title
from antiphon_conformance.report.numbers import numbers
from antiphon_conformance.report.overview import Fault, Overview, overviews
from antiphon_conformance.report.records import requirement_counts
from antiphon_conformance.report.reproduce import commands, origins
from antiphon_conformance.report.titles import MOST_SUBJECTS, aftermath_of, evidence_of
from antiphon_conformance.verdict.flakiness import flapping
from antiphon_conformance.verdict.verdict import Exit

SIGNS = {Exit.CONFORMANT: "✅", Exit.NOT_CONFORMANT: "❌", Exit.NOT_JUDGED: "⚠️"}
MOST_RULES = 6
LONGEST_CURL = 600
"""A longer command is only in the HTML report, so that the summary fits on one page."""


def render(*reports: Report) -> str:
    """One report as Markdown, or several side by side."""
    if len(reports) > 1:
        return compare_markdown.render(reports)
    return "\n".join("\n".join(_lines(report)) + "\n" for report in reports)


def _lines(report: Report) -> Iterator[str]:
    yield f"# Antiphon: {escape(title(report))}"
    yield ""
    yield ", ".join(map(escape, run_summary(report))) + "."
    for overview in overviews(report):
        yield ""
        yield from _dialect(overview)
    yield from ("", "## Reproduce", "")
    yield from (f"- {escape(line)}" for line in origins(report))
    yield from ("", *shell(commands(report)))


def _dialect(overview: Overview) -> Iterator[str]:
    dialect, verdict = overview.dialect, overview.verdict
    yield f"## {SIGNS[verdict.status]} {escape(overview.answer)}"
    yield ""
    yield (
        f"{escape(dialect.title)} {escape(dialect.release)}, profile {escape(overview.profile)}: "
        f"**{escape(verdict.title if verdict.status is Exit.NOT_JUDGED else overview.headline)}**."
    )
    if overview.is_blank:
        return
    yield from _states(overview)
    yield from _clients(overview)
    yield from _faults("Fix first", [fault for fault in overview.faults if not fault.accepted], overview)
    yield from _faults("Too lenient", overview.lenient, overview)
    yield from _faults("Habits of the vendor", overview.habits, overview)
    yield from _baseline(overview)
    flaps = flapping(overview.records)
    if flaps:
        yield from ("", "### Verdicts that change from run to run", "")
        yield from (f"- `{flap.rule}` in {escape(flap.scenario)}: {escape(flap.note)}" for flap in flaps)
    yield from _numbers(overview)
    if overview.next_steps:
        yield from ("", "### What next", "")
        yield from (f"1. {prose(step)}" for step in overview.next_steps)


def _states(overview: Overview) -> Iterator[str]:
    if overview.states:
        yield from ("", "| state | features |", "| --- | --- |")
    for state, rows in overview.states:
        remarks = (overview.remark(row) for row in rows)
        names = (
            row.name + (f" ({remark})" if remark else "") for row, remark in zip(rows, remarks, strict=True)
        )
        yield f"| {state} | {escape(', '.join(names))} |"


def _clients(overview: Overview) -> Iterator[str]:
    if overview.answers:
        yield ""
    for answer in overview.answers:
        yield f"- {escape(answer.title)} ({answer.client.registry}): {escape(answer.why)}"


def _numbers(overview: Overview) -> Iterator[str]:
    ratios = numbers(overview.report, overview.dialect)
    counts = requirement_counts(overview.name)
    outcomes = (
        f"{count} {outcome.value}"
        for outcome in WORST_FIRST
        if (count := overview.verdict.counts.get(outcome))
    )
    yield from ("", "### Numbers", "")
    yield f"- coverage: {ratios.coverage} testable requirements tested"
    yield f"- conformance: {ratios.demands} tested demands hold, {ratios.advice} of what only warns"
    yield f"- capability: {ratios.capability} features work"
    yield f"- verdicts: {', '.join(outcomes)}"
    yield "- requirements: " + ", ".join(f"{count} {state}" for state, count in counts.items())


def _faults(heading: str, faults: Sequence[Fault], overview: Overview) -> Iterator[str]:
    if faults:
        yield from ("", f"### {heading}", "")
    for number, fault in enumerate(faults, 1):
        yield from _fault(number, fault, overview)


def _fault(number: int, fault: Fault, overview: Overview) -> Iterator[str]:
    harm = f"{fault.harm}: {fault.clients}" if fault.breaks else fault.harm
    weight = "" if fault.fails else ", fails nothing in this profile"
    yield f"{number}. **{prose(fault.title)}** ({escape(harm)}; {overview.extent(fault)}{weight})"
    yield f"   - {escape(evidence_of(fault.cause))}"
    later = aftermath_of(fault.cause)
    if later:
        yield f"   - {later}"
    worst = fault.cause.worst_subjects
    lighter = [name for name in fault.cause.subjects if name not in worst]
    if len(worst) + len(lighter) > MOST_SUBJECTS:
        names = ", ".join(map(html_code, (*worst, *lighter)))
        count = f"all {len(worst)}" + (f", and {len(lighter)} of less weight" if lighter else "")
        yield f"   - <details><summary>{count}</summary>{names}</details>"
    yield f"   - rules: {', '.join(f'`{rule}`' for rule in fault.cause.rules[:MOST_RULES])}"
    again = overview.check_command(fault.cause.record)
    if again:
        yield f"   - look again: {code(again)}"
    ids = (place.exchange for place in fault.cause.places)
    curls = (overview.report.curls[name] for name in ids if name in overview.report.curls)
    curl = next((curl for curl in curls if len(curl) <= LONGEST_CURL), None)
    if curl:
        yield f"   - <details><summary>reproduce</summary>{html_code(curl)}</details>"


def _baseline(overview: Overview) -> Iterator[str]:
    verdict = overview.verdict
    if verdict.excuses:
        yield from ("", "### Accepted failures", "", f"{escape(overview.acceptance)}.", "")
        for record, reason in verdict.excuses:
            yield f"- `{record.rule}` in {escape(record.scenario)}: {escape(reason)}"
    if verdict.stale:
        yield from ("", "### Stale baseline entries", "")
        yield from (f"- {escape(str(entry))}" for entry in verdict.stale)
