"""Reads each cancelled response once more at the end of a run: a worker may have completed it since."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from antiphon_conformance.http.client import RunOverError, Target
from antiphon_conformance.http.exchange import Exchange, MissingStepError, Request, Trace
from antiphon_conformance.scenarios.endings import INTERRUPTED

MOST = 10
"""How many responses are read again at most."""
LATER = "_later"
"""The end of the name of a step that reads again what another step cancelled."""
CANCEL = re.compile(r"(/responses/[^/?]+)/cancel(?:\?.*)?")


async def read_cancelled(target: Target, traces: Sequence[Trace]) -> list[Trace]:
    """The traces, in which each response that was cancelled is read again, as step `NAME_later`.

    Nothing waits for that: a run goes on long enough after a cancel for most workers.
    """
    left = 0 if any(trace.stop_reason == INTERRUPTED for trace in traces) else MOST
    results: list[Trace] = []
    for trace in traces:
        steps = dict(trace.exchanges)
        for name, path in _cancelled(trace).items():
            left -= 1
            if left < 0 or target.dead or target.is_over():
                break
            try:
                steps[name] = await target.send(Request("GET", path), f"{trace.scenario}/{name}")
            except RunOverError:
                break
        results.append(replace(trace, exchanges=steps) if len(steps) > len(trace.exchanges) else trace)
    return results


def _cancelled(trace: Trace) -> dict[str, str]:
    """The names of further steps, with the paths of the cancelled responses that still exist, once each."""
    deleted = {step.request.path for step in trace.exchanges.values() if step.request.method == "DELETE"}
    paths: dict[str, str] = {}
    for name, exchange in trace.exchanges.items():
        match = CANCEL.fullmatch(exchange.request.path)
        if match and match[1] not in {*deleted, *paths.values()} and _is_cancelled(exchange):
            paths[f"{name}{LATER}"] = match[1]
    return paths


def _is_cancelled(exchange: Exchange) -> bool:
    try:
        return exchange.ok and exchange.response.get("status") == "cancelled"
    except MissingStepError:
        return False
