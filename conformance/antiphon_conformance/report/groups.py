"""Records by rule: what one rule found, wherever it found it, is one entry that a person reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.text import safe

WORST_FIRST = (
    Outcome.BROKEN,
    Outcome.FAILED,
    Outcome.UNTESTABLE,
    Outcome.WARNED,
    Outcome.INFORMED,
    Outcome.INCONCLUSIVE,
    Outcome.NOT_SUPPORTED,
    Outcome.PASSED,
)
MOST_PLACES = 3
"""How many places of one rule are shown: the others look alike."""


@dataclass(frozen=True, slots=True)
class Group:
    """The records of one rule that came out alike."""

    outcome: Outcome
    rule: str
    requirement: str
    records: tuple[Record, ...]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Where, and what: one place of each exchange first, then its others."""
        told = [
            (finding.exchange or record.scenario, finding.message)
            for record in self.records
            for finding in record.findings
        ]
        if not told:
            return [(record.scenario, record.note) for record in self.records]
        firsts = list(dict(reversed(told)).items())[::-1]
        return firsts + [place for place in told if place not in set(firsts)]

    @property
    def exchanges(self) -> int:
        """In how many exchanges, or scenarios, it came out so."""
        return len({place for place, _ in self.places})

    def lines(self, most: int = MOST_PLACES) -> list[str]:
        """The first places as lines of text, and how many more there are."""
        places = self.places
        shown = [": ".join(filter(None, (safe(place), safe(message)))) for place, message in places[:most]]
        return [*shown, f"and {len(places) - most} more"] if len(places) > most else shown


def grouped(records: Iterable[Record]) -> list[Group]:
    """The records by rule: the worst first, and of those the most frequent."""
    found: dict[tuple[Outcome, str], list[Record]] = {}
    for record in records:
        found.setdefault((record.outcome, record.rule), []).append(record)
    made = [
        Group(outcome, rule, alike[0].requirement, tuple(alike)) for (outcome, rule), alike in found.items()
    ]
    return sorted(made, key=lambda one: (WORST_FIRST.index(one.outcome), -one.exchanges, one.rule))
