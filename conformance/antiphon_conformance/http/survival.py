"""Keeps a run alive when the target stops answering, and finds the request that stopped it.

Where a request gets no answer, a probe asks whether the target answers at all. If it does not, every other
request waits, the command of `--restart` runs, and probes with growing pauses wait for the target to come
back. Then the suspects are sent again, each alone: those that had no answer, and those answered last. The
request after which the target stops answering once more is the one that stops it; it is not sent again.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import field, replace
from functools import partial
from typing import Any

from antiphon_conformance.http.exchange import FATAL, GAVE_UP, SILENCING, Exchange, Request
from antiphon_conformance.http.patience import Patience
from antiphon_conformance.http.restart import Restart
from antiphon_spec.loading.construction import dataclass

RECENT = 3
"""How many of the last answered requests are suspects, too."""
MOST_OUTAGES = 10
"""After so many outages the run is over."""
MOST_TURNS = 3
"""How often a request is sent again that went unanswered because of another one."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that is on its way, or was answered."""

    request: Request
    identity: str
    read_events: int | None = None
    again: Callable[[], Awaitable[Exchange]] | None = None
    """Does the same over WebSocket once more, on a connection of its own; None for a request over HTTP."""
    messages: tuple[str, ...] = ()
    """What is sent over WebSocket."""

    @property
    def key(self) -> Key:
        """What makes two requests the same, whatever their step is called."""
        request, is_message = self.request, self.again is not None
        content = repr(request.body), request.raw
        return request.method, request.path, request.headers.pairs, *content, is_message, self.messages


@dataclass(frozen=True, slots=True)
class Outage:
    """One time at which the target stopped answering."""

    failure: str
    """What happened to the request that noticed it."""
    suspects: tuple[str, ...]
    """The ids of the exchanges before the silence: without an answer, then the last answered."""
    seconds: float
    """How long it took to come back, or how long we waited."""
    is_back: bool
    killer: str = ""
    """The id of the exchange after which it stopped answering again, alone; empty when none did."""
    is_death: bool = False
    """Whether its port was closed; otherwise it was silent."""

    def as_json(self) -> dict[str, Any]:
        """The outage as the first line of a transcript holds it."""
        return {
            "failure": self.failure,
            "suspects": list(self.suspects),
            "seconds": round(self.seconds, 1),
            "back": self.is_back,
            "killer": self.killer,
            "death": self.is_death,
        }


Attempt = Callable[[Sent], Awaitable[Exchange]]
Probe = Callable[[], Awaitable[str]]
"""Sends a cheap request; returns an empty text when the target answered it, else `refused` (nobody listens at
its port), `closed` (the connection broke) or `silent`."""


@dataclass(slots=True)
class Survival:
    """The outages of a run. `send` sends requests, and waits while the target is away."""

    attempt: Attempt
    probe: Probe
    patience: Patience
    restart: Restart
    outages: list[Outage] = field(default_factory=list)
    restarts: int = 0
    """How often the target may have lost what it stored."""
    stop_reason: str | None = None
    """Why the target is given up."""
    traits: dict[str, str] = field(default_factory=dict)
    """By id, the traits of the exchanges that stopped the target."""
    _stoppers: dict[Key, Exchange] = field(default_factory=dict)
    _in_flight: list[Sent] = field(default_factory=list)
    _recent: deque[Sent] = field(default_factory=lambda: deque(maxlen=RECENT))
    _round: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _is_up: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._is_up.set()

    async def send(self, act: Sent) -> Exchange:
        """One exchange; after an outage that another request caused, the request is sent again."""
        for turn in range(MOST_TURNS + 1):
            if (stopper := self._stopper(act)) is not None:
                return stopper
            exchange, result = await self._once(act, partial(self.attempt, act))
            if result is exchange and turn == 0 and self._recent and is_lost(exchange):
                result = None  # it may have met the end of a short outage
            if result is not None or turn == MOST_TURNS:
                return result or exchange
        raise AssertionError  # the loop returns

    async def follow(self, act: Sent, attempt: Callable[[], Awaitable[Exchange]]) -> Exchange:
        """What happens on a connection that is open, or opens. Unlike a request it is not sent again where
        another one stopped the target, because the connection knew what a new one does not."""
        if (stopper := self._stopper(act)) is not None:
            return stopper
        exchange, result = await self._once(act, attempt)
        return result or exchange

    def _stopper(self, act: Sent) -> Exchange | None:
        """The exchange of a request that is known to stop the target; None for any other."""
        stopper = self._stoppers.get(act.key)
        return replace(stopper, id=act.identity) if stopper is not None else None

    async def _once(
        self, act: Sent, attempt: Callable[[], Awaitable[Exchange]]
    ) -> tuple[Exchange, Exchange | None]:
        """One attempt while the target is up, and what it came to: the exchange, or None when another request
        has stopped the target."""
        await self._is_up.wait()
        current = self._round
        self._in_flight.append(act)
        try:
            exchange = await attempt()
            if _is_whole(exchange):
                self._recent.append(act)
                return exchange, exchange
            return exchange, await self._examine(act, exchange, current)
        finally:
            self._in_flight.remove(act)

    async def _examine(self, act: Sent, exchange: Exchange, current: int) -> Exchange | None:
        """The exchange, when the target is alive or this request stops it; None to send it again."""
        async with self._lock:
            if self.stop_reason is not None:
                return exchange
            if current != self._round:
                return None
            state = await self.probe()
            if not state:
                return exchange
            others = [other for other in self._in_flight if other is not act]
            self._is_up.clear()
            try:
                return await self._survive(act, exchange, others, state)
            finally:
                self._round += 1
                self._is_up.set()

    async def _survive(
        self, act: Sent, exchange: Exchange, others: list[Sent], state: str
    ) -> Exchange | None:
        start = time.monotonic()
        suspects = [act, *others, *reversed(self._recent)]
        is_death = state != "silent"
        is_back = await self._recover()
        seconds = time.monotonic() - start
        killer = ""
        if is_back:
            self.restarts += is_death or self.restart.command is not None
            killer = await self._replay(suspects)
        elif state == "refused" and not others and is_lost(exchange):
            killer = act.identity
            why = f"{exchange.failure}; after it nobody listened at the port for {seconds:.0f} s"
            self._note_stopper(act, replace(exchange, failure=why), FATAL)
        names = tuple(suspect.identity for suspect in suspects)
        failure = exchange.failure or "no answer"
        self.outages.append(Outage(failure, names, seconds, is_back, killer, is_death))
        self._stop_if_hopeless(is_back, names, seconds)
        if self.stop_reason is not None:
            return self._stoppers.get(act.key, exchange)
        return self._stoppers.get(act.key)

    async def _replay(self, suspects: list[Sent]) -> str:
        """Sends the suspects again, each alone. Returns the id of the one that stops the target, or ""."""
        for suspect in suspects:
            exchange = await self.attempt(suspect)
            state = await self.probe()
            if state:
                trait = SILENCING if state == "silent" else FATAL
                self._note_stopper(suspect, exchange, trait)
                if await self._recover():
                    self.restarts += 1
                else:
                    self.stop_reason = "the target did not come back"
                return suspect.identity
        return ""

    def _note_stopper(self, act: Sent, exchange: Exchange, trait: str) -> None:
        self._stoppers[act.key] = replace(exchange, traits=exchange.traits | {trait})
        self.traits[act.identity] = trait

    async def _recover(self) -> bool:
        """Whether the target answers again: at once after the user's command, or in the time that it has."""
        await self.restart.run()
        end = time.monotonic() + min(self.patience.limits.recovery, self.patience.remaining)
        pause = FIRST_PAUSE
        while await self.probe():
            rest = end - time.monotonic()
            if rest <= 0:
                return False
            await asyncio.sleep(min(pause, rest))
            pause = min(pause * 2, LONGEST_PAUSE)
        return True

    def _stop_if_hopeless(self, is_back: bool, names: tuple[str, ...], seconds: float) -> None:
        if not is_back or self.stop_reason is not None:
            self.stop_reason = (
                f"the target stopped answering at {names[0]} and did not come back within {seconds:.0f} s"
            )
        elif len(self.outages) >= MOST_OUTAGES:
            self.stop_reason = f"the target stopped answering {MOST_OUTAGES} times"


def _is_whole(exchange: Exchange) -> bool:
    """Whether a whole answer came, or as much of one as we wanted."""
    return exchange.reply is not None and exchange.failure is None


def is_lost(exchange: Exchange) -> bool:
    """Whether the connection broke before any answer."""
    return exchange.reply is None and GAVE_UP not in exchange.traits
