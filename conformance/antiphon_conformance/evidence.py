"""What a run saw, wherever it comes from: a target just now, or the transcript of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from antiphon_conformance import judge
from antiphon_conformance.exchange import Episode
from antiphon_conformance.outcome import Record
from antiphon_spec.dialect import Dialect

GENERATED = "generated"
"""The scenario of the generated requests."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What a run saw: the episodes, and the facts that a report tells about it."""

    episodes: tuple[Episode, ...] = field(repr=False)
    facts: Mapping[str, Any]

    @property
    def why_not(self) -> str:
        """Why the target could not be judged; empty when it could."""
        if self.facts.get("refused"):
            return str(self.facts.get("over") or "the target refused our credentials")
        exchanges = [exchange for episode in self.episodes for exchange in episode.exchanges.values()]
        if any(exchange.reply is not None for exchange in exchanges):
            return ""
        failure = next((exchange.failure for exchange in exchanges if exchange.failure), None)
        return f"the target never answered: {failure}" if failure else "nothing was asked"

    @property
    def unfinished(self) -> str:
        """Why not every scenario took place; empty when all did. Generated requests may be limited."""
        limited = [one for one in self.episodes if one.blame == "limit" and one.scenario != GENERATED]
        told = f"{len(limited)} of {len(self.episodes)} conversations are unfinished"
        return f"{told}: {limited[0].stopped}" if limited else ""

    def records(self, dialect: Dialect) -> list[Record]:
        """The verdicts of one dialect over this run."""
        return judge.judge(self.episodes, dialect)
