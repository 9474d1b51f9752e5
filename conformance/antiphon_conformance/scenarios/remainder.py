"""Ends what the target may still be generating for the run: nothing of a run goes on after it."""

from __future__ import annotations

from collections.abc import Iterable

from antiphon_conformance.http.client import Target
from antiphon_conformance.http.exchange import Exchange, MissingStepError, Request, Trace
from antiphon_conformance.requests.signs import WORKING

MOST = 50
"""How many responses are cancelled at most."""


async def end_generation(target: Target, traces: Iterable[Trace]) -> int:
    """Cancels each response in the background that was not seen to end; deletes one that cannot be cancelled.

    Returns how many there were. The requests are no part of the run.
    """
    unfinished = [] if target.dead else _unfinished(traces)[:MOST]
    for identity in unfinished:
        path = f"/responses/{identity}"
        status = await target.send_aside(Request("POST", f"{path}/cancel"))
        if isinstance(status, str):
            break  # the target does not answer
        if status >= 300:
            await target.send_aside(Request("DELETE", path))
    return len(unfinished)


def _unfinished(traces: Iterable[Trace]) -> list[str]:
    """The ids of the responses that a create in the background began and no answer showed as ended."""
    running: dict[str, bool] = {}
    for exchange in (exchange for trace in traces for exchange in trace.exchanges.values() if exchange.ok):
        if exchange.request.method == "DELETE":
            running.pop(exchange.request.path.rpartition("/")[2], None)
            continue
        identity, status = _seen(exchange)
        if identity in running or exchange.request.fields.get("background") is True:
            running[identity] = status in WORKING
    return [identity for identity, is_running in running.items() if identity and is_running]


def _seen(exchange: Exchange) -> tuple[str, object]:
    """The id and the status of the response in an exchange; two empty texts when it has none."""
    try:
        response = exchange.response
    except MissingStepError:
        return "", ""
    identity = response.get("id")
    return (identity, response.get("status")) if isinstance(identity, str) else ("", "")
