"""The result on a terminal: the answer, what to mend first, and what to do next, as lines with colours."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.answers import ABSENT, UNCLEAR, in_words
from antiphon_conformance.report.capability import BROKEN, FLAWED, WORKS
from antiphon_conformance.report.features import IGNORED, LACKING, UNSEEN
from antiphon_conformance.report.model import Report, title
from antiphon_conformance.report.models import Line
from antiphon_conformance.report.overview import Fault, Overview, overviews
from antiphon_conformance.report.titles import aftermath_of, evidence_of, plural
from antiphon_conformance.verdict.flakiness import by_symptom, flapping
from antiphon_conformance.verdict.verdict import Exit

STATE_COLOURS = {
    WORKS: "green",
    FLAWED: "yellow",
    BROKEN: "red",
    IGNORED: "yellow",
    LACKING: "dim",
    UNSEEN: "dim",
}
VERDICT_COLOURS = {
    Exit.CONFORMANT: "bold green",
    Exit.NOT_CONFORMANT: "bold red",
    Exit.NOT_JUDGED: "bold yellow",
}
EXCUSED = "bold yellow"
"""The colour of a verdict that a baseline made, which is no green one."""
MOST_FAULTS = 5
"""How many causes the first screen shows: mending one often mends others."""
MOST_FLAPS = 5
"""How many kinds of what differs between runs the first screen shows."""
MOST_ACCEPTED = 3
"""How many rules that are accepted for one reason the first screen names."""
MOST_NAMES = 6
"""How many lenient kinds of requests a verbose screen lists."""
LONGEST = 5000
"""How many characters a text has at most."""
LONGEST_CURL = 400
"""A command of more characters is only in the report."""
WIDTHS = (60, 120)
"""The least and the largest number of columns that lines are wrapped to."""
MARGIN = " " * 4
UNKNOWN = {UNCLEAR, ABSENT}
"""The states of the features of a client of which nothing can be said."""
SEPARATOR = " · "
"""What stands between facts: at the end of a line, and never at its beginning."""
GLUE = "\xa0"
"""A blank at which no line ends."""
_FACTS = re.compile(" (?=· )")
_WORDS = re.compile(r"""--[\w-]+ (?:'[^']*'|"[^"]*"|[^\s-]\S*)|'[^']*'|"[^"]*\"""")
"""An option with its value, and what a shell reads as one word."""
COLOURS = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
}
"""The parameters of SGR (ECMA-48, 8.3.117) by word."""


def lines(
    report: Report, width: int, rest: str = "--report DIR writes all of them", *, verbose: bool = False
) -> Iterator[str]:
    """The result of each dialect, with SGR sequences for the colours; `width` is that of the terminal in
    columns, `rest` says where to find what is left out. `verbose` leaves out nothing and adds the curl
    commands."""
    width = max(WIDTHS[0], min(width, WIDTHS[1]))
    for index, overview in enumerate(overviews(report)):
        if index:
            yield ""
        yield from _dialect(overview, rest, width, verbose)


def answer_line(overview: Overview) -> str:
    """The verdict in one line, with dialect and profile."""
    return safe(f"{overview.name} ({overview.profile}): {overview.headline}")


def _dialect(overview: Overview, rest: str, width: int, verbose: bool) -> Iterator[str]:
    status = overview.verdict.status
    dialect = overview.dialect
    is_judged = status is not Exit.NOT_JUDGED
    first = f"{'only a part was judged: ' if overview.is_part else ''}{overview.headline}"
    is_excused = status is Exit.CONFORMANT and overview.verdict.excuses
    style = EXCUSED if is_excused else VERDICT_COLOURS[status]
    yield from _wrap(first if is_judged else overview.answer, width, style=style)
    head = f"{safe(title(overview.report))} · {dialect.title} {dialect.release} · profile {overview.profile}"
    yield from _wrap(head, width, style="dim")
    if overview.is_blank:
        return
    yield from _states(overview, width)
    yield from _faults(overview, rest, width, verbose)
    yield from _blocks(overview, width, verbose)
    yield from _accepted(overview, width, verbose)
    if overview.next_steps:
        yield ""
        yield _styled("What next", "bold")
        for step in overview.next_steps:
            yield from _step(step, width)


def _states(overview: Overview, width: int) -> Iterator[str]:
    """The features by state, with the reason where there is one; then the clients."""
    states = [(state, rows) for state, rows in overview.states if state != UNSEEN or not overview.is_part]
    if states:
        yield ""
    for state, rows in states:
        remarks = [overview.remark(row) for row in rows]
        names = [
            row.name + (f" ({remark})" if remark else "") for row, remark in zip(rows, remarks, strict=True)
        ]
        remark = " (accepted, without visible effect)" if state == IGNORED else ""
        yield from _labelled(state, ", ".join(names) + remark, width, STATE_COLOURS[state])
    blind = [answer for answer in overview.answers if not {row.state for row in answer.features} - UNKNOWN]
    for text in in_words(answer for answer in overview.answers if answer not in blind):
        yield from _labelled("clients", text, width, "dim")
    if blind and not overview.is_part:  # a part cannot show it
        clients = ", ".join(answer.client.short for answer in blind)
        yield from _labelled("unclear", f"{clients}: nothing was seen of what they use", width, "dim")


def _faults(overview: Overview, rest: str, width: int, verbose: bool) -> Iterator[str]:
    rows = [fault for fault in overview.faults if not fault.accepted]
    if not rows:
        return
    yield ""
    yield _styled("Fix first", "bold")
    most = len(rows) if verbose else MOST_FAULTS
    for fault in rows[:most]:
        yield from _fault(overview, fault, width, verbose)
    if len(rows) > most:
        yield from _wrap(f"... {len(rows) - most} more: {rest}", width, MARGIN, MARGIN)


def _fault(overview: Overview, fault: Fault, width: int, verbose: bool) -> Iterator[str]:
    style = "bold red" if fault.fails else "bold yellow"
    yield from _wrap(f"{fault.number:>2}  {fault.title}", width, "", MARGIN, style)
    facts = [f"{fault.harm}{': ' + fault.clients if fault.breaks else ''}", overview.extent(fault)]
    if not fault.fails:
        facts.append("warning")
    yield from _wrap(SEPARATOR.join(facts), width, MARGIN, MARGIN)
    is_recorded = "files" in overview.report.metadata
    spot = f"{safe(fault.cause.first.exchange, 100)}: " if is_recorded else ""
    yield from _wrap(spot + evidence_of(fault.cause), width, MARGIN, MARGIN)
    tail = filter(None, (f"rule {fault.cause.record.rule}", aftermath_of(fault.cause)))
    yield from _wrap(SEPARATOR.join(tail), width, MARGIN, MARGIN, "dim")
    if verbose:
        yield from _wrap(
            f"rules: {', '.join((*fault.cause.rules, *fault.cause.further_rules))}", width, MARGIN, MARGIN
        )
        ids = (place.exchange for place in fault.cause.places)
        curls = (overview.report.curls[name] for name in ids if name in overview.report.curls)
        curl = next((curl for curl in curls if len(curl) <= LONGEST_CURL), None)
        if curl:
            yield _styled(MARGIN + safe(curl, LONGEST_CURL), "dim")


def _blocks(overview: Overview, width: int, verbose: bool) -> Iterator[str]:
    """What is folded: lenience, habits, notes, and what the run did not show."""
    rows: list[tuple[str, str]] = []
    for fault in overview.lenient:
        pronoun = "it" if len(fault.cause.rules) == 1 else "them"
        hint = "" if overview.profile == "strict" else f" (--profile strict fails {pronoun})"
        label = "too lenient" if fault.cause.family.name == "leniency" else "differs"
        names = f": {', '.join(fault.cause.rules[:MOST_NAMES])}, ..." if verbose else ""
        rows.append((label, f"{fault.title}{hint}{names}"))
    for fault in overview.habits:
        rows.append(("habits", f"{plural(len(fault.cause.rules), 'habit')} of the vendor differ"))
    if overview.notes:
        rows.append(("noted", f"{plural(len(overview.notes), 'cause')} of little weight in this profile"))
    blind = len({record.rule for record in overview.unseen_records})
    if blind:
        rows.append(("unjudged", f"{plural(blind, 'rule')} saw nothing to judge"))
    if rows:
        yield ""
    for label, text in rows:
        yield from _labelled(label, text, width, "dim")
    yield from _flaps(overview, width, verbose)


def _flaps(overview: Overview, width: int, verbose: bool) -> Iterator[str]:
    """The verdicts that differ between the runs: what was seen in some runs only, and an example of each."""
    flaps = flapping(overview.records)
    if verbose:
        for flap in flaps:
            text = f"{flap.rule} in {safe(flap.scenario)}: {safe(flap.note)}"
            yield from _labelled("flaps", text, width, "yellow")
        return
    groups = by_symptom(flaps)
    for symptom, members in groups[:MOST_FLAPS]:
        first, rest = members[0], len(members) - 1
        what = safe(symptom, 100) or "some runs only could see it"
        more = f", and in {plural(rest, 'more verdict')}" if rest else ""
        yield from _labelled(
            "flaps", f"{what}: {first.rule} in {safe(first.scenario)}{more}", width, "yellow"
        )
    others = sum(len(members) for _, members in groups[MOST_FLAPS:])
    if others:
        yield from _labelled("flaps", f"{plural(others, 'more verdict')} (--verbose)", width, "yellow")


def _accepted(overview: Overview, width: int, verbose: bool) -> Iterator[str]:
    """The rules that the baseline excuses, those of one reason together, and its stale entries."""
    by_reason: dict[str, Counter[str]] = {}
    for record, reason in overview.verdict.excuses:
        by_reason.setdefault(reason, Counter())[record.rule] += 1
    for reason, rules in by_reason.items():
        names = [f"{rule} ({count} times)" if count > 1 else rule for rule, count in rules.items()]
        is_long = len(names) > MOST_ACCEPTED and not verbose
        text = f"{plural(len(names), 'rule')} (--verbose lists them)" if is_long else ", ".join(names)
        yield from _labelled("accepted", f"{text}: {safe(reason)}", width, "dim")
    for entry in overview.verdict.stale:
        text = f"{safe(str(entry))} no longer fails: remove it from the baseline"
        yield from _labelled("stale", text, width, "red")


def table(rows: Iterable[Line], names: tuple[str, ...]) -> Iterator[str]:
    """A table with a column for each model, as lines."""
    cells = [("", *map(safe, names)), *((safe(head), *map(safe, texts)) for head, texts in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _step(step: str, width: int) -> Iterator[str]:
    """A step; a command that needs several lines can be copied whole."""
    is_command = " antiphon " in step
    parts = list(_wrap(step, width - 2, "  ", "    ", glue=_WORDS if is_command else _FACTS))
    for index, line in enumerate(parts):
        yield f"{line} \\" if is_command and index < len(parts) - 1 else line


def _labelled(label: str, text: str, width: int, style: str) -> Iterator[str]:
    """A label in a column of its own, and a text that is wrapped beside it."""
    head, indent = f"  {label:<12}", " " * 14
    for index, line in enumerate(
        textwrap.wrap(safe(text, LONGEST), width - 14, break_long_words=False, break_on_hyphens=False)
    ):
        yield _styled(head if not index else indent, style) + line


def _wrap(
    text: str,
    width: int,
    first: str = "",
    later: str = "",
    style: str = "",
    glue: re.Pattern[str] = _FACTS,
) -> Iterator[str]:
    wrapped = textwrap.wrap(
        glue.sub(lambda match: match.group().replace(" ", GLUE), safe(text, LONGEST)),
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from (_styled(line.replace(GLUE, " "), style) for line in wrapped)


def _styled(text: str, style: str) -> str:
    """A text in colours; `style` is one or more words of COLOURS."""
    codes = ";".join(COLOURS[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text
