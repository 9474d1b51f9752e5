"""Servers with one slot, and slow ones. They wait in the time of the event loop."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import Call
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.sender import Connection
from antiphon_mockserver.state.record import RequestDetails
from antiphon_mockserver.variations import EVERY, Serve, add, variation

SLOT_SECONDS = 5.0
"""How long an answer takes, in which the slot is busy."""
SLOW_SECONDS = 20.0
MODELS = ("responses", "completions", "compact")
"""The last parts of the paths whose requests ask a model."""

_met_another: ContextVar[bool] = ContextVar("met_another", default=False)
"""Whether this request came while another one had the slot."""


def _asks_a_model(scope: Any) -> bool:
    return scope["method"] == "POST" and scope["path"].rpartition("/")[2] in MODELS


def _one_at_a_time(serve: Serve) -> Serve:
    slot = asyncio.Semaphore(1)

    async def serve_alone(scope: Any, connection: Connection) -> None:
        if not _asks_a_model(scope):
            await serve(scope, connection)
        elif slot.locked():
            _met_another.set(True)
            await serve(scope, connection)
        else:
            async with slot:
                await asyncio.sleep(SLOT_SECONDS)
                await serve(scope, connection)

    return serve_alone


def _rejects_while_busy(behaviour: Behaviour, _call: Call) -> Behaviour:
    def be_alone(_details: RequestDetails) -> None:
        if _met_another.get():
            headers = {"retry-after": "1"}
            raise ApiError("The slot is busy.", status=429, code="rate_limit_exceeded", headers=headers)

    checks = {"slot": be_alone, **behaviour.requests.checks}
    return replace(behaviour, requests=replace(behaviour.requests, checks=checks))


add(
    "wire",
    "answers_one_request_at_a_time",
    """Answers 429 with `retry-after` to a create that comes while another one is answered.

    RFC 6585, 4: 429 says that there are too many requests, and when to try again.
    """,
    EVERY,
    _one_at_a_time,
    state=_rejects_while_busy,
)


@variation("wire.takes-twenty-seconds", fits=EVERY)
def takes_twenty_seconds(serve: Serve) -> Serve:
    """Sends the first byte of an answer of a model after twenty seconds.

    No document limits the time that a model takes; large models on small machines take longer.
    """

    async def serve_late(scope: Any, connection: Connection) -> None:
        if _asks_a_model(scope):
            await asyncio.sleep(SLOW_SECONDS)
        await serve(scope, connection)

    return serve_late
