"""The summary on a terminal. The only module that draws with rich, together with `progress`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.console import Group as Lines
from rich.text import Text

from antiphon_conformance.outcome import Outcome
from antiphon_conformance.report.groups import WORST_FIRST, Group, grouped
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.records import requirement_counts
from antiphon_conformance.rule import all_rules
from antiphon_conformance.steady import flapping
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


MOST_FAILED, MOST_WARNED = 8, 3
"""How many rules are shown: a screen holds no more, and whoever mends the first has mended some others."""
LONGEST_CURL = 400
"""A longer command is for the report: half of one is good for nothing."""


def show(report: Report, console: Console, rest: str = "--report DIR writes them down") -> None:
    """Prints what failed, and last the verdict, for each dialect; `rest` says where to read on."""
    for name, verdict in report.verdicts.items():
        console.print(Lines(*_dialect(report, name, verdict, rest)), soft_wrap=True)


def _dialect(report: Report, name: str, verdict: Verdict, rest: str) -> Iterator[RenderableType]:
    broken = [record for record in report.of(name) if record.outcome is Outcome.BROKEN]
    failing = set(map(id, verdict.failures))
    warned = [one for one in report.of(name) if one.outcome is Outcome.WARNED and id(one) not in failing]
    groups = grouped([*broken, *verdict.failures]), grouped(warned)
    if broken or not verdict.why:  # where nothing could be judged, what was found besides is no news
        yield from _first(report, groups[1], MOST_WARNED, rest)
        yield from _first(report, groups[0], MOST_FAILED, rest)
    for (rule, reason), count in Counter((one.rule, why) for one, why in verdict.excused).items():
        often = f" ({count} times)" if count > 1 else ""
        yield Text(f"known  {rule}{often}: {safe(reason)}", style="dim")
    for entry in verdict.stale:
        yield Text(f"stale  {safe(str(entry))} no longer fails: remove it from the baseline", style="red")
    for one in flapping(report.of(name)):
        yield Text(f"flaps  {one.rule} in {safe(one.scenario)}: {safe(one.note)}", style="yellow")
    yield _headline(name, verdict, *map(len, groups))
    yield _counts(name, verdict)


def _first(report: Report, groups: list[Group], most: int, rest: str) -> Iterator[Text]:
    for group in groups[:most]:
        yield from _group(report, group)
    if len(groups) > most:
        outcomes = " or ".join(dict.fromkeys(group.outcome.value for group in groups[most:]))
        yield Text(f"and {len(groups) - most} more rules {outcomes}: {rest}")


def _headline(name: str, verdict: Verdict, failed: int, warned: int) -> Text:
    line = Text(f"{name}: ")
    line.append(verdict.title, style=VERDICT_COLOURS[verdict.status])
    if verdict.why:
        return line.append(f" ({safe(verdict.why)})")
    told = [
        f"{count} {_rules(count)} {what}" for count, what in ((failed, "failed"), (warned, "warned")) if count
    ]
    return line.append(f": {', '.join(told)}" if told else "")


def _rules(count: int) -> str:
    return "rule" if count == 1 else "rules"


def _counts(name: str, verdict: Verdict) -> Text:
    shown = [outcome for outcome in reversed(WORST_FIRST) if verdict.counts.get(outcome)]
    line = Text("  verdicts: ")
    for index, outcome in enumerate(shown):
        line.append(", " if index else "")
        line.append(f"{verdict.counts[outcome]} {outcome.value}", style=COLOURS.get(outcome, ""))
    counts = requirement_counts(name)
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    return line.append(f"; requirements: {told}" if told else "", style="dim")


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
