"""A comparison of several runs as Markdown, for a page of documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from antiphon_conformance.report.compare import Cell, Comparison, compare
from antiphon_conformance.report.markdown_text import escape
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.titles import plural

SIGNS = {
    "passed": "✓", "failed": "✗", "broken": "✗", "untestable": "⊘", "warned": "!", "noted": "i", "works": "✓",
    "works but": "!", "breaks": "✗", "breaks in part": "!", "without effect": "✗",
    "ignored": "✗", "not offered": "–", "not seen": "?", "unclear": "?",
}  # fmt: skip
MOST_RULES = 6
"""How many rules a list of changes names."""


def render(reports: Iterable[Report]) -> str:
    """What works, the numbers, the changes, and the requirements that some run breaks."""
    return "\n".join(line for comparison in compare(reports) for line in _lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    names = [f"{escape(column.vendor)}<br>{column.date}" for column in comparison.columns]
    yield f"## {comparison.dialect.title} {comparison.dialect.release}".rstrip()
    yield from ("", "### What works", "")
    lines = [("", [column.origin for column in comparison.columns])]
    lines += [
        (title + (" (optional)" if optional else ""), [_cell(cell) for cell in cells])
        for title, optional, cells in comparison.states
    ]
    lines += [
        (f"client {escape(title)}", [_cell(cell) for cell in cells]) for title, cells in comparison.clients
    ]
    yield from _table("feature", names, lines)
    if comparison.silence:
        yield from ("", escape(comparison.silence))
    yield from ("", "### Numbers", "", *_table("", names, _numbers(comparison)))
    for change in comparison.changes:
        yield from ("", f"### {escape(change.vendor)}: from {change.before} to {change.after}", "")
        for name, rules in change.kinds:
            yield f"- {name} ({len(rules)}): {_list(rules)}"
        if not change.kinds:
            yield "Nothing changed."
    loud = comparison.breaches
    if not loud:
        yield ""
        return
    count = plural(len(loud), "requirement")
    yield from ("", f"<details><summary>The {count} that some of them break</summary>", "")
    yield from _table(
        "requirement",
        names,
        ((f"{row.requirement.id}: {escape(row.requirement.text)}", map(_state, row.states)) for row in loud),
    )
    yield from ("", "</details>", "")


def _list(rules: Sequence[str]) -> str:
    first = ", ".join(f"`{rule}`" for rule in rules[:MOST_RULES])
    return first if len(rules) <= MOST_RULES else f"{first} and {len(rules) - MOST_RULES} more"


def _cell(cell: Cell) -> str:
    return "<br>".join(filter(None, (_state(cell.state), escape(cell.why), cell.who, cell.sample)))


def _numbers(comparison: Comparison) -> Iterator[tuple[str, list[str]]]:
    yield "verdict", [column.verdict.title for column in comparison.columns]
    yield "profile", [column.profile for column in comparison.columns]
    yield "coverage", [str(column.numbers.coverage) for column in comparison.columns]
    yield "conformance, demands", [str(column.numbers.demands) for column in comparison.columns]
    yield "conformance, advice", [str(column.numbers.advice) for column in comparison.columns]
    yield "capability", [str(column.numbers.capability) for column in comparison.columns]
    paces = [column.report.metadata.get("pace") or {} for column in comparison.columns]
    for name, head in (
        ("first_byte", "first byte, s"),
        ("first_delta", "first delta, s"),
        ("tokens_per_second", "tokens a second"),
        ("longest_pause", "longest pause, s"),
    ):
        if any(name in pace for pace in paces):
            yield f"median: {head}", [f"{pace[name]:g}" if name in pace else "" for pace in paces]


def _table(corner: str, names: Iterable[str], lines: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    heads = list(names)
    yield f"| {corner} | " + " | ".join(heads) + " |"
    yield "|---|" + "---|" * len(heads)
    for head, cells in lines:
        yield f"| {head} | " + " | ".join(cells) + " |"


def _state(state: str) -> str:
    return f"{SIGNS[state]} {state}" if state in SIGNS else state.replace("untested", "")
