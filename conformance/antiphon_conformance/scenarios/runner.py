"""Runs scenarios against a target: each once, several at a time, within the limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field, replace

from antiphon_conformance.http.client import RunOverError, Target
from antiphon_conformance.http.exchange import MissingStepError, Trace
from antiphon_conformance.http.text import safe
from antiphon_conformance.requests.minimal import MissingResourceError
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import (
    INTERRUPTED,
    ScenarioStopError,
    TargetRestartError,
    UnsupportedError,
)
from antiphon_conformance.scenarios.scenario import Scenario
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

ABSENT = "no-"
"""`--feature no-background` declares that the target does not offer `background`."""

MOST_TURNS = 3
"""How often a scenario begins again because the target started again in its middle."""
Progress = Callable[[Trace], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, for which dialects, with which model."""

    scenarios: tuple[Scenario, ...]
    dialects: tuple[Dialect, ...]
    model: str | None = None
    """None for the model that each dialect names."""
    concurrency: int = 2
    features: Collection[str] = field(default=())
    """Declared features: `background`, or `no-background`."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """What the target holds, as far as the user names it."""

    @property
    def claims(self) -> frozenset[str]:
        """The features that the user declared as offered."""
        return frozenset(name for name in self.features if not name.startswith(ABSENT))

    @property
    def absent(self) -> frozenset[str]:
        """The features that the user declared as not offered."""
        return frozenset(name.removeprefix(ABSENT) for name in self.features if name.startswith(ABSENT))


async def run(plan: Plan, target: Target, progress: Progress | None = None) -> list[Trace]:
    """The traces of all scenarios, in their order. When the run is cancelled, it returns what it has."""
    conversations = {scenario.name: _conversation(scenario, plan, target) for scenario in plan.scenarios}
    gate = asyncio.Semaphore(plan.concurrency)
    completions: set[str] = set()
    tasks: list[asyncio.Task[None]] = []

    async def perform(scenario: Scenario) -> None:
        async with gate:
            for turn in range(1, MOST_TURNS + 1):
                if await _converse(scenario, conversations[scenario.name], target, plan.absent):
                    break
                if turn < MOST_TURNS:
                    conversations[scenario.name] = _again(
                        conversations[scenario.name], scenario, plan, target
                    )
        completions.add(scenario.name)
        if progress is not None:
            progress(conversations[scenario.name].trace)

    try:
        for batch in _rounds(plan.scenarios):
            earlier = {name: conversations[name].trace for name in completions}
            for scenario in batch:
                conversations[scenario.name].earlier = earlier
            tasks = [asyncio.create_task(perform(scenario)) for scenario in batch]
            await asyncio.gather(*tasks)
    except asyncio.CancelledError:
        await _cancel(tasks)
        _mark_interrupted(conversations[name] for name in conversations if name not in completions)
    outages = target.survival.outages
    suspects = frozenset(name for outage in outages for name in (*outage.suspects, outage.killer))
    return _traces(list(conversations.values()), suspects)


def _rounds(scenarios: Iterable[Scenario]) -> tuple[list[Scenario], ...]:
    """The scenarios that run before all others, the others, those that run after them; then one by one those
    that may stop the target, and those whose requests are heavy."""
    rounds: tuple[list[Scenario], ...] = ([], [], [])
    alone: tuple[list[Scenario], ...] = ([], [])
    for scenario in scenarios:
        if scenario.risky or scenario.heavy:
            alone[scenario.heavy].append(scenario)
        else:
            rounds[0 if scenario.first else 2 if scenario.last else 1].append(scenario)
    return (*rounds, *([scenario] for part in alone for scenario in part))


def _conversation(scenario: Scenario, plan: Plan, target: Target) -> Conversation:
    candidates = (dialect for dialect in plan.dialects if scenario.fits(dialect))
    dialect = max(candidates, key=lambda dialect: len(dialect.features))  # it takes the most optional steps
    model = plan.model or dialect.models[0]
    conversation = Conversation(
        scenario.name, target, dialect, model, scenario.features, plan.claims, plan.absent, plan.resources
    )
    conversation.are_steps_independent = scenario.risky or scenario.heavy
    return conversation


def _again(before: Conversation, scenario: Scenario, plan: Plan, target: Target) -> Conversation:
    """A new beginning of a conversation, with what it knew of others."""
    conversation = _conversation(scenario, plan, target)
    conversation.earlier = before.earlier
    return conversation


async def _converse(
    scenario: Scenario, conversation: Conversation, target: Target, absent: Collection[str]
) -> bool:
    """Runs the scenario; returns False when the target started again in its middle."""
    missing_feature = next((feature for feature in scenario.features if feature in absent), None)
    if missing_feature is not None:
        conversation.missing_feature = missing_feature
        return True
    try:
        await scenario.run(conversation)
    except ScenarioStopError as end:
        conversation.stop_reason, conversation.stop_step = safe(str(end)), end.step
    except (UnsupportedError, MissingStepError) as end:
        conversation.stop_reason = safe(str(end))
    except TargetRestartError:
        conversation.stop_reason, conversation.blame = "the target started again in its middle", "limit"
        return False
    except RunOverError as end:
        conversation.stop_reason = safe(str(end))
        conversation.blame = "target" if target.bad_credentials else "limit"
    except MissingResourceError as lacking:
        conversation.stop_reason, conversation.blame = safe(str(lacking)), "given"
    except asyncio.CancelledError:
        conversation.stop_reason, conversation.blame = INTERRUPTED, "limit"
        raise
    except Exception as error:  # a scenario that raises is our bug; the run goes on
        conversation.stop_reason = safe(f"our scenario broke: {type(error).__name__}: {error}")
        conversation.blame = "suite"
    return True


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def _mark_interrupted(conversations: Iterable[Conversation]) -> None:
    """Marks scenarios that were cut off, and those that had not begun."""
    for conversation in conversations:
        conversation.stop_reason, conversation.blame = INTERRUPTED, "limit"


def _traces(conversations: list[Conversation], suspects: Collection[str]) -> list[Trace]:
    """The traces. A feature that failed in one scenario and worked in another is offered, and must work; one
    that got no answer when the target stopped answering, at one of these exchanges, may be offered."""
    features = frozenset[str]().union(*(conversation.available_features for conversation in conversations))
    return [_trace(conversation.trace, features, suspects) for conversation in conversations]


def _trace(trace: Trace, features: Collection[str], suspects: Collection[str]) -> Trace:
    if trace.missing_feature is None:
        return trace
    silent = (exchange.id for exchange in trace.exchanges.values() if exchange.reply is None)
    if any(name in suspects for name in silent):
        return replace(trace, missing_feature=None, blame="limit")
    return replace(trace, missing_feature=None) if trace.missing_feature in features else trace
