"""One run against one target: each scenario of the dialects once, then the verdicts of each dialect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from typing import Any

from antiphon_conformance.http.client import Limits, Target, Transport
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.http.network import HttpTransport
from antiphon_conformance.http.text import safe
from antiphon_conformance.result import GENERATED, Examination
from antiphon_conformance.scenarios import runner
from antiphon_conformance.scenarios.scenario import Scenario, scenarios_for
from antiphon_conformance.video_library.library import library_of
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect

CONCURRENCY = 2
"""How many conversations run at a time: servers with one slot answer the others with 429."""
NOT_GENERATED = "no requests are generated, because of --no-properties"


@dataclass(frozen=True, slots=True)
class Order:
    """What to run, and how."""

    url: str
    dialects: tuple[str, ...] = ("openresponses",)
    model: str | None = None
    """None for the model that each dialect names."""
    api_key: str | None = field(default=None, repr=False)
    features: tuple[str, ...] = ()
    concurrency: int = CONCURRENCY
    max_requests: int | None = None
    max_tokens: int | None = None
    seconds: float = 60.0
    seed: int = 0
    properties: bool = True
    given: Mapping[str, str] = field(default_factory=dict)
    """What the target holds, by the names in its dialect (`collection`, `prompt`)."""


def scenarios(selection: Iterable[Dialect], with_tables: bool = True) -> dict[str, Scenario]:
    """Every scenario of these dialects, once; `with_tables` includes those whose requests come from a
    table."""
    by_name: dict[str, Scenario] = {}
    for dialect in selection:
        by_name |= scenarios_for(dialect)
    return {name: entry for name, entry in sorted(by_name.items()) if with_tables or not entry.from_table}


def examine(
    order: Order, progress: runner.Progress | None = None, transport: Transport | None = None
) -> Examination:
    """Runs all scenarios. Ctrl-C ends the run early and keeps what it has. A target's faults raise
    nothing."""
    return asyncio.run(_examine(order, progress or _ignore, transport or HttpTransport(order.url)))


async def _examine(order: Order, progress: runner.Progress, transport: Transport) -> Examination:
    selection = tuple(dialects.load(name) for name in order.dialects)
    by_name = scenarios(selection, order.properties)
    plan = runner.Plan(
        tuple(by_name.values()), selection, order.model, order.concurrency, order.features, order.given
    )
    started_at, start = time.time(), time.monotonic()
    limits = Limits(order.seconds, order.max_requests, order.max_tokens)
    async with Target(transport, order.api_key, limits) as target:
        traces = await runner.run(plan, target, progress)
        traces.append(await _generate(order, selection, target, traces))
        progress(traces[-1])
        facts = _facts(order, target, started_at, time.monotonic() - start)
    return Examination(tuple(traces), facts)


async def _generate(
    order: Order, selection: Sequence[Dialect], target: Target, traces: Sequence[Trace]
) -> Trace:
    """The requests that are made from the document, unless the user wants none or the run has ended."""
    why = target.stop_reason or ("" if order.properties else NOT_GENERATED)
    if any(trace.stop_reason == "interrupted" for trace in traces):
        why = "interrupted"
    if why:
        return Trace(GENERATED, {}, why, None, "target" if target.dead or target.bad_credentials else "limit")
    if Examination(tuple(traces), {}).hint:
        return Trace(GENERATED, {}, "no conversation got a response", None, "target")
    properties = import_module("antiphon_conformance.requests.generation")  # Schemathesis takes half a second
    values = library_of({item.scenario: item for item in traces}, order.given).values
    plans = [
        properties.Source(item, {"model": order.model or item.models[0], **values}) for item in selection
    ]
    trace: Trace = await properties.generate(target, plans, order.seed, order.concurrency)
    return trace


def _ignore(trace: Trace) -> None:
    """Drops reports of progress."""


def _facts(order: Order, target: Target, started_at: float, seconds: float) -> dict[str, Any]:
    return {
        "target": safe(order.url),
        "dialects": list(order.dialects),
        "model": order.model
        or ", ".join(dict.fromkeys(dialects.load(name).models[0] for name in order.dialects)),
        "features": list(order.features),
        "given": dict(order.given),
        "seed": order.seed,
        "properties": order.properties,
        "started": started_at,
        "seconds": round(seconds, 3),
        "requests": target.request_count,
        "over": target.stop_reason,
        "refused": target.bad_credentials,
        "dead": target.dead,
        "tokens": target.tokens,
        "retried": target.retry_count,
        "antiphon": version("antiphon"),
    }
