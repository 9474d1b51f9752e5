"""The server under test: `Target` sends a Request and returns an Exchange, whatever the server does.

`Target` never raises because of the server: a closed port, a reset, garbage, silence and an endless body all
become an Exchange with a `failure`. A `Transport` carries the bytes: over the network (`network.py`), or to
an application in this process without sockets.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Protocol

from antiphon_conformance.http import sse
from antiphon_conformance.http.credentials import Credentials
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request, final_response
from antiphon_conformance.http.reply import is_stream, read_reply
from antiphon_conformance.http.text import safe
from antiphon_conformance.recordings.transcript import REDACTED, hideable_secrets, scrub

DEAD_AFTER = 3
"""After so many calls in a row without a whole answer the run ends: it would take hours."""
RETRIES = 1
"""How often a request is sent again when its answer was lost: a network problem is not the server's fault."""
FIRST_PAUSE = 0.1


class UnreachableError(Exception):
    """No answer came, or the connection broke."""


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

    async def close(self) -> None:
        """Closes the connections."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a run."""

    seconds: float = 60.0
    """Seconds for one request, from first byte to last."""
    requests: int | None = None
    tokens: int | None = None
    """The sum of the tokens that the answers report."""
    size: int = 16 * 1024 * 1024
    """Bytes of one body."""


@dataclass(slots=True)
class Target:
    """A server under test, and the limits for talking to it."""

    transport: Transport
    credentials: Credentials | str | None = None
    """A text is a bearer key."""
    limits: Limits = Limits()
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
    _silent: int = 0
    _is_alive: bool = False
    _signer: Credentials = field(init=False)
    _secrets: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        given = self.credentials
        self._signer = given if isinstance(given, Credentials) else Credentials(given)
        self._secrets = hideable_secrets(self._signer.secrets)

    async def __aenter__(self) -> Target:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.transport.close()

    @property
    def dead(self) -> bool:
        """Whether so many calls in a row got no answer that the run is over."""
        return self._silent >= DEAD_AFTER

    async def send(self, request: Request, identity: str, *, read_events: int | None = None) -> Exchange:
        """Sends one request. After `read_events` events of a stream the connection is closed.

        Raises RunOverError when no further request may be sent.
        """
        exchange = await self._attempt(request, identity, read_events)
        for turn in range(RETRIES):
            if not self._lost(exchange) or self.stop_reason is not None or self._spent() is not None:
                break
            self.retry_count += 1
            await asyncio.sleep(FIRST_PAUSE * 2**turn)
            exchange = await self._attempt(request, identity, read_events)
        silent = exchange.reply is None or exchange.failure == self._endless
        self._silent = self._silent + 1 if silent else 0
        if self.dead and self.stop_reason is None:
            verb = "end its answer" if exchange.reply else "answer"
            self.stop_reason = f"the target did not {verb} {DEAD_AFTER} times in a row: {exchange.failure}"
        return exchange

    def _lost(self, exchange: Exchange) -> bool:
        """Whether the connection broke to a target that has answered before: a retry may help."""
        is_our_limit = exchange.failure in (self._endless, _too_large(self.limits.size))
        return self._is_alive and exchange.reply is None and not is_our_limit

    async def _attempt(self, request: Request, identity: str, read_events: int | None) -> Exchange:
        """Sends a request once, if the limits allow it."""
        self.stop_reason = self.stop_reason or self._spent()
        if self.stop_reason is not None:
            raise RunOverError(self.stop_reason)
        self.request_count += 1
        self.in_flight += 1
        try:
            exchange = await self._exchange(request, identity, read_events)
        finally:
            self.in_flight -= 1
        self._is_alive = self._is_alive or exchange.reply is not None
        if request.method == "POST" and exchange.reply is not None:
            self.tokens += tokens_of(exchange.reply)
        return exchange

    def _spent(self) -> str | None:
        """The limit that is reached, in words; None when none is."""
        if self.limits.requests is not None and self.request_count >= self.limits.requests:
            return f"the limit of {self.limits.requests} requests is reached"
        if self.limits.tokens is not None and self.tokens >= self.limits.tokens:
            return f"the budget of {self.limits.tokens} tokens is used up: the answers counted {self.tokens}"
        return None

    @property
    def _endless(self) -> str:
        return f"no end after {self.limits.seconds:g} s"

    def stop_for_credentials(self, why: str) -> None:
        """Ends the run because the target rejects our credentials."""
        self.bad_credentials = True
        self.stop_reason = self.stop_reason or why

    async def _exchange(self, request: Request, identity: str, read_events: int | None) -> Exchange:
        final = self._signer.sign(request)
        safe_request = self._signer.redact(replace(final, raw=request.raw))
        started_at, start = time.time(), time.monotonic()
        body = _Body(self.limits.size, read_events)
        failure = None
        try:
            async with asyncio.timeout(self.limits.seconds), self.transport.open(final) as incoming:
                body.begin(incoming)
                await body.read(incoming.chunks)
        except TimeoutError:
            failure = self._endless
        except UnreachableError as error:
            failure = safe(scrub(str(error).encode(errors="replace"), self._secrets).decode())
        reply = body.reply(failure, time.monotonic() - start, started_at, self._secrets)
        traits = frozenset({"left-early"}) if body.left else frozenset[str]()
        return Exchange(identity, safe_request, reply, failure=failure or body.failure, traits=traits)


def tokens_of(reply: Reply) -> int:
    """How many tokens an answer reports; 0 when it reports none."""
    response = reply.fields if reply.stream is None else final_response(reply.stream)
    usage = response.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if type(total) is int and total > 0 else 0


def _too_large(size: int) -> str:
    return f"more than {size} bytes came"


class _Body:
    """A body as it arrives, up to a size; of a stream it counts the events."""

    def __init__(self, size: int, read_events: int | None) -> None:
        self._size = size
        self._read_events = read_events
        self._raw = bytearray()
        self._head: Incoming | None = None
        self.left = False
        self.failure: str | None = None

    def begin(self, incoming: Incoming) -> None:
        self._head = incoming

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        reader = sse.Reader() if self._read_events is not None else None
        count = 0
        async for chunk in chunks:
            self._raw += chunk[: self._size - len(self._raw)]
            if len(self._raw) >= self._size:
                self.failure = _too_large(self._size)
                return
            if reader is not None and self._read_events is not None:
                count += len(reader.feed(chunk))
                if count >= self._read_events:
                    self.left = True
                    return

    def reply(
        self, failure: str | None, seconds: float, started_at: float, secrets: tuple[str, ...]
    ) -> Reply | None:
        """The reply: of a stream the part that arrived; half a document is no reply."""
        if self._head is None:
            return None
        failure = failure or self.failure
        raw = scrub(bytes(self._raw), secrets)
        headers = _scrub_headers(self._head.headers, secrets)
        if failure and not is_stream(headers, raw):
            return None
        cut = self.left or failure is not None
        return read_reply(self._head.status, headers, raw, cut=cut, seconds=seconds, started_at=started_at)


def _scrub_headers(headers: Headers, secrets: Iterable[str]) -> Headers:
    pairs = headers.pairs
    for secret in secrets:
        pairs = tuple(
            (
                name.replace(secret.lower(), REDACTED).replace(secret, REDACTED),
                value.replace(secret, REDACTED),
            )
            for name, value in pairs
        )
    return Headers(pairs)
