"""Findings by root cause: one fault of a server is one entry with a count, however many rules it breaks.

Findings of one rule share a cause when their places and values look alike; indices and ids do not matter.
Findings of several rules share a cause when they point at the same place of the same exchanges: the entry
shows the strictest and most frequent rule and names the others. Rules that could not be tested because of
the same earlier failure share that failure as their cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.verdict.outcome import Outcome, Record

LOUD = (Outcome.BROKEN, Outcome.FAILED, Outcome.UNTESTABLE, Outcome.WARNED, Outcome.NOTED)
_INDEX = re.compile(r"\[\d+\]|/\d+(?=/|$)")
_VARYING = re.compile(r'"(?:[^"\\]|\\.)*"?|\d+')
STATUS = "reply.status"
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a root cause shows."""

    record: Record
    finding: Finding | None = None
    """None when the rule reached no verdict; the record's note says why."""

    @property
    def exchange(self) -> str:
        """The id of the exchange, or the scenario."""
        return (self.finding.exchange if self.finding else "") or self.record.scenario

    @property
    def spot(self) -> tuple[str, str]:
        """The exchange and the place in it, without indices."""
        return self.exchange, _shape(self.finding.where) if self.finding else ""


@dataclass(frozen=True, slots=True)
class Cause:
    """One root cause: the places where it shows and the rules that it breaks."""

    outcome: Outcome
    places: tuple[Occurrence, ...]
    rules: tuple[str, ...]
    """The rule that is shown, then the other rules that it breaks."""

    @property
    def first(self) -> Occurrence:
        """The place that is shown."""
        return self.places[0]

    @property
    def record(self) -> Record:
        """The record that is shown."""
        return self.first.record

    @property
    def finding(self) -> Finding | None:
        """The finding that is shown."""
        return self.first.finding

    @property
    def exchanges(self) -> int:
        """The number of exchanges, or conversations, in which it shows."""
        return len({place.exchange for place in self.places})


def causes(records: Iterable[Record]) -> list[Cause]:
    """The root causes of these records: the worst first, and within an outcome the most frequent first."""
    groups: dict[tuple[str, ...], list[Occurrence]] = {}
    for record in records:
        for place in _places(record):
            groups.setdefault(_kind(place), []).append(place)
    separate = [
        Cause(
            places[0].record.outcome,
            tuple(places),
            tuple(dict.fromkeys(place.record.rule for place in places)),
        )
        for places in groups.values()
    ]
    return _merge(sorted(separate, key=_rank))


def _rank(cause: Cause) -> tuple[int, int, str]:
    return WORST_FIRST.index(cause.outcome), -len(cause.places), cause.rules[0]


def _places(record: Record) -> Iterator[Occurrence]:
    if record.outcome not in LOUD:
        return
    if not record.findings:
        yield Occurrence(record)
    for finding in record.findings:
        yield Occurrence(record, finding)


def _kind(place: Occurrence) -> tuple[str, ...]:
    """The key that all places of one root cause share."""
    record, finding = place.record, place.finding
    if finding is None:
        return record.dialect, record.outcome, record.note
    actual = finding.actual if finding.where.endswith(STATUS) else _VARYING.sub("~", finding.actual)
    return record.dialect, record.outcome, record.rule, _shape(finding.where), actual


def _shape(where: str) -> str:
    return _INDEX.sub("[]", where)


def _merge(ranking: list[Cause]) -> list[Cause]:
    """Adds a cause to an earlier one when the earlier one covers all of its places."""
    merger: list[Cause] = []
    owners: dict[tuple[str, str, str], int] = {}
    for cause in ranking:
        owner = _owner(cause, merger, owners)
        if owner is None:
            owner = len(merger)
            merger.append(cause)
            for place in cause.places:
                owners.setdefault((place.record.dialect, *place.spot), owner)
        else:
            whole = merger[owner]
            rules = tuple(dict.fromkeys((*whole.rules, *cause.rules)))
            merger[owner] = Cause(whole.outcome, whole.places, rules)
    return merger


def _owner(cause: Cause, causes: list[Cause], owners: dict[tuple[str, str, str], int]) -> int | None:
    candidates: set[int | None] = set()
    for place in cause.places:
        if place.finding is None:
            return None
        candidates.add(_owner_of(place, causes, owners))
    return candidates.pop() if len(candidates) == 1 else None


def _owner_of(place: Occurrence, causes: list[Cause], owners: dict[tuple[str, str, str], int]) -> int | None:
    """The index of the cause at this place, or at an enclosing object that is absent."""
    exchange, where = place.spot
    dialect = place.record.dialect
    owner = owners.get((dialect, exchange, where))
    if owner is not None:
        return owner
    outer = where
    while "/" in outer:
        outer = outer.rpartition("/")[0]
        owner = owners.get((dialect, exchange, outer))
        finding = causes[owner].finding if owner is not None else None
        if finding is not None and finding.actual == ABSENT:
            return owner
    return None
