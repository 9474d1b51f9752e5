"""A target that dies of a message over WebSocket: the run goes on, and names the message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

import fast_loop
from antiphon_conformance import engine
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Incoming, Target, UnreachableError
from antiphon_conformance.http.connection import Connection
from antiphon_conformance.http.exchange import FATAL, Exchange, Headers, Request, Trace
from antiphon_conformance.requests.test_prompts import UNKNOWN_RESPONSE
from antiphon_conformance.scenarios import runner
from antiphon_conformance.scenarios.scenario import scenarios_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import load
from inprocess import KEY, URL

DIALECT = "openai"
UPGRADE = "an upgrade"
AWAY = 3.0
"""Seconds of virtual time until a dead target is back."""
Kills = Callable[[str], bool]


class Mortal(AsgiTransport):
    """The mock server, which dies of some messages over WebSocket and starts again after a while."""

    def __init__(self, kills: Kills) -> None:
        super().__init__(make_app(Settings(dialect=DIALECT, api_keys=(KEY,))), URL)
        self.kills = kills
        self.deaths: list[str] = []
        self._back_at = 0.0

    def live(self, message: str = "") -> None:
        """Raises UnreachableError while the target is dead, and where it dies of this message."""
        now = asyncio.get_running_loop().time()
        if message and self.kills(message):
            self.deaths.append(message)
            self._back_at = now + AWAY
        if now < self._back_at:
            raise UnreachableError("nobody listens", is_refused=True)

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Incoming]:
        self.live()
        async with super().open(request) as incoming:
            yield incoming

    @asynccontextmanager
    async def connect(self, request: Request) -> AsyncIterator[Connection | Incoming]:
        self.live(UPGRADE)
        async with super().connect(request) as connection:
            yield MortalConnection(self, connection) if isinstance(connection, Connection) else connection


class MortalConnection(Connection):
    """A connection to it, which lasts for one of its lives."""

    def __init__(self, target: Mortal, inner: Connection) -> None:
        self.target, self.inner, self.life = target, inner, len(target.deaths)

    async def send(self, text: str) -> None:
        if self.life != len(self.target.deaths):
            raise UnreachableError("the connection is broken")
        self.target.live(text)
        await self.inner.send(text)

    async def receive(self) -> str | bytes:
        if self.life != len(self.target.deaths):
            raise UnreachableError("the connection is broken")
        return await self.inner.receive()


def hold(scenario: str, kills: Kills) -> tuple[Mortal, Target, Any]:
    """The transport, the target and the trace of one scenario."""
    dialect, transport = load(DIALECT), Mortal(kills)
    target = Target(transport, KEY)
    target._is_alive = True  # the fingerprint came before
    plan = runner.Plan((scenarios_for(dialect)[scenario],), (dialect,), features=tuple(dialect.features))
    (trace,) = fast_loop.run(runner.run(plan, target))
    return transport, target, trace


@pytest.fixture(autouse=True)
def _in_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        time = staticmethod(lambda: 0.0)
        monotonic = staticmethod(lambda: asyncio.get_running_loop().time())

    for module in ("survival", "websocket", "patience"):
        monkeypatch.setattr(f"antiphon_conformance.http.{module}.time", Clock)


@pytest.mark.parametrize(
    ("scenario", "kills", "killer"),
    [
        ("websocket", lambda text: '"stream":true' in text, "with_stream"),
        ("websocket", lambda text: "the owl sleeps" in text, "one"),
        ("websocket", lambda text: text.startswith('{"type": "response.antiphon"'), "unknown_type"),
        ("websocket_steering", lambda text: text.startswith('{"type":"response.steer"'), "steered"),
        ("websocket_steering", lambda text: UNKNOWN_RESPONSE in text, "unknown"),
        ("websocket_warm_up", lambda text: text == UPGRADE, "upgrade"),
    ],
)
def test_the_message_that_stops_the_target_is_named(scenario: str, kills: Kills, killer: str) -> None:
    transport, target, trace = hold(scenario, kills)
    assert len(transport.deaths) == 2, "it dies of the message, and once more of the message alone"
    assert [(outage.killer, outage.is_back) for outage in target.survival.outages] == [
        (f"{scenario}/{killer}", True)
    ]
    assert FATAL in trace.exchanges[killer].traits
    (record,) = (
        record
        for record in engine.judge([trace], load(DIALECT))
        if record.rule == "server.outlives-every-request"
    )
    assert record.outcome is Outcome.FAILED
    assert [finding.exchange for finding in record.findings] == [f"{scenario}/{killer}"]


def test_a_target_that_starts_again_by_chance_is_asked_anew() -> None:
    deaths = iter([True])
    transport, target, trace = hold("websocket", lambda text: "Say: the owl" in text and next(deaths, False))
    assert len(transport.deaths) == 1
    assert [outage.killer for outage in target.survival.outages] == [""]
    assert trace.stop_reason is None
    assert trace["one"].ok


def test_a_feature_that_died_with_the_target_is_not_called_absent():
    left = Exchange("websocket_lanes/left", Request("POST", "/responses", Headers(), None), None)
    trace = Trace("websocket_lanes", {"left": left}, "left: closed", "lanes")
    assert runner._trace(trace, (), ("websocket_lanes/left",)).missing_feature is None
    assert runner._trace(trace, (), ("websocket_lanes/left",)).blame == "limit"
    assert runner._trace(trace, (), ("storage/created",)) is trace
