"""A comparison as text for people, in lines of a given width, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from antiphon_conformance.compare.difference import Contrast, DifferenceGroup, Grade
from antiphon_conformance.compare.sides import Side
from antiphon_conformance.http.text import safe

TITLES = {
    Grade.DIFFERENT: "Differences",
    Grade.LEGAL: "Legal differences: both sides are right, and a client may notice",
    Grade.HARMLESS: "Harmless",
}
INDENT = "   "
MOST_EVENTS = 3
"""How many types of events a group names."""


def lines(contrast: Contrast, in_a: Side, in_b: Side, width: int = 80) -> Iterator[str]:
    """The lines of a comparison: the sides, the differences, the legal ones, the harmless ones."""
    for letter, side in (("A", in_a), ("B", in_b)):
        yield safe(f"{letter}  {side.name} ({side.requests} exchanges)", width)
        if side.unfinished:
            yield from _wrap(f"{side.unfinished}.", width)
    yield from _wrap(_floor(contrast), width, "")
    for letter, names in (("A", contrast.only_a), ("B", contrast.only_b)):
        if names:
            yield from _wrap(f"In {letter} only: {', '.join(names)}.", width, "")
    for grade, title in TITLES.items():
        groups = contrast.of(grade)
        if groups:
            yield ""
            yield f"{title} ({len(groups)})"
            for number, group in enumerate(groups, 1):
                yield from () if grade is Grade.HARMLESS else _long(group, number, width)
            yield from _short(groups, width) if grade is Grade.HARMLESS else ()
    yield ""
    yield _sum(contrast)


def _floor(contrast: Contrast) -> str:
    size = f"{contrast.steps} step{'s' if contrast.steps > 1 else ''} in both."
    if contrast.varying is None:
        return f"{size} A was seen once: what varies by chance is among the differences."
    return f"{size} A against itself: {contrast.varying} places vary, and are left out."


def _sum(contrast: Contrast) -> str:
    if not contrast.groups:
        return "No difference."
    counts = [len(contrast.of(grade)) for grade in Grade]
    return f"{counts[0]} differences, {counts[1]} legal, {counts[2]} harmless."


def _long(group: DifferenceGroup, number: int, width: int) -> Iterator[str]:
    example = group.example
    yield safe(f"{number}. {example.place}: {example.aspect}", width)
    yield safe(f"{INDENT}A  {example.in_a}", width)
    yield safe(f"{INDENT}B  {example.in_b}", width)
    yield from _wrap(". ".join(_circumstances(group)) + ".", width)


def _circumstances(group: DifferenceGroup) -> Iterator[str]:
    """Why it is legal, where it was seen, which requirement it touches."""
    example = group.example
    if example.reason:
        yield example.reason[:1].upper() + example.reason[1:]
    if example.follows:
        yield "Perhaps only because the conversations had parted before"
    yield f"{_times(group.count)}{_events(group.events)}, first in {safe(example.step)}"
    if group.requirement:
        yield f"See {group.requirement}"


def _short(groups: Sequence[DifferenceGroup], width: int) -> Iterator[str]:
    """The harmless differences, one line for all places of a member that differ in the same way."""
    rows: dict[tuple[str, str], list[DifferenceGroup]] = {}
    for group in groups:
        member = group.example.place.rpartition(".")[2]
        rows.setdefault((member, group.example.reason), []).append(group)
    for (member, reason), members in rows.items():
        places = f" at {len(members)} places" if len(members) > 1 else ""
        count = _times(sum(group.count for group in members)).lower()
        name = member if len(members) > 1 else members[0].example.place
        yield from _wrap(f"{name}: {members[0].example.aspect}, {count}{places}; {reason}", width)


def _times(count: int) -> str:
    return "Once" if count == 1 else f"{count} times"


def _events(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - MOST_EVENTS} more" if len(names) > MOST_EVENTS else ""
    return f", in {', '.join(map(safe, names[:MOST_EVENTS]))}{more}"


def _wrap(text: str, width: int, indent: str = INDENT) -> Iterator[str]:
    yield from textwrap.wrap(
        safe(text), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def as_json(contrast: Contrast, in_a: Side, in_b: Side) -> dict[str, Any]:
    """The comparison as a JSON object."""
    return {
        "a": {"name": in_a.name, "exchanges": in_a.requests, "unfinished": in_a.unfinished},
        "b": {"name": in_b.name, "exchanges": in_b.requests, "unfinished": in_b.unfinished},
        "steps": contrast.steps,
        "varying": contrast.varying,
        "only_a": list(contrast.only_a),
        "only_b": list(contrast.only_b),
        "differences": [_entry(group) for group in contrast.groups],
    }


def _entry(group: DifferenceGroup) -> dict[str, Any]:
    example = group.example
    return {
        "grade": group.grade,
        "aspect": example.aspect,
        "place": example.place,
        "in_a": example.in_a,
        "in_b": example.in_b,
        "reason": example.reason,
        "operation": example.operation,
        "requirement": group.requirement,
        "count": group.count,
        "first": example.step,
        "follows": example.follows,
        "steps": list(group.steps),
        "events": list(group.events),
    }
