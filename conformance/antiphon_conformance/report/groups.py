"""Records by rule: all findings of one rule are one entry for people to read."""

from __future__ import annotations

from collections.abc import Iterable

from antiphon_conformance.http.text import safe
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.loading.construction import dataclass

WORST_FIRST = (
    Outcome.BROKEN,
    Outcome.FAILED,
    Outcome.UNTESTABLE,
    Outcome.UNJUDGED,
    Outcome.WARNED,
    Outcome.NOTED,
    Outcome.INCONCLUSIVE,
    Outcome.NOT_SUPPORTED,
    Outcome.PASSED,
)
TRIED = frozenset({Outcome.PASSED, Outcome.FAILED, Outcome.WARNED, Outcome.NOTED})
"""The outcomes of rules that reached a verdict."""
BAD = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.UNTESTABLE, Outcome.BROKEN})
MOST_PLACES = 3
"""How many places of one rule are shown; further places look alike."""


@dataclass(frozen=True, slots=True)
class Group:
    """The records of one rule with one outcome."""

    outcome: Outcome
    rule: str
    requirement: str
    records: tuple[Record, ...]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Exchange and message of each finding: one finding of each exchange first, then the rest."""
        places = [
            (finding.exchange or record.scenario, finding.message)
            for record in self.records
            for finding in record.findings
        ]
        if not places:
            return [(record.scenario, record.note) for record in self.records]
        firsts = list(dict(reversed(places)).items())[::-1]
        return firsts + [place for place in places if place not in set(firsts)]

    @property
    def exchanges(self) -> int:
        """The number of exchanges, or scenarios, with this outcome."""
        return len({place for place, _ in self.places})

    def lines(self, most: int = MOST_PLACES) -> list[str]:
        """The first places as lines of text, and the number of further places."""
        places = self.places
        texts = [": ".join(filter(None, (safe(place), safe(message)))) for place, message in places[:most]]
        return [*texts, f"and {len(places) - most} more"] if len(places) > most else texts


def group_by_rule(records: Iterable[Record]) -> list[Group]:
    """The records by rule: the worst outcome first, and within an outcome the most frequent first."""
    by_rule: dict[tuple[Outcome, str], list[Record]] = {}
    for record in records:
        by_rule.setdefault((record.outcome, record.rule), []).append(record)
    groups = [
        Group(outcome, rule, members[0].requirement, tuple(members))
        for (outcome, rule), members in by_rule.items()
    ]
    return sorted(groups, key=lambda group: (WORST_FIRST.index(group.outcome), -group.exchanges, group.rule))
