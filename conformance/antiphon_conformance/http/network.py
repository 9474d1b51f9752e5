"""Carries requests over the network. This is the only module of the judge's client that knows aiohttp."""

from __future__ import annotations

import errno
import io
import logging
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import yarl

from antiphon_conformance.http.address import Address, read_address
from antiphon_conformance.http.client import Incoming, UnreachableError
from antiphon_conformance.http.connection import ClosedError, Connection
from antiphon_conformance.http.exchange import Headers, Request
from antiphon_conformance.http.proxies import proxy_for
from antiphon_conformance.http.reply import headers

LARGE = 1 << 20
"""From so many bytes on, a body is sent from a buffer."""

LARGEST = 16 << 20
"""The most bytes of one message over WebSocket."""
CLOSING = 2.0
"""Seconds in which the server may answer our wish to close a connection."""
ABNORMAL = 1006
"""The close code of a connection that ended without one (RFC 6455, 7.1.5)."""
UPGRADE = (
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "YW50aXBob24gYXNrcyBhZw=="),
)
"""The headers that ask for an upgrade (RFC 6455, 4.1); the key is any 16 bytes."""


SILENT = logging.getLogger("antiphon.silent")
"""Where servers of the judge log: what they say of malformed requests may hold a key. A filter outlives a
configuration of other loggers."""
SILENT.addFilter(lambda record: False)


def _is_about_cookies(record: logging.LogRecord) -> bool:
    """Whether aiohttp complains about a cookie: it repeats what the target sent, and we keep no cookies."""
    return "cookie" in str(record.msg).lower()


for _name in ("aiohttp.client", "aiohttp.internal"):
    logging.getLogger(_name).addFilter(lambda record: not _is_about_cookies(record))


def _payload(raw: bytes | None) -> bytes | io.BytesIO | None:
    """A body as aiohttp takes it: it wants a large one as a file."""
    return io.BytesIO(raw) if raw is not None and len(raw) > LARGE else raw


class HttpTransport:
    """Over HTTP/1.1, with one pool of connections, without redirects, cookies or compression.

    The address may name a unix socket. A proxy of the environment is used, except for this machine.
    `ca_file` has the certificates to trust instead of the system's; `insecure` accepts any certificate.
    """

    def __init__(
        self, url: str, connections: int = 100, *, ca_file: str | None = None, insecure: bool = False
    ) -> None:
        self.address = read_address(url)
        self._connections = connections
        self._route = route(self.address, ca_file, insecure)
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Incoming]:
        """Sends a request. Raises UnreachableError for every network error."""
        try:
            async with self._client().request(
                request.method,
                yarl.URL(self.address.url(request.path), encoded=True),
                headers=[*request.headers.pairs, ("accept-encoding", "identity")],
                data=_payload(request.raw),
                allow_redirects=False,
                skip_auto_headers=("accept", "content-type", "user-agent"),
                **self._route,
            ) as answer:
                yield Incoming(answer.status, headers(answer.raw_headers), answer.content.iter_any())
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            raise UnreachableError(describe(error), is_refused=_is_refused(error)) from error

    @asynccontextmanager
    async def connect(self, request: Request) -> AsyncIterator[Connection | Incoming]:
        """Asks for a WebSocket connection. An answer that rejects it is asked for again, for its body.

        Raises UnreachableError for every network error.
        """
        try:
            socket = await self._client().ws_connect(
                yarl.URL(self.address.url(request.path), encoded=True),
                headers=request.headers.pairs,
                max_msg_size=LARGEST,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING),
                **self._route,
            )
        except aiohttp.WSServerHandshakeError:
            upgrade = replace(request, headers=Headers((*request.headers.pairs, *UPGRADE)))
            async with self.open(upgrade) as incoming:
                yield incoming
            return
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            raise UnreachableError(describe(error), is_refused=_is_refused(error)) from error
        try:
            yield _Socket(socket)
        finally:
            await socket.close()

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=connector(self.address, self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # we accept no compression, and a false label must show
                timeout=aiohttp.ClientTimeout(total=None),
                max_line_size=65536,
                max_field_size=65536,
            )
        return self._session


class _Socket(Connection):
    """A connection over the network."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        """Sends a text message. Raises UnreachableError when the connection is broken."""
        try:
            await self._socket.send_str(text)
        except (aiohttp.ClientError, OSError) as error:
            if self._socket.close_code is not None:
                raise ClosedError(self._socket.close_code) from error
            raise UnreachableError(describe(error)) from error

    async def receive(self) -> str | bytes:
        """The next message. Raises ClosedError when the server has ended the connection."""
        message = await self._socket.receive()
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            data: str | bytes = message.data
            return data
        if message.type is aiohttp.WSMsgType.ERROR:
            raise UnreachableError(describe(message.data))
        raise ClosedError(self._socket.close_code or ABNORMAL, str(message.extra or ""))


def _is_refused(error: Exception) -> bool:
    """Whether the host is there and nobody listens at its port, as where the server's process has ended."""
    code = errno.ECONNREFUSED
    return isinstance(error, OSError) and (error.errno == code or f"[Errno {code}]" in str(error))


def connector(address: Address, connections: int = 100, *, reuse: bool = True) -> aiohttp.BaseConnector:
    """The pool of connections to an address: to its host, or to its unix socket.

    Without `reuse` each request has a connection of its own, which no earlier answer can have ended.
    """
    keeping: dict[str, Any] = {"keepalive_timeout": 2} if reuse else {"force_close": True}
    if address.socket:
        return aiohttp.UnixConnector(address.socket, limit=connections, **keeping)
    return aiohttp.TCPConnector(limit=connections, **keeping)


def route(address: Address, ca_file: str | None, insecure: bool) -> dict[str, Any]:
    """The arguments of each request that say how to get there: the proxy and the trusted certificates.

    Raises OSError (`ssl.SSLError` is one) for a file without certificates.
    """
    trust: bool | ssl.SSLContext = not insecure
    if ca_file and not insecure:
        trust = ssl.create_default_context(cafile=ca_file)
    return {"proxy": proxy_for(address), "ssl": trust}


def describe(error: Exception) -> str:
    """A network error in words. A proxy's address, which may hold a password, is not repeated."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = getattr(error.certificate_error, "verify_message", "") or "it cannot be verified"
        return f"the certificate of {error.host} is not trusted: {why}; see --ca-file and --insecure"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy of the environment answered {error.status}"
    if isinstance(error, aiohttp.ClientConnectorError):
        kind = "the proxy " if isinstance(error, aiohttp.ClientProxyConnectionError) else ""
        if isinstance(error.os_error, ssl.SSLError):
            reason = error.os_error.reason or error.os_error
            return f"TLS failed at {error.host}:{error.port} ({reason}); is it http:// in place of https://?"
        code = error.os_error.errno
        is_number_of_system = code is not None and code > 0  # else it is of a resolver, whose words say more
        why = os.strerror(code or 0) if is_number_of_system else error.os_error.strerror or error.os_error
        host = f"[{error.host}]" if ":" in error.host else error.host
        place = getattr(error, "path", "") or f"{kind}{host}:{error.port}"  # a path is of a unix socket
        return f"cannot connect to {place}: {why}"
    return f"{type(error).__name__}: {error}"
