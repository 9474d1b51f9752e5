"""Whether a client works against a server, judged by the rules that the client needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.report.numbers import BAD, TRIED
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.clients import Client, load_clients

WORKS, BREAKS, UNCLEAR = "works", "breaks", "unclear"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one client."""

    client: Client
    rule_count: int
    """How many rules the client needs."""
    breaches: tuple[str, ...]
    """The needed rules that the server breaks."""
    gaps: tuple[str, ...]
    """The needed rules about which the run reached no verdict."""

    @property
    def title(self) -> str:
        """The client and its version."""
        return f"{self.client.name} {self.client.version}"

    @property
    def state(self) -> str:
        """`breaks`, `works`, or `unclear` when the run saw too little."""
        if self.breaches:
            return BREAKS
        return UNCLEAR if self.gaps else WORKS

    @property
    def why(self) -> str:
        """The reason for the state, in a few words."""
        if self.breaches:
            return f"the server breaks {len(self.breaches)} of the {self.rule_count} rules that it needs"
        if self.gaps:
            count = self.rule_count - len(self.gaps)
            return f"{count} of the {self.rule_count} rules that it needs hold, the others were not tested"
        return f"all {self.rule_count} rules that it needs hold"


def answers(records: Iterable[Record], dialect: str) -> list[Answer]:
    """The answer for each client that was tested with servers of this dialect."""
    worst: dict[str, Outcome] = {}
    for record in sorted(records, key=lambda record: WORST_FIRST.index(record.outcome), reverse=True):
        if record.outcome in TRIED or record.outcome in BAD:
            worst[record.rule] = record.outcome
    return [_answer(client, worst, dialect) for client in load_clients() if client.rules(dialect)]


def _answer(client: Client, worst: dict[str, Outcome], dialect: str) -> Answer:
    rules = client.rules(dialect)
    breaches = tuple(rule for rule in rules if worst.get(rule) in BAD)
    return Answer(client, len(rules), breaches, tuple(rule for rule in rules if rule not in worst))
