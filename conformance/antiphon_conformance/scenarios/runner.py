"""Runs scenarios against a target: each once, several at a time, within the limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from antiphon_conformance.http.client import Exhausted, Target
from antiphon_conformance.http.exchange import Episode, StepMissing
from antiphon_conformance.http.text import safe
from antiphon_conformance.requests.minimal import NothingGiven
from antiphon_conformance.scenarios.conversation import Stop, Talk, Unsupported
from antiphon_conformance.scenarios.scenario import Scenario
from antiphon_spec.dialect import Dialect

ABSENT = "no-"
"""`--feature no-background` declares that the target does not offer `background`."""

Progress = Callable[[Episode], None]


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
    given: Mapping[str, str] = field(default_factory=dict)
    """What the target holds, as far as the user names it."""

    @property
    def claims(self) -> frozenset[str]:
        """The features that the user declared as offered."""
        return frozenset(name for name in self.features if not name.startswith(ABSENT))

    @property
    def absent(self) -> frozenset[str]:
        """The features that the user declared as not offered."""
        return frozenset(name.removeprefix(ABSENT) for name in self.features if name.startswith(ABSENT))


async def run(plan: Plan, target: Target, progress: Progress | None = None) -> list[Episode]:
    """The episodes of all scenarios, in their order. When the run is cancelled, it returns what it has."""
    talks = {scenario.name: _talk(scenario, plan, target) for scenario in plan.scenarios}
    gate = asyncio.Semaphore(plan.concurrency)
    completions: set[str] = set()
    tasks: list[asyncio.Task[None]] = []

    async def perform(scenario: Scenario) -> None:
        async with gate:
            await _converse(scenario, talks[scenario.name], target, plan.absent)
        completions.add(scenario.name)
        if progress is not None:
            progress(talks[scenario.name].episode)

    try:
        for batch in _rounds(plan.scenarios):
            earlier = {name: talks[name].episode for name in completions}
            for scenario in batch:
                talks[scenario.name].earlier = earlier
            tasks = [asyncio.create_task(perform(scenario)) for scenario in batch]
            await asyncio.gather(*tasks)
    except asyncio.CancelledError:
        await _cancel(tasks)
        _mark_interrupted(talk for name, talk in talks.items() if name not in completions)
    return _episodes(list(talks.values()))


def _rounds(scenarios: Iterable[Scenario]) -> tuple[list[Scenario], ...]:
    """The scenarios that run before all others, the others, and those that run after them."""
    rounds: tuple[list[Scenario], ...] = ([], [], [])
    for scenario in scenarios:
        rounds[0 if scenario.first else 2 if scenario.last else 1].append(scenario)
    return rounds


def _talk(scenario: Scenario, plan: Plan, target: Target) -> Talk:
    candidates = (dialect for dialect in plan.dialects if scenario.fits(dialect))
    dialect = max(candidates, key=lambda dialect: len(dialect.features))  # it takes the most optional steps
    model = plan.model or dialect.models[0]
    return Talk(
        scenario.name, target, dialect, model, scenario.features, plan.claims, plan.absent, plan.given
    )


async def _converse(scenario: Scenario, talk: Talk, target: Target, absent: Collection[str]) -> None:
    missing_feature = next((feature for feature in scenario.features if feature in absent), None)
    if missing_feature is not None:
        talk.missing_feature = missing_feature
        return
    try:
        await scenario.run(talk)
    except (Stop, Unsupported, StepMissing) as end:
        talk.stop_reason = safe(str(end))
    except Exhausted as end:
        talk.stop_reason = safe(str(end))
        talk.blame = "target" if target.dead or target.bad_credentials else "limit"
    except NothingGiven as lacking:
        talk.stop_reason, talk.blame = safe(str(lacking)), "given"
    except asyncio.CancelledError:
        talk.stop_reason, talk.blame = "interrupted", "limit"
        raise
    except Exception as error:  # a scenario that raises is our bug; the run goes on
        talk.stop_reason = safe(f"our scenario broke: {type(error).__name__}: {error}")
        talk.blame = "suite"


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def _mark_interrupted(talks: Iterable[Talk]) -> None:
    """Marks scenarios that were cut off, and those that had not begun."""
    for talk in talks:
        talk.stop_reason, talk.blame = "interrupted", "limit"


def _episodes(talks: list[Talk]) -> list[Episode]:
    """The episodes. A feature that failed in one scenario and worked in another is offered, and must work."""
    features = frozenset[str]().union(*(talk.available_features for talk in talks))
    return [
        replace(talk.episode, missing_feature=None) if talk.missing_feature in features else talk.episode
        for talk in talks
    ]
