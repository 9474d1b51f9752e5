"""Runs scenarios against a target: each once, several at a time, within the limits of the target."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from antiphon_conformance.exchange import Episode, StepMissing
from antiphon_conformance.plain import NothingGiven
from antiphon_conformance.scenario import Scenario
from antiphon_conformance.talk import Stop, Talk, Unsupported
from antiphon_conformance.target import Exhausted, Target
from antiphon_conformance.text import safe
from antiphon_spec.dialect import Dialect

ABSENT = "no-"
"""`--feature no-background` declares that the target does not offer it."""

Progress = Callable[[Episode], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, for which dialects, with which model."""

    scenarios: tuple[Scenario, ...]
    dialects: tuple[Dialect, ...]
    model: str | None = None
    """None for the one that each dialect names."""
    concurrency: int = 2
    features: Collection[str] = field(default=())
    """What was declared: `background`, or `no-background`."""
    given: Mapping[str, str] = field(default_factory=dict)
    """What the target holds, as far as whoever runs the suite names it."""

    @property
    def claimed(self) -> frozenset[str]:
        """The features that were declared as offered."""
        return frozenset(name for name in self.features if not name.startswith(ABSENT))

    @property
    def absent(self) -> frozenset[str]:
        """The features that were declared as not offered."""
        return frozenset(name.removeprefix(ABSENT) for name in self.features if name.startswith(ABSENT))


async def run(plan: Plan, target: Target, progress: Progress | None = None) -> list[Episode]:
    """The episodes of all scenarios, in their order. When it is cancelled, what there is by then is
    returned."""
    talks = {one.name: _talk(one, plan, target) for one in plan.scenarios}
    gate = asyncio.Semaphore(plan.concurrency)
    done: set[str] = set()
    tasks: list[asyncio.Task[None]] = []

    async def perform(one: Scenario) -> None:
        async with gate:
            await _converse(one, talks[one.name], target, plan.absent)
        done.add(one.name)
        if progress is not None:
            progress(talks[one.name].episode)

    try:
        for together in _rounds(plan.scenarios):
            earlier = {name: talks[name].episode for name in done}
            for one in together:
                talks[one.name].earlier = earlier
            tasks = [asyncio.create_task(perform(one)) for one in together]
            await asyncio.gather(*tasks)
    except asyncio.CancelledError:
        await _cancel(tasks)
        _mark_interrupted(talk for name, talk in talks.items() if name not in done)
    return _settled(list(talks.values()))


def _rounds(scenarios: Iterable[Scenario]) -> tuple[list[Scenario], ...]:
    """What runs before all others, the others, and what runs after them."""
    every = list(scenarios)
    before, after = [one for one in every if one.first], [one for one in every if one.last]
    return before, [one for one in every if not one.first and not one.last], after


def _talk(one: Scenario, plan: Plan, target: Target) -> Talk:
    fitting = (dialect for dialect in plan.dialects if one.fits(dialect))
    dialect = max(fitting, key=lambda dialect: len(dialect.features))  # it takes the most optional steps
    model = plan.model or dialect.models[0]
    return Talk(one.name, target, dialect, model, one.features, plan.claimed, plan.absent, plan.given)


async def _converse(one: Scenario, talk: Talk, target: Target, absent: Collection[str]) -> None:
    declared = next((feature for feature in one.features if feature in absent), None)
    if declared is not None:
        talk.missing_feature = declared
        return
    try:
        await one.run(talk)
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
    """Those that had not begun, too."""
    for talk in talks:
        talk.stop_reason, talk.blame = "interrupted", "limit"


def _settled(talks: list[Talk]) -> list[Episode]:
    """The episodes; a feature that one scenario found missing and another one used is offered, and must
    work."""
    offered = frozenset[str]().union(*(talk.available_features for talk in talks))
    return [
        replace(talk.episode, missing_feature=None) if talk.missing_feature in offered else talk.episode
        for talk in talks
    ]
