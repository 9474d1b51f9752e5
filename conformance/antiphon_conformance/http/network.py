"""Carries requests over the network. This is the only module of the judge's client that knows aiohttp."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import yarl

from antiphon_conformance.http.client import Incoming, UnreachableError
from antiphon_conformance.http.exchange import Headers, Request

LARGE = 1 << 20
"""From so many bytes on, a body is sent from a buffer."""


def _payload(raw: bytes | None) -> bytes | io.BytesIO | None:
    """A body as aiohttp takes it: it wants a large one as a file."""
    return io.BytesIO(raw) if raw is not None and len(raw) > LARGE else raw


class HttpTransport:
    """Over HTTP/1.1, with one pool of connections, without redirects, cookies or compression."""

    def __init__(self, url: str, connections: int = 100) -> None:
        self._url = url.rstrip("/")
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Incoming]:
        """Sends a request. Raises UnreachableError for every network error."""
        try:
            async with self._client().request(
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
            raise UnreachableError(f"cannot connect to {error.host}:{error.port}: {why}") from error
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            raise UnreachableError(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=2),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # we accept no compression, and a false label must show
                timeout=aiohttp.ClientTimeout(total=None),
                max_line_size=65536,
                max_field_size=65536,
            )
        return self._session
