"""The summary on a terminal. Only this module and the command's `progress` use rich."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.console import Group as Lines
from rich.text import Text

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.groups import WORST_FIRST, Group, group_by_rule
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.records import requirement_counts
from antiphon_conformance.report.reproduce import finding_command
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.verdict.flakiness import flapping
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.verdict import Exit, Verdict

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


MOST_FAILED, MOST_WARNED = 8, 3
"""How many rules the summary shows: a screen has no room for more, and mending one often mends others."""
LONGEST_CURL = 400
"""A command of more characters is only in the report."""


def show(report: Report, console: Console, rest: str = "--report DIR writes all of them") -> None:
    """Prints the failures and then the verdict of each dialect; `rest` says where to find the other ones."""
    for name, verdict in report.verdicts.items():
        console.print(Lines(*_dialect(report, name, verdict, rest)), soft_wrap=True)


def _dialect(report: Report, name: str, verdict: Verdict, rest: str) -> Iterator[RenderableType]:
    records = report.of(name)
    crashes = [record for record in records if record.outcome is Outcome.BROKEN]
    failing = set(map(id, verdict.failures))
    warnings = [
        record for record in records if record.outcome is Outcome.WARNED and id(record) not in failing
    ]
    groups = group_by_rule([*crashes, *verdict.failures]), group_by_rule(warnings)
    if crashes or not verdict.why:  # when the target could not be judged, its failures say nothing new
        yield from _first(report, groups[1], MOST_WARNED, rest)
        yield from _first(report, groups[0], MOST_FAILED, rest)
    for (rule, reason), count in Counter((record.rule, why) for record, why in verdict.excuses).items():
        often = f" ({count} times)" if count > 1 else ""
        yield Text(f"known  {rule}{often}: {safe(reason)}", style="dim")
    for entry in verdict.stale:
        yield Text(f"stale  {safe(str(entry))} no longer fails: remove it from the baseline", style="red")
    for flap in flapping(records):
        yield Text(f"flaps  {flap.rule} in {safe(flap.scenario)}: {safe(flap.note)}", style="yellow")
    yield _headline(name, safe(report.profile(name).name), verdict, *map(len, groups))
    yield _counts(name, verdict)


def _first(report: Report, groups: list[Group], most: int, rest: str) -> Iterator[Text]:
    for group in groups[:most]:
        yield from _group(report, group)
    if len(groups) > most:
        outcomes = " or ".join(dict.fromkeys(group.outcome.value for group in groups[most:]))
        yield Text(f"and {len(groups) - most} more rules {outcomes}: {rest}")


def _headline(name: str, profile: str, verdict: Verdict, failures: int, warnings: int) -> Text:
    line = Text(f"{name} ({profile}): ")
    line.append(verdict.title, style=VERDICT_COLOURS[verdict.status])
    if verdict.why:
        return line.append(f" ({safe(verdict.why)})")
    totals = [
        f"{count} {_rules(count)} {word}"
        for count, word in ((failures, "failed"), (warnings, "warned"))
        if count
    ]
    return line.append(f": {', '.join(totals)}" if totals else "")


def _rules(count: int) -> str:
    return "rule" if count == 1 else "rules"


def _counts(name: str, verdict: Verdict) -> Text:
    outcomes = [outcome for outcome in reversed(WORST_FIRST) if verdict.counts.get(outcome)]
    line = Text("  verdicts: ")
    for index, outcome in enumerate(outcomes):
        line.append(", " if index else "")
        line.append(f"{verdict.counts[outcome]} {outcome.value}", style=COLOURS.get(outcome, ""))
    counts = requirement_counts(name)
    totals = ", ".join(f"{count} {state}" for state, count in counts.items())
    return line.append(f"; requirements: {totals}" if totals else "", style="dim")


def _group(report: Report, group: Group) -> Iterator[Text]:
    rules = all_rules()
    line = Text(f"{group.outcome.value:6} ", style=COLOURS.get(group.outcome, ""))
    line.append(group.rule, style="bold").append(f" ({safe(group.requirement)}) ")
    yield line.append(rules[group.rule].summary if group.rule in rules else "", style="dim")
    yield from (Text(f"       {place}") for place in group.lines())
    ids = (finding.exchange for record in group.records for finding in record.findings)
    curls = (report.curls[exchange] for exchange in ids if exchange in report.curls)
    curl = next((curl for curl in curls if len(curl) <= LONGEST_CURL), None)
    if curl:
        yield Text(f"       {safe(curl, LONGEST_CURL)}", style="dim")
    if group.rule in rules:
        again = finding_command(report, group.records[0].dialect, group.records[0])
        yield Text(f"       {safe(again, LONGEST_CURL)}", style="dim")
