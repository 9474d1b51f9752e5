"""The result of a run, from a live target or from the transcript of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Reply, Trace
from antiphon_conformance.http.text import safe
from antiphon_conformance.verdict.outcome import Record
from antiphon_spec.dialect import Dialect

GENERATED = "generated"
"""The scenario of the generated requests."""
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Examination:
    """The result of a run: its episodes, and the facts about it for the report."""

    traces: tuple[Trace, ...] = field(repr=False)
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
        reason = next((trace.stop_reason for trace in self.traces if trace.stop_reason), None)
        return f"no answer came: {reason}" if reason else "no request was sent"

    @property
    def hint(self) -> str:
        """What to check first when no answer was a response; empty otherwise."""
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
        return [exchange for trace in self.traces for exchange in trace.exchanges.values()]

    @property
    def _replies(self) -> list[Reply]:
        return [exchange.reply for exchange in self._exchanges if exchange.reply is not None]

    @property
    def unfinished(self) -> str:
        """Why not every scenario ran to its end; empty when all did. Generated requests do not count."""
        partial = [trace for trace in self.traces if trace.blame == "limit" and trace.scenario != GENERATED]
        count = f"{len(partial)} of {len(self.traces)} conversations are unfinished"
        return f"{count}: {partial[0].stop_reason}" if partial else ""

    @property
    def partial(self) -> str:
        """Why the run is not complete, generated requests included; empty when it is complete."""
        cut = (trace for trace in self.traces if trace.scenario == GENERATED and trace.blame == "limit")
        return self.why_not or self.unfinished or next((trace.stop_reason or "" for trace in cut), "")

    def records(self, dialect: Dialect) -> list[Record]:
        """The records of this run in one dialect."""
        return engine.judge(self.traces, dialect)


def _is_response(reply: Reply) -> bool:
    if reply.stream is not None:
        return bool(reply.stream.events)
    return isinstance(reply.body, Mapping) and reply.body.get("object") == "response"
