"""The summary on a terminal. The only module that draws with rich, together with `progress`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Console, Group, RenderableType
from rich.text import Text

from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.report.groups import WORST_FIRST, grouped
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.records import requirement_counts
from antiphon_conformance.rule import all_rules
from antiphon_conformance.text import safe
from antiphon_conformance.verdict import Exit, Verdict

COLOURS = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.WARNED: "yellow",
    Outcome.BROKEN: "magenta",
    Outcome.UNTESTABLE: "red",
}
VERDICT_COLOURS = {
    Exit.CONFORMANT: "bold green",
    Exit.NOT_CONFORMANT: "bold red",
    Exit.NOT_JUDGED: "bold yellow",
}


def show(report: Report, console: Console) -> None:
    """Prints the verdict of each dialect, with what failed."""
    for name, verdict in report.verdicts.items():
        console.print(Group(*_dialect(report, name, verdict)), soft_wrap=True)


def _dialect(report: Report, name: str, verdict: Verdict) -> Iterator[RenderableType]:
    broken = [record for record in report.of(name) if record.outcome is Outcome.BROKEN]
    warned = [record for record in report.of(name) if record.outcome is Outcome.WARNED]
    yield from _records(report, [*broken, *filter(_matters(verdict), verdict.failures)])
    yield from _records(report, [record for record in warned if record not in verdict.failures])
    for record, reason in verdict.excused:
        yield Text(f"known  {record.rule} in {safe(record.scenario)}: {safe(reason)}", style="dim")
    for entry in verdict.stale:
        yield Text(f"stale  {safe(str(entry))} no longer fails: remove it from the baseline", style="red")
    yield _headline(name, verdict)
    yield _counts(name, verdict)


def _matters(verdict: Verdict) -> Callable[[Record], bool]:
    """Whether a failure is worth a line: where nothing could be judged, everything is untestable."""
    return lambda record: not (verdict.why and record.outcome is Outcome.UNTESTABLE)


def _headline(name: str, verdict: Verdict) -> Text:
    line = Text(f"{name}: ")
    line.append(verdict.title, style=VERDICT_COLOURS[verdict.status])
    return line.append(f" ({safe(verdict.why)})" if verdict.why else "")


def _counts(name: str, verdict: Verdict) -> Text:
    shown = [outcome for outcome in reversed(WORST_FIRST) if verdict.counts.get(outcome)]
    line = Text("  ")
    for index, outcome in enumerate(shown):
        line.append(", " if index else "")
        line.append(f"{verdict.counts[outcome]} {outcome.value}", style=COLOURS.get(outcome, ""))
    counts = requirement_counts(name)
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    return line.append(f"; requirements: {told}" if told else "", style="dim")


def _records(report: Report, records: list[Record]) -> Iterator[Text]:
    rules = all_rules()
    for group in grouped(records):
        line = Text(f"{group.outcome.value:6} ", style=COLOURS.get(group.outcome, ""))
        line.append(group.rule, style="bold").append(f" ({safe(group.requirement)}) ")
        yield line.append(rules[group.rule].summary if group.rule in rules else "", style="dim")
        yield from (Text(f"       {place}") for place in group.lines())
        ids = (finding.exchange for record in group.records for finding in record.findings)
        curl = next((report.curls[exchange] for exchange in ids if exchange in report.curls), None)
        if curl:
            yield Text(f"       {safe(curl, 600)}", style="dim")
