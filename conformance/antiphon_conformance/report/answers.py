"""Will this client work against this server? By the rules that the client was seen to need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.report.numbers import BAD, TRIED
from antiphon_spec.clients import Client, load_clients

WORKS, BREAKS, UNCLEAR = "works", "breaks", "unclear"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a report says about one client."""

    client: Client
    needed: int
    """How many rules the client needs."""
    broken: tuple[str, ...]
    """Those of them that the server breaks."""
    unseen: tuple[str, ...]
    """Those that the run did not come to a verdict about."""

    @property
    def title(self) -> str:
        """The client and its version."""
        return f"{self.client.name} {self.client.version}"

    @property
    def state(self) -> str:
        """`breaks`, `works`, or `unclear` where the run saw too little."""
        if self.broken:
            return BREAKS
        return UNCLEAR if self.unseen else WORKS

    @property
    def why(self) -> str:
        """In a few words."""
        if self.broken:
            return f"{len(self.broken)} of the {self.needed} rules that it needs are broken"
        if self.unseen:
            held = self.needed - len(self.unseen)
            return f"{held} of the {self.needed} rules that it needs hold, the others were not seen"
        return f"all {self.needed} rules that it needs hold"


def answers(records: Iterable[Record], dialect: str) -> list[Answer]:
    """The answer for each client that was tried with servers of this dialect."""
    worst: dict[str, Outcome] = {}
    for record in sorted(records, key=lambda one: WORST_FIRST.index(one.outcome), reverse=True):
        if record.outcome in TRIED or record.outcome in BAD:
            worst[record.rule] = record.outcome
    return [_answer(client, worst, dialect) for client in load_clients() if client.rules(dialect)]


def _answer(client: Client, worst: dict[str, Outcome], dialect: str) -> Answer:
    needed = client.rules(dialect)
    broken = tuple(rule for rule in needed if worst.get(rule) in BAD)
    return Answer(client, len(needed), broken, tuple(rule for rule in needed if rule not in worst))
