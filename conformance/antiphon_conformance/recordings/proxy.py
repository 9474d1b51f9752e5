"""Forwards requests to a server and keeps what passes; another process records and judges it.

What passes is not changed, but for the headers of the connection: a body may be of any length, of which the
beginning is kept. A client that leaves ends the work of the target, as it would without a proxy.

Each request has a connection to the target of its own. A target may end a connection at any time after an
answer, and a proxy may not repeat a request that has effects (RFC 9110, 9.2.2): on a connection that was used
before, such a request could be lost, though the client had opened a new one.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

import aiohttp
import yarl
from aiohttp import web

from antiphon_conformance.http.address import Address, read_address, shown
from antiphon_conformance.http.exchange import Headers, Request
from antiphon_conformance.http.network import SILENT, connector, describe, route
from antiphon_conformance.http.proxies import secrets_of
from antiphon_conformance.http.redaction import is_secret
from antiphon_conformance.http.reply import field_text, headers
from antiphon_conformance.http.text import safe
from antiphon_conformance.recordings.beside import Beside, JudgingLimits
from antiphon_conformance.recordings.judge_process import Job, Work
from antiphon_conformance.recordings.keys import MOST_KEYS, keys_of
from antiphon_conformance.recordings.passage import NO_HEADERS, Budget, Kept, Passage
from antiphon_conformance.recordings.proxy_sockets import LARGEST_MESSAGE, SocketRelay, is_upgrade
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"}
    | {"trailer", "upgrade", "transfer-encoding", "host", "accept-encoding", "expect"}
)
"""Headers of one connection (RFC 9110, 7.6.1), and those that we say ourselves."""
UPGRADES = {
    False: (("accept-encoding", "identity"),),
    True: (("accept-encoding", "identity"), ("connection", "Upgrade"), ("upgrade", "websocket")),
}
"""The headers that we say ourselves, by whether the client asks for WebSocket."""
OF_SOCKETS = "sec-websocket-"
"""How the headers of an upgrade begin, which each connection has of its own."""
PROTOCOLS = "sec-websocket-protocol"
LARGEST_HEADER = 65_536
"""Bytes of a line of a header, of a request and of an answer."""
LAST_WAIT = 30.0
"""Seconds that a proxy which ends gives to what is still to be judged."""
LAST_ANSWERS = 3.0
"""Seconds that a proxy which ends gives to answers that are under way."""
ERRORS = (aiohttp.ClientError, OSError, ValueError, EOFError)
"""What a target or the way to it makes the client raise."""


class _ClientLeftError(Exception):
    """The client disconnected before the end of the answer."""


@dataclass(slots=True)
class _Passing:
    """An exchange that is under way."""

    request: Request
    body: Kept
    reply: Kept
    wall_start: float = field(default_factory=time.time)
    start: float = field(default_factory=time.monotonic)
    status: int | None = None
    reply_headers: Headers = NO_HEADERS
    failure: str = ""
    has_left: bool = False

    def passage(self, identity: str) -> Passage:
        """What passed."""
        request = self.request
        return Passage(
            identity,
            request.method,
            request.path,
            request.headers,
            self.body.raw,
            self.body.cut,
            self.status,
            self.reply_headers,
            self.reply.raw,
            self.reply.cut,
            self.failure,
            self.has_left,
            time.monotonic() - self.start,
            self.wall_start,
        )


@dataclass(slots=True)
class Proxy:
    """Forwards requests to `target`, records the exchanges and has them judged."""

    target: str
    dialect: Dialect
    show: Callable[[str], None]
    """Called with each line for people."""
    record: Path | None = None
    ca_file: str | None = None
    """The file with the certificates to trust; None for those of the system."""
    insecure: bool = False
    limits: JudgingLimits = field(default_factory=JudgingLimits)
    count: int = 0
    _session: aiohttp.ClientSession | None = None
    _sockets: set[web.WebSocketResponse] = field(default_factory=set)
    _address: Address = field(init=False)
    _route: Mapping[str, Any] = field(init=False)
    _budget: Budget = field(init=False)
    _beside: Beside = field(init=False)
    _own_secrets: tuple[str, ...] = field(default=(), init=False, repr=False)
    _keys: dict[str, None] = field(default_factory=dict, repr=False)
    """The keys that came last, of all clients: the target may give one to another."""

    def __post_init__(self) -> None:
        """Raises what `read_address` and `route` raise."""
        self._address = read_address(self.target)
        self._route = route(self._address, self.ca_file, self.insecure)
        self._own_secrets = (*self._address.secrets, *secrets_of(self._address))
        self._keys.update(dict.fromkeys(self._own_secrets))
        self._budget = Budget(self.limits.memory)
        work = Work(self.dialect.name, self.record, self.limits.events)
        self._beside = Beside(work, self.limits, self._budget, self.show)

    @property
    def counts(self) -> Counter[Outcome]:
        """How often each outcome was found."""
        return self._beside.counts

    @property
    def losses(self) -> int:
        """How many exchanges are in no record, for want of memory."""
        return self._beside.losses

    async def start(self) -> None:
        """Starts the process that judges. Raises ProcessEndedError where that fails."""
        await self._beside.start()

    async def forward(self, incoming: web.Request) -> web.StreamResponse:
        """Forwards one request and returns the answer: 502 when the target does not answer, 400 when the
        request cannot be forwarded."""
        self.count += 1
        identity = f"proxy/{self.count}"
        path = _below(self._address.base, field_text(incoming.raw_path))
        request = Request(incoming.method, path, headers(incoming.raw_headers))
        if is_upgrade(request.headers) and (socket := await self._upgrade(incoming, request, identity)):
            return socket
        size = self.limits.body
        passing = _Passing(request, Kept(self._budget, size), Kept(self._budget, size))
        outgoing = web.StreamResponse()
        try:
            await self._relay(incoming, passing, outgoing)
        except asyncio.CancelledError:  # so the server tells that the client has left
            passing.has_left = True
            raise
        except _ClientLeftError:
            passing.has_left = True
        except ERRORS as error:
            passing.failure = passing.failure or describe(error)
            if not outgoing.prepared:
                if isinstance(error, _NotForwardedError):
                    return _error(400, str(error))
                return _error(502, f"the target did not answer: {passing.failure}")
            if incoming.transport is not None:
                incoming.transport.close()  # the client sees an answer without its end, as we did
        finally:
            self._beside.put(Job(passing.passage(identity), self._keys_with(request)))
        return outgoing

    async def _upgrade(
        self, incoming: web.Request, request: Request, identity: str
    ) -> web.WebSocketResponse | None:
        """Passes a WebSocket connection, up to its end. None where the target rejects the upgrade: the
        request is then forwarded as any other, and its answer tells why."""
        names = (request.headers.get(PROTOCOLS) or "").split(",")
        protocols = [name.strip() for name in names if name.strip()]
        pairs = [pair for pair in _passed_on(request.headers) if not pair[0].lower().startswith(OF_SOCKETS)]
        options: dict[str, Any] = {"autoping": False, "autoclose": False, "max_msg_size": LARGEST_MESSAGE}
        try:
            target = await self._connect().ws_connect(
                self._url(request.path), headers=pairs, protocols=protocols, **options, **self._route
            )
        except ERRORS:
            return None
        chosen = [target.protocol] if target.protocol else []
        client = web.WebSocketResponse(protocols=chosen, compress=False, **options)
        try:
            await client.prepare(incoming)
            self._sockets.add(client)
            relay = SocketRelay(
                identity,
                request.path,
                request.headers,
                self._budget,
                lambda passage: self._beside.put(Job(passage, self._keys_with(request))),
            )
            await relay.run(client, target)
        finally:
            self._sockets.discard(client)
            await target.close()
        return client

    async def close_sockets(self) -> None:
        """Closes the WebSocket connections of clients."""
        for client in [*self._sockets]:
            await client.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    async def _relay(self, incoming: web.Request, passing: _Passing, outgoing: web.StreamResponse) -> None:
        """Sends the request and copies the answer to the client as it arrives."""
        request = passing.request
        url = self._url(request.path)
        async with self._connect().request(
            request.method,
            url,
            headers=[*_passed_on(request.headers), *UPGRADES[is_upgrade(request.headers)]],
            data=_copy_in(incoming, passing.body) if incoming.body_exists else None,
            allow_redirects=False,
            skip_auto_headers=("accept", "content-type", "user-agent"),
            **self._route,
        ) as answer:
            passing.status, passing.reply_headers = answer.status, headers(answer.raw_headers)
            outgoing.set_status(answer.status, answer.reason)
            for name, value in _passed_on(passing.reply_headers):
                outgoing.headers.add(name, value)
            await _copy_out(answer, incoming, outgoing, passing.reply)

    def _url(self, path: str) -> yarl.URL:
        """The URL of a path. Raises _NotForwardedError where it would lead elsewhere than to the target."""
        if not path.startswith("/"):
            raise _NotForwardedError("the target of a request is a path that begins with `/`")
        try:
            return yarl.URL(self._address.url(path), encoded=True)
        except ValueError:
            raise _NotForwardedError("the path of the request cannot be read") from None

    def _keys_with(self, request: Request) -> tuple[str, ...]:
        """The keys that came last, with those of this request."""
        for key in filter(is_secret, keys_of(request)):
            self._keys.pop(key, None)
            self._keys[key] = None
        while len(self._keys) > MOST_KEYS:
            self._keys.pop(next(key for key in self._keys if key not in self._own_secrets))
        return tuple(self._keys)

    def _connect(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=connector(self._address, 0, reuse=False),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                max_line_size=LARGEST_HEADER,
                max_field_size=LARGEST_HEADER,
            )
        return self._session

    async def close(self) -> None:
        """Waits for what is still to be judged, a while, and closes the connections to the target."""
        if self._session is not None:
            await self._session.close()
        await self._beside.close(LAST_WAIT)


class _NotForwardedError(ValueError):
    """A request cannot be forwarded."""


def _error(status: int, why: str) -> web.Response:
    return web.json_response({"error": {"message": safe(why)}}, status=status)


def _passed_on(fields: Headers) -> list[tuple[str, str]]:
    """The headers that are for the other end, not for this connection."""
    extras = {name.strip().lower() for value in fields.all("connection") for name in value.split(",")}
    ours = HOP_BY_HOP | extras
    has_chunks = fields.get("transfer-encoding") is not None
    ours |= {"content-length"} if has_chunks else set()
    return [(name, value) for name, value in fields.pairs if name.lower() not in ours]


async def _copy_in(incoming: web.Request, copy: Kept) -> AsyncIterator[bytes]:
    """The body of the request, as it arrives."""
    async for chunk in incoming.content.iter_any():
        copy.add(chunk)
        yield chunk


async def _copy_out(
    answer: aiohttp.ClientResponse, incoming: web.Request, outgoing: web.StreamResponse, copy: Kept
) -> None:
    """Copies the body to the client as it arrives. Raises _ClientLeftError."""
    try:
        await outgoing.prepare(incoming)
    except ConnectionError:
        raise _ClientLeftError from None
    async for chunk in answer.content.iter_any():
        copy.add(chunk)
        try:
            await outgoing.write(chunk)
        except ConnectionError:
            raise _ClientLeftError from None
    try:
        await outgoing.write_eof()
    except ConnectionError:
        raise _ClientLeftError from None


def _below(target: str, path: str) -> str:
    """The path without the target's own path (`/v1`), which clients may repeat."""
    base = yarl.URL(target).path.rstrip("/")
    return path.removeprefix(base) if base and path.startswith(base + "/") else path


async def serve(proxy: Proxy, host: str, port: int) -> None:
    """Serves until SIGINT or SIGTERM. Raises OSError, and ProcessEndedError where nobody can judge."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", proxy.forward)
    app.on_shutdown.append(lambda _: proxy.close_sockets())
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=SILENT,
        handler_cancellation=True,
        shutdown_timeout=LAST_ANSWERS,
        auto_decompress=False,
        max_line_size=LARGEST_HEADER,
        max_field_size=LARGEST_HEADER,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        await proxy.start()
        address = runner.addresses[0]
        proxy.show(
            f"http://{address[0]}:{address[1]} -> {safe(shown(proxy.target))}, judged as {proxy.dialect.name}"
        )
        await _wait_for_signal()
    finally:
        await runner.cleanup()
        await proxy.close()


async def _wait_for_signal() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
