"""The result of a run: what a target did, and the verdict on it in each dialect.

`Run` holds the traces of one run, from a live target or from the transcript of an earlier one. `judge` turns
runs into a `RunResult`, which holds the records and the verdicts that the reports read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Any

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Reply, Trace
from antiphon_conformance.http.text import safe
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.scenarios.scenario import GENERATED
from antiphon_conformance.verdict.baseline import Baseline
from antiphon_conformance.verdict.flakiness import steady
from antiphon_conformance.verdict.frozen import weigh_claim
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.verdict import Exit, Verdict, verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.frozen import Frozen
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.profile import Profile

TOO_BUSY = (429, 503)


class PartialRunError(ValueError):
    """A baseline cannot be written, because the run did not show everything; the message says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the traces of its scenarios, and its metadata for the report."""

    traces: tuple[Trace, ...] = field(repr=False)
    metadata: Mapping[str, Any]
    """The first line of the transcript holds them: `target`, `dialects`, `model`, `requests`, ..."""

    @property
    def why_not(self) -> str:
        """Why the target could not be judged; empty when it could."""
        if self.metadata.get("refused"):
            return str(self.metadata.get("over") or "the target rejected our credentials")
        if self.metadata.get("no_api"):
            return str(self.metadata["no_api"])
        if self._replies:
            statuses = {reply.status for reply in self._replies}
            is_busy = statuses <= set(TOO_BUSY)
            words = " or ".join(str(status) for status in sorted(statuses))
            return f"the target answered every request with {words}: it is too busy" if is_busy else ""
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
    def selective(self) -> bool:
        """Whether the run is about some rules or conversations only."""
        return bool(self.metadata.get("rules") or self.metadata.get("scenarios"))

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


@dataclass(frozen=True, slots=True)
class RunResult:
    """What the rules found in a run, in several runs of one target, or in recordings."""

    metadata: Mapping[str, Any]
    records: tuple[Record, ...] = field(repr=False)
    """One record for each dialect, rule and scenario."""
    verdicts: Mapping[str, Verdict] = field(repr=False)
    """The verdict of each dialect, in the order in which the dialects were named."""
    traces: tuple[Trace, ...] = field(repr=False)
    """The traffic behind the records: the traces of the first run, or one trace for each exchange."""
    runs: tuple[Run, ...] = field(default=(), repr=False)
    """The runs; none when recordings were judged."""

    @property
    def status(self) -> Exit:
        """The worst verdict of all dialects; its value is the exit status of the command line."""
        return max((verdict.status for verdict in self.verdicts.values()), default=Exit.NOT_JUDGED)

    @property
    def conformant(self) -> bool:
        """Whether the target conforms in every dialect."""
        return self.status is Exit.CONFORMANT

    @property
    def failed(self) -> tuple[Record, ...]:
        """The failures that count against the target: those that no baseline excuses.

        Rules that found faults come before those that could not look.
        """
        failures = (record for verdict in self.verdicts.values() for record in verdict.failures)
        return tuple(sorted(failures, key=lambda record: not record.findings))

    @property
    def exchanges(self) -> dict[str, Exchange]:
        """The exchanges that the findings name, by id."""
        return {exchange.id: exchange for trace in self.traces for exchange in trace.exchanges.values()}

    def __str__(self) -> str:
        """The verdict of each dialect and its profile on one line, and below it a line for each failure."""
        profiles = {name: profile["name"] for name, profile in self.metadata["profiles"].items()}
        parts = (_lines(f"{name} ({profiles[name]})", part) for name, part in self.verdicts.items())
        return "\n".join(line for lines in parts for line in lines)


def judge(runs: Iterable[Run], gate: Gate | None = None) -> RunResult:
    """The result of one run, or of several runs of one target, in each of its dialects.

    A verdict that differs between the runs is inconclusive. Raises ValueError without a run.
    """
    gate, runs = gate or Gate(), tuple(runs)
    if not runs:
        raise ValueError("judge: expected at least one run, got none")
    first = runs[0]
    records: list[Record] = []
    verdicts: dict[str, Verdict] = {}
    profiles: dict[str, Profile] = {}
    why = next((run.why_not for run in runs if run.why_not), "")
    gap = next((run.unfinished for run in runs if run.unfinished), "")
    for name in first.metadata["dialects"]:
        profiles[name] = gate.profile_for(name)
        part = judge_runs(runs, dialects.load(name), profiles[name], gate.claim(name))
        unseen = _unseen(part) if first.selective else ""
        verdicts[name] = verdict(
            part, baseline=gate.baseline, why=why or unseen, unfinished=gap, selective=first.selective
        )
        records += part
    metadata = {
        **first.metadata,
        "profiles": {name: profile.as_json() for name, profile in profiles.items()},
        "unfinished": gap,
        "runs": len(runs),
        "requirements": [claim.name for claim in gate.frozen],
        "vendor": gate.vendor,
        "note": gate.note,
    }
    return RunResult(metadata, tuple(records), verdicts, first.traces, runs)


def judge_runs(
    runs: Sequence[Run], dialect: Dialect, profile: Profile, claim: Frozen | None = None
) -> list[Record]:
    """The records of one dialect over one run or several, by the frozen set `claim` when there is one."""
    rules = rules_for(dialect, profile if claim is None else None)
    chosen = runs[0].metadata.get("rules") or rules
    rules = {name: rule for name, rule in rules.items() if name in chosen}
    by_run = [_of_conversations(run, engine.judge(run.traces, dialect, rules, profile)) for run in runs]
    records = by_run[0] if len(by_run) == 1 else steady(by_run)
    return records if claim is None else weigh_claim(records, claim)


def _unseen(records: Sequence[Record]) -> str:
    """Why a run about some rules or conversations judged nothing; empty when it judged something."""
    if any(record.outcome not in (Outcome.INCONCLUSIVE, Outcome.UNTESTABLE) for record in records):
        return ""
    note = next((record.note for record in records if record.note), "no rule applies")
    return f"nothing was seen to judge: {note}"


def _of_conversations(run: Run, records: list[Record]) -> list[Record]:
    """The records of a run; of one that is about some conversations only, those of them and of no other."""
    if not run.metadata.get("scenarios"):
        return records
    names = {trace.scenario for trace in run.traces if trace.scenario != GENERATED or trace.exchanges}
    return [record for record in records if record.scenario in names]


def with_new_baseline(gate: Gate, result: RunResult) -> Gate:
    """The gate with a baseline that lists what fails now. Raises PartialRunError when a run was partial."""
    reason = next((run.partial for run in result.runs if run.partial), "")
    if reason:
        raise PartialRunError(f"the baseline is not updated, because the run is partial: {reason}")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    baseline = (gate.baseline or Baseline()).updated(result.records, result.failed, today)
    return replace(gate, baseline=baseline)


def _is_response(reply: Reply) -> bool:
    if reply.stream is not None:
        return bool(reply.stream.events)
    return isinstance(reply.body, Mapping) and reply.body.get("object") == "response"


def _lines(title: str, part: Verdict) -> list[str]:
    counts = ", ".join(f"{part.counts[outcome]} {outcome}" for outcome in Outcome if part.counts.get(outcome))
    why = f" ({safe(part.remark)})" if part.remark else ""
    lines = [f"{title}: {part.title}{why}: {counts or 'no rule applies'}"]
    for record in part.failures:
        places = [safe(f"{finding.exchange}: {finding.message}") for finding in record.findings]
        lines += [f"  {record.rule}: {text}" for text in places or [safe(record.note)]]
    return lines
