"""Findings by root cause: what one fault of a server makes many rules say is told once, with a count.

Findings of one rule are alike when their places and what was there look alike, whatever the indices and ids.
Findings of several rules are alike when they point at the same place of the same exchanges: the strictest and
most frequent one tells, the others are named beside it. Rules that something earlier kept from being tried
have that in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.rule import Finding

LOUD = (Outcome.BROKEN, Outcome.FAILED, Outcome.UNTESTABLE, Outcome.WARNED, Outcome.INFORMED)
_INDEX = re.compile(r"\[\d+\]|/\d+(?=/|$)")
_VARYING = re.compile(r'"(?:[^"\\]|\\.)*"?|\d+')
STATUS = "reply.status"
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a root cause shows."""

    record: Record
    finding: Finding | None = None
    """None when a rule could say nothing, and the record's note says why."""

    @property
    def exchange(self) -> str:
        """The id of the exchange, or the scenario."""
        return (self.finding.exchange if self.finding else "") or self.record.scenario

    @property
    def spot(self) -> tuple[str, str]:
        """Where it is, however often it repeats there."""
        return self.exchange, _shape(self.finding.where) if self.finding else ""


@dataclass(frozen=True, slots=True)
class Cause:
    """One root cause: what its first place says, how often it shows, and the rules that it breaks."""

    outcome: Outcome
    places: tuple[Place, ...]
    rules: tuple[str, ...]
    """The rule that tells it, then the others that it breaks."""

    @property
    def first(self) -> Place:
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
        """In how many exchanges, or conversations, it shows."""
        return len({place.exchange for place in self.places})


def causes(records: Iterable[Record]) -> list[Cause]:
    """The root causes of what was found: the worst first, and of those the most frequent."""
    found: dict[tuple[str, ...], list[Place]] = {}
    for record in records:
        for place in _places(record):
            found.setdefault(_kind(place), []).append(place)
    alone = [
        Cause(
            places[0].record.outcome, tuple(places), tuple(dict.fromkeys(one.record.rule for one in places))
        )
        for places in found.values()
    ]
    return _merged(sorted(alone, key=_rank))


def _rank(cause: Cause) -> tuple[int, int, str]:
    return WORST_FIRST.index(cause.outcome), -len(cause.places), cause.rules[0]


def _places(record: Record) -> Iterator[Place]:
    if record.outcome not in LOUD:
        return
    if not record.findings:
        yield Place(record)
    for finding in record.findings:
        yield Place(record, finding)


def _kind(place: Place) -> tuple[str, ...]:
    """What the places of one root cause have in common."""
    record, finding = place.record, place.finding
    if finding is None:
        return record.dialect, record.outcome, record.note
    got = finding.got if finding.where.endswith(STATUS) else _VARYING.sub("~", finding.got)
    return record.dialect, record.outcome, record.rule, _shape(finding.where), got


def _shape(where: str) -> str:
    return _INDEX.sub("[]", where)


def _merged(ranked: list[Cause]) -> list[Cause]:
    """Causes of which every place is one of a cause before them become a part of it."""
    kept: list[Cause] = []
    owners: dict[tuple[str, str, str], int] = {}
    for cause in ranked:
        owner = _owner(cause, kept, owners)
        if owner is None:
            owner = len(kept)
            kept.append(cause)
            for place in cause.places:
                owners.setdefault((place.record.dialect, *place.spot), owner)
        else:
            whole = kept[owner]
            rules = tuple(dict.fromkeys((*whole.rules, *cause.rules)))
            kept[owner] = Cause(whole.outcome, whole.places, rules)
    return kept


def _owner(cause: Cause, kept: list[Cause], owners: dict[tuple[str, str, str], int]) -> int | None:
    found: set[int | None] = set()
    for place in cause.places:
        if place.finding is None:
            return None
        found.add(_owner_of(place, kept, owners))
    return found.pop() if len(found) == 1 else None


def _owner_of(place: Place, kept: list[Cause], owners: dict[tuple[str, str, str], int]) -> int | None:
    """The cause at this very place, or at an object around it that is not there at all."""
    exchange, where = place.spot
    dialect = place.record.dialect
    same = owners.get((dialect, exchange, where))
    if same is not None:
        return same
    outer = where
    while "/" in outer:
        outer = outer.rpartition("/")[0]
        around = owners.get((dialect, exchange, outer))
        told = kept[around].finding if around is not None else None
        if told is not None and told.got == ABSENT:
            return around
    return None
