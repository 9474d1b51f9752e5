"""The server under test: a Request goes out, an Exchange comes back, whatever the server does.

This is the one module that knows aiohttp. `Target` never raises for anything that a server can do: a refused
connection, a reset, garbage, silence and an endless body all become an Exchange with a `failure`. A
`Transport` carries the bytes; tests bring one that calls an application without sockets.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from types import TracebackType
from typing import Protocol

import aiohttp
import orjson
import yarl

from antiphon_conformance import sse
from antiphon_conformance.exchange import Exchange, Headers, Reply, Request, final_response
from antiphon_conformance.reply import is_stream, read_reply
from antiphon_conformance.text import safe
from antiphon_conformance.transcript import REDACTED, hideable_secrets, redact, scrub

AGENT = f"antiphon/{version('antiphon')}"
"""What we call ourselves; finding out takes a millisecond, and it is sent with every request."""
DEAD_AFTER = 3
"""After so many calls in a row without an answer, or an end of it, the run ends: it would take hours."""
LARGE = 1 << 20
"""From so many bytes on, a body is streamed out of a buffer."""
PLACEHOLDER = "no-key"
"""Sent when there is no key: clients cannot do without one, so servers that need none expect any."""
KEY = "{api_key}"
"""In the value of a header, this stands for the key: scenarios never see it."""
RETRIES = 1
"""How often a request is sent again whose answer was lost on the way: trouble of the network is no fault."""
FIRST_PAUSE = 0.1


class Unreachable(Exception):  # noqa: N818 - it names what the target is
    """No answer came, or it broke off."""


class Exhausted(Exception):  # noqa: N818 - it names what the run is
    """No further request may be sent: the limit is reached, the target is dead, or it refuses our
    credentials."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer whose head has arrived."""

    status: int
    headers: Headers
    chunks: AsyncIterator[bytes]


class Transport(Protocol):
    """Carries bytes to the server and back."""

    def open(self, request: Request) -> AbstractAsyncContextManager[Incoming]:
        """Sends a request whose headers and `raw` are final. Raises Unreachable."""

    async def close(self) -> None:
        """Lets go of connections."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a run."""

    seconds: float = 60.0
    """For one request, from first byte to last."""
    requests: int | None = None
    tokens: int | None = None
    """As the answers themselves count them."""
    size: int = 16 * 1024 * 1024
    """For one body, in bytes."""


@dataclass(slots=True)
class Target:
    """A server under test, and how much may be asked of it."""

    transport: Transport
    api_key: str | None = None
    limits: Limits = Limits()
    request_count: int = 0
    retry_count: int = 0
    tokens: int = 0
    """How many tokens the answers said that they took."""
    stop_reason: str | None = None
    """Why nothing more may be sent."""
    bad_credentials: bool = False
    """Whether the target refused our credentials."""
    _silent: int = 0
    _answered: bool = False
    _secrets: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        key = self.api_key
        self._secrets = hideable_secrets([key] if key else [])

    async def __aenter__(self) -> Target:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.transport.close()

    @property
    def dead(self) -> bool:
        """Whether so many calls in a row went unanswered that the run is over."""
        return self._silent >= DEAD_AFTER

    async def send(self, request: Request, identity: str, *, read_events: int | None = None) -> Exchange:
        """Sends one request. After `read_events` events of a stream the connection is closed.

        Raises Exhausted when no further request may be sent.
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
            what = "end its answer" if exchange.reply else "answer"
            self.stop_reason = f"the target did not {what} {DEAD_AFTER} times in a row: {exchange.failure}"
        return exchange

    def _lost(self, exchange: Exchange) -> bool:
        """Whether the connection to a target that has answered before gave way: asking again may help."""
        ours = exchange.failure in (self._endless, _too_large(self.limits.size))
        return self._answered and exchange.reply is None and not ours

    async def _attempt(self, request: Request, identity: str, read_events: int | None) -> Exchange:
        """Sends it once, if the budget allows it."""
        self.stop_reason = self.stop_reason or self._spent()
        if self.stop_reason is not None:
            raise Exhausted(self.stop_reason)
        self.request_count += 1
        exchange = await self._exchange(request, identity, read_events)
        self._answered = self._answered or exchange.reply is not None
        if request.method == "POST" and exchange.reply is not None:
            self.tokens += tokens_of(exchange.reply)
        return exchange

    def _spent(self) -> str | None:
        """Which budget is used up."""
        if self.limits.requests is not None and self.request_count >= self.limits.requests:
            return f"the limit of {self.limits.requests} requests is reached"
        if self.limits.tokens is not None and self.tokens >= self.limits.tokens:
            return f"the budget of {self.limits.tokens} tokens is used up: the answers counted {self.tokens}"
        return None

    @property
    def _endless(self) -> str:
        return f"no end after {self.limits.seconds:g} s"

    def stop_for_credentials(self, why: str) -> None:
        """Ends the run because the target does not accept our credentials."""
        self.bad_credentials = True
        self.stop_reason = self.stop_reason or why

    async def _exchange(self, request: Request, identity: str, read_events: int | None) -> Exchange:
        final = _finished(request, self.api_key)
        kept = redact(replace(final, body=request.body, raw=request.raw), self._secrets)
        started_at, start = time.time(), time.monotonic()
        body = _Body(self.limits.size, read_events)
        failure = None
        try:
            async with asyncio.timeout(self.limits.seconds), self.transport.open(final) as incoming:
                body.begin(incoming)
                await body.read(incoming.chunks)
        except TimeoutError:
            failure = self._endless
        except Unreachable as error:
            failure = safe(scrub(str(error).encode(errors="replace"), self._secrets).decode())
        reply = body.reply(failure, time.monotonic() - start, started_at, self._secrets)
        traits = frozenset({"left-early"}) if body.left else frozenset[str]()
        return Exchange(identity, kept, reply, failure=failure or body.failure, traits=traits)


def tokens_of(reply: Reply) -> int:
    """How many tokens an answer says that it took; 0 when it says nothing of the kind."""
    response = reply.fields if reply.stream is None else final_response(reply.stream)
    usage = response.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if type(total) is int and total > 0 else 0


def _too_large(size: int) -> str:
    return f"more than {size} bytes came"


class _Body:
    """A body as it arrives: bounded, and read as a stream while it is one."""

    def __init__(self, size: int, read_events: int | None) -> None:
        self._size = size
        self._wanted = read_events
        self._raw = bytearray()
        self._head: Incoming | None = None
        self.left = False
        self.failure: str | None = None

    def begin(self, incoming: Incoming) -> None:
        self._head = incoming

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        reader = sse.Reader() if self._wanted is not None else None
        seen = 0
        async for chunk in chunks:
            self._raw += chunk[: self._size - len(self._raw)]
            if len(self._raw) >= self._size:
                self.failure = _too_large(self._size)
                return
            if reader is not None and self._wanted is not None:
                seen += len(reader.feed(chunk))
                if seen >= self._wanted:
                    self.left = True
                    return

    def reply(
        self, failure: str | None, seconds: float, started_at: float, secrets: tuple[str, ...]
    ) -> Reply | None:
        """The reply, of a stream as far as it came; half a document is no reply."""
        if self._head is None:
            return None
        failure = failure or self.failure
        raw = scrub(bytes(self._raw), secrets)
        sent = _scrubbed(self._head.headers, secrets)
        if failure and not is_stream(sent, raw):
            return None
        cut = self.left or failure is not None
        return read_reply(self._head.status, sent, raw, cut=cut, seconds=seconds, started_at=started_at)


def _scrubbed(headers: Headers, secrets: Iterable[str]) -> Headers:
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


def _finished(request: Request, api_key: str | None) -> Request:
    """The request with the headers that every client sends; a header given as empty is left out
    altogether."""
    raw = request.raw
    if raw is None and request.body is not None:
        raw = orjson.dumps(request.body)
    usual = {"accept": "application/json, text/event-stream", "user-agent": AGENT}
    if raw is not None:
        usual["content-type"] = "application/json"
    key = api_key or PLACEHOLDER
    usual["authorization"] = f"Bearer {key}"
    given = {name.lower() for name, _ in request.headers.pairs}
    added = tuple(pair for pair in usual.items() if pair[0] not in given)
    pairs = tuple((name, value.replace(KEY, key)) for name, value in request.headers.pairs if value)
    return replace(request, headers=Headers((*added, *pairs)), raw=raw)


def _payload(raw: bytes | None) -> bytes | io.BytesIO | None:
    """aiohttp wants to be handed a large body as a file."""
    return io.BytesIO(raw) if raw is not None and len(raw) > LARGE else raw


class HttpTransport:
    """Over HTTP/1.1, with one pool of connections, without redirects, cookies or compression."""

    def __init__(self, url: str, connections: int = 100) -> None:
        self._url = url.rstrip("/")
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Incoming]:
        """Sends a request. Raises Unreachable for everything that can go wrong on the way."""
        try:
            async with self._connected().request(
                request.method,
                yarl.URL(self._url + request.path, encoded=True),
                headers=[*request.headers.pairs, ("accept-encoding", "identity")],
                data=_payload(request.raw),
                allow_redirects=False,
                skip_auto_headers=("accept", "content-type", "user-agent"),
            ) as answer:
                pairs = tuple((str(name), str(value)) for name, value in answer.headers.items())
                yield Incoming(answer.status, Headers(pairs), answer.content.iter_any())
        except TimeoutError:
            raise
        except aiohttp.ClientConnectorError as error:
            why = error.os_error.strerror or error.os_error
            raise Unreachable(f"cannot connect to {error.host}:{error.port}: {why}") from error
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=2),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # nothing compressed was asked for, and a false label must show
                timeout=aiohttp.ClientTimeout(total=None),
                max_line_size=65536,
                max_field_size=65536,
            )
        return self._session
