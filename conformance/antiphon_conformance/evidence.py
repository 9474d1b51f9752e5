"""What a run saw, wherever it comes from: a target just now, or the transcript of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from antiphon_conformance import judge
from antiphon_conformance.exchange import Episode, Exchange, Reply
from antiphon_conformance.outcome import Record
from antiphon_conformance.text import safe
from antiphon_spec.dialect import Dialect

GENERATED = "generated"
"""The scenario of the generated requests."""
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Examination:
    """What a run saw: the episodes, and the facts that a report tells about it."""

    episodes: tuple[Episode, ...] = field(repr=False)
    facts: Mapping[str, Any]

    @property
    def why_not(self) -> str:
        """Why the target could not be judged; empty when it could."""
        if self.facts.get("refused"):
            return str(self.facts.get("over") or "the target rejected our credentials")
        if self._replies and self.facts.get("dead"):
            return str(self.facts["over"])
        if self._replies:
            busy = all(reply.status == TOO_MANY for reply in self._replies)
            return f"the target answered every request with {TOO_MANY}: it is too busy" if busy else ""
        failure = next((exchange.failure for exchange in self._exchanges if exchange.failure), None)
        if failure:
            return f"the target never answered: {failure}"
        stopped = next((episode.stop_reason for episode in self.episodes if episode.stop_reason), None)
        return f"no answer came: {stopped}" if stopped else "nothing was asked"

    @property
    def hint(self) -> str:
        """What is worth a look first when no answer was ever what it should be; mostly empty."""
        if self.why_not or any(_is_response(reply) for reply in self._replies):
            return ""
        first = self._replies[0]
        kind = safe(first.headers.get("content-type") or "without a content type", 60)
        return (
            f"none of {len(self._replies)} answers was a response; the first was {first.status}, {kind}: "
            "is the URL right? It ends where /responses begins"
        )

    @property
    def _exchanges(self) -> list[Exchange]:
        return [exchange for episode in self.episodes for exchange in episode.exchanges.values()]

    @property
    def _replies(self) -> list[Reply]:
        return [exchange.reply for exchange in self._exchanges if exchange.reply is not None]

    @property
    def unfinished(self) -> str:
        """Why not every scenario took place; empty when all did. Generated requests may be limited."""
        limited = [one for one in self.episodes if one.blame == "limit" and one.scenario != GENERATED]
        told = f"{len(limited)} of {len(self.episodes)} conversations are unfinished"
        return f"{told}: {limited[0].stop_reason}" if limited else ""

    @property
    def partial(self) -> str:
        """Why the run did not do all that there is to do, generated requests included; empty when it did."""
        generated = (one for one in self.episodes if one.scenario == GENERATED and one.blame == "limit")
        return self.why_not or self.unfinished or next((one.stop_reason or "" for one in generated), "")

    def records(self, dialect: Dialect) -> list[Record]:
        """The verdicts of one dialect over this run."""
        return judge.judge(self.episodes, dialect)


def _is_response(reply: Reply) -> bool:
    if reply.stream is not None:
        return bool(reply.stream.events)
    return isinstance(reply.body, Mapping) and reply.body.get("object") == "response"
