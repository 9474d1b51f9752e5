"""The server under test: `Target` sends a Request and returns an Exchange, whatever the server does.

`Target` never raises because of the server: a closed port, a reset, garbage, silence and an endless body all
become an Exchange with a `failure`. A `Transport` carries the bytes: over the network (`network.py`), or to
an application in this process without sockets.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import field, replace
from types import TracebackType
from typing import Protocol

from antiphon_conformance.http.body import COST, Body, Room, cost_of
from antiphon_conformance.http.connection import Connection
from antiphon_conformance.http.credentials import Credentials
from antiphon_conformance.http.exchange import (
    BUSY,
    GAVE_UP,
    UNROUTED,
    Exchange,
    Headers,
    Reply,
    Request,
    final_response,
)
from antiphon_conformance.http.mailbox import Mailbox
from antiphon_conformance.http.patience import LEAST_ROOM, Limits, Patience
from antiphon_conformance.http.redaction import Redaction, redaction_of
from antiphon_conformance.http.restart import Restart
from antiphon_conformance.http.survival import Sent, Survival
from antiphon_conformance.http.text import safe
from antiphon_spec.loading.construction import dataclass

DEAD_AFTER = 3
"""After so many calls without an answer the run ends, where the target has answered none at all."""
PROBE = Request("GET", "/no-such-route")
"""The request that asks whether the target is alive."""
TOO_BUSY = frozenset({429, 503})
"""The statuses of a target that is too busy."""
RETRIES = 1
"""How often a request is sent again when its answer was lost: a network problem is not the server's fault."""
FIRST_PAUSE = 0.1
MOST_TOKENS = 1 << 53
"""Where the count of tokens ends: a hostile target counts beyond every integer that a file can hold."""


class UnreachableError(Exception):
    """No answer came, or the connection broke.

    `is_refused` says that the host is there and nobody listens at its port: the server's process has ended.
    """

    def __init__(self, message: str, *, is_refused: bool = False) -> None:
        super().__init__(message)
        self.is_refused = is_refused


class RunOverError(Exception):
    """No further request may be sent: a limit is reached, the target is dead, or it rejects our
    credentials."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer of which the status and the headers have arrived."""

    status: int
    headers: Headers
    chunks: AsyncIterator[bytes]


class Transport(Protocol):
    """Carries bytes to the server and back."""

    def open(self, request: Request) -> AbstractAsyncContextManager[Incoming]:
        """Sends a request whose headers and `raw` are final. Raises UnreachableError."""

    def connect(self, request: Request) -> AbstractAsyncContextManager[Connection | Incoming]:
        """Asks for a WebSocket connection; gives it, or the answer that rejects it.

        Raises UnreachableError.
        """

    async def close(self) -> None:
        """Closes the connections."""


@dataclass(slots=True)
class Target:
    """A server under test, and the limits for talking to it."""

    transport: Transport
    credentials: Credentials | str | None = field(default=None, repr=False)
    """A text is a bearer key."""
    limits: Limits = field(default_factory=Limits)
    restart: str | None = None
    """The user's command that starts the target again."""
    mailbox: Mailbox | None = None
    """Where the target's webhooks arrive; None where the user gave no port for them."""
    on_request: Callable[[], None] | None = None
    """Called before each request, for whoever shows how far the run is."""
    probe: Request | None = PROBE
    """A cheap request that the target answers, to ask whether it is alive; None when none is known."""
    any_path: Reply | None = None
    """The successful answer to a path that cannot exist; None where such a path gets an error."""
    spelling: str = "string"
    """How it wants a text as `input`, one of `requests/spellings.py`."""
    accepts_credentials: bool = False
    """Whether it answered a create of a scenario with success: a later 403 is about something else."""
    no_api: str = ""
    """Why nothing here is the API; empty when something may be."""
    request_count: int = 0
    in_flight: int = 0
    """How many requests wait for an answer."""
    retry_count: int = 0
    tokens: int = 0
    """How many tokens the answers reported."""
    stop_reason: str | None = None
    """Why nothing more may be sent."""
    bad_credentials: bool = False
    """Whether the target rejected our credentials."""
    patience: Patience = field(init=False)
    survival: Survival = field(init=False)
    _memory: int = 0
    """How many bytes the bodies so far take, by an estimate."""
    _silent: int = 0
    _is_alive: bool = False
    _slot: asyncio.Lock | None = None
    """The lock of the only request at a time, once the target was too busy for two."""
    signer: Credentials = field(init=False)
    redaction: Redaction = field(init=False, repr=False)

    def __post_init__(self) -> None:
        given = self.credentials
        self.signer = given if isinstance(given, Credentials) else Credentials(given)
        self.redaction = redaction_of(self.signer.secrets)
        self.patience = Patience(self.limits)
        self.survival = Survival(self._attempt, self._probe, self.patience, Restart(self.restart))

    async def __aenter__(self) -> Target:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.transport.close()
        await self.survival.restart.stop()

    @property
    def dead(self) -> bool:
        """Whether the target stopped answering and the run is over."""
        return self._silent >= DEAD_AFTER or self.survival.stop_reason is not None

    async def send(self, request: Request, identity: str, *, read_events: int | None = None) -> Exchange:
        """Sends one request. After `read_events` events of a stream the connection is closed.

        Raises RunOverError when no further request may be sent.
        """
        sent = Sent(request, identity, read_events)
        async with self._slot or nullcontext():
            exchange = await self.survival.send(sent)
        self.stop_reason = self.stop_reason or self.survival.stop_reason
        if BUSY in exchange.traits and self._slot is None:
            self._slot = asyncio.Lock()
        self._silent = 0 if self._is_alive else self._silent + 1
        if self.dead and self.stop_reason is None:
            self.stop_reason = f"the target did not answer {DEAD_AFTER} times in a row: {exchange.failure}"
        return exchange

    async def follow(self, sent: Sent, attempt: Callable[[], Awaitable[Exchange]]) -> Exchange:
        """One turn over WebSocket, on a connection that is open: `attempt` sends it.

        Raises RunOverError when no further message may be sent.
        """
        exchange = await self.survival.follow(sent, attempt)
        self.stop_reason = self.stop_reason or self.survival.stop_reason
        self._is_alive = self._is_alive or exchange.reply is not None
        return exchange

    def is_over(self) -> bool:
        """Whether no further request may be sent."""
        return (self.stop_reason or self._spent()) is not None

    async def _attempt(self, sent: Sent) -> Exchange:
        """Sends a request, and once more when its answer was lost, if the limits allow it."""
        if sent.again is not None:
            return await sent.again()
        exchange = await self._send_once(sent)
        for turn in range(RETRIES):
            if not self._lost(exchange) or self.stop_reason is not None or self._spent() is not None:
                break
            self.retry_count += 1
            await asyncio.sleep(FIRST_PAUSE * 2**turn)
            again = await self._send_once(sent)
            exchange = exchange if self._lost(again) else again  # the first loss tells more
        return exchange

    def _lost(self, exchange: Exchange) -> bool:
        """Whether the connection broke to a target that has answered before: a retry may help."""
        return self._is_alive and exchange.reply is None and GAVE_UP not in exchange.traits

    async def _send_once(self, sent: Sent) -> Exchange:
        """Sends a request once, if the limits allow it."""
        self.begin()
        self.in_flight += 1
        try:
            exchange = await self._exchange(sent.request, sent.identity, sent.read_events)
        finally:
            self.in_flight -= 1
        self._is_alive = self._is_alive or exchange.reply is not None
        if sent.request.method == "POST" and exchange.reply is not None:
            self.tokens = min(self.tokens + tokens_of(exchange.reply), MOST_TOKENS)
        return exchange

    def begin(self) -> None:
        """Counts a request. Raises RunOverError when no further one may be sent."""
        self.stop_reason = self.stop_reason or self._spent()
        if self.stop_reason is not None:
            raise RunOverError(self.stop_reason)
        self.request_count += 1
        if self.on_request is not None:
            self.on_request()

    def sign(self, request: Request) -> tuple[Request, Request]:
        """A request as it is sent, and as it is shown: without credentials."""
        final = self.signer.sign(request)
        return final, self.signer.redact(replace(final, raw=request.raw))

    def scrub(self, raw: bytes, headers: Headers) -> tuple[bytes, Headers]:
        """An answer without our credentials, wherever the target repeats them."""
        return self.redaction.raw(raw), self.redaction.headers(headers)

    async def _probe(self) -> str:
        """Whether the target answers a cheap request: empty when it does, else a word of `send_aside`.

        A target that never answered is not probed: it may just not be there.
        """
        if self.probe is None or not self._is_alive:
            return ""
        answer = await self.send_aside(self.probe)
        return answer if isinstance(answer, str) else ""

    async def send_aside(self, request: Request) -> int | str:
        """Sends a request that is no part of the run and counts towards no limit. Returns the status of the
        answer, or else `refused`, `closed` or `silent`."""
        final = self.signer.sign(request)
        try:
            async with asyncio.timeout(self.patience.probe()), self.transport.open(final) as incoming:
                async for _ in incoming.chunks:
                    pass
                return incoming.status
        except TimeoutError:
            return "silent"
        except UnreachableError as error:
            return "refused" if error.is_refused else "closed"

    def _spent(self) -> str | None:
        """The limit that is reached, in words; None when none is."""
        limits = self.limits
        if self.patience.remaining <= 0:
            return f"the deadline of {limits.deadline:g} s is reached (--deadline)"
        if limits.requests is not None and self.request_count >= limits.requests:
            return f"the limit of {limits.requests} requests is reached"
        if limits.tokens is not None and self.tokens >= limits.tokens:
            return f"the budget of {limits.tokens} tokens is used up: the answers counted {self.tokens}"
        return None

    def stop_for_credentials(self, why: str) -> None:
        """Ends the run because the target rejects our credentials."""
        self.bad_credentials = True
        self.stop_reason = self.stop_reason or why

    async def _exchange(self, request: Request, identity: str, read_events: int | None) -> Exchange:
        final, safe_request = self.sign(request)
        started_at, start = time.time(), time.monotonic()
        body = Body(self._room, read_events)
        failure, traits = None, set[str]()
        body.start = asyncio.get_running_loop().time()
        try:
            failure = await self._listen(final, body, start)
        except UnreachableError as error:
            failure = safe(self.redaction.text(str(error)))
        else:
            traits |= {GAVE_UP} if failure else set()
        seconds = time.monotonic() - start
        reply = body.reply(failure, seconds, started_at, self.redaction)
        if GAVE_UP in traits:
            self.patience.note_hang()
        elif reply is not None:
            self.patience.note_answer(seconds)
            traits |= {BUSY} if reply.status in TOO_BUSY else set()
            traits |= {UNROUTED} if self._is_unrouted(request, reply) else set()
        self._memory += cost_of(reply)
        traits |= {GAVE_UP} if body.failure else set()
        traits |= {"left-early"} if body.left else set()
        return Exchange(
            identity, safe_request, reply, failure=failure or body.failure, traits=frozenset(traits)
        )

    @property
    def _room(self) -> Room:
        """How much of the next body is kept."""
        limits = self.limits
        rest = (limits.memory - self._memory) // COST
        if rest < limits.size:
            return Room(max(rest, LEAST_ROOM), limits.events, "--max-memory")
        return Room(limits.size, limits.events, "--max-body")

    def _is_unrouted(self, request: Request, reply: Reply) -> bool:
        """Whether an answer says no more than the answer to a path that cannot exist."""
        if self.any_path is None or request.path.startswith(PROBE.path) or reply.status >= 300:
            return False
        return is_alike(reply, self.any_path)

    async def _listen(self, request: Request, body: Body, start: float) -> str | None:
        """Sends a request and reads the answer into `body`; returns why we stopped before its end."""
        loop = asyncio.get_running_loop()
        end, option = self.patience.expiry(start, start)
        try:
            async with (
                asyncio.timeout(end - time.monotonic()) as timer,
                self.transport.open(request) as incoming,
            ):
                body.begin(incoming.status, incoming.headers)
                async for _ in body.read(incoming.chunks):
                    now = time.monotonic()
                    end, option = self.patience.expiry(start, now)
                    timer.reschedule(loop.time() + end - now)
        except TimeoutError:
            seconds = end - start
            return f"we stopped listening after {seconds:{'.0f' if seconds >= 10 else '.1g'}} s ({option})"
        return None


def is_alike(reply: Reply, other: Reply) -> bool:
    """Whether two answers are the same, but for values such as times and ids: JSON objects with the same
    members, or pages of the same type."""
    if reply.raw == other.raw:
        return True
    if isinstance(reply.body, dict) or isinstance(other.body, dict):
        return reply.fields.keys() == other.fields.keys()
    kinds = {answer.headers.get("content-type") for answer in (reply, other)}
    return reply.stream is None and not isinstance(reply.body, list) and len(kinds) == 1


def tokens_of(reply: Reply) -> int:
    """How many tokens an answer reports; 0 when it reports none."""
    response = reply.fields if reply.stream is None else final_response(reply.stream)
    usage = response.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if type(total) is int and total > 0 else 0
