"""Posts webhooks: one request on a connection of its own, no redirect, and no wait without an end."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from antiphon_mockserver.server.origin import is_loopback

SECONDS = 10.0
"""The time limit of one try."""
HERE = ("127.0.0.1", "::1")
"""The addresses of `localhost`, whatever a name server says (RFC 6761, 6.3)."""
PORTS = {"http": 80, "https": 443}


async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Posts the body; returns the status of the answer, or 0 when none came.

    Of the answer only the status is read.
    """
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await _connect(parts)
            try:
                writer.write(_head(parts, headers, len(body)) + body)
                await writer.drain()
                return await _read_status(reader)
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):  # TimeoutError is an OSError
        return 0


async def _connect(parts: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host = parts.hostname or ""
    is_name = is_loopback(host) and host.endswith("localhost")
    trust = ssl.create_default_context() if parts.scheme == "https" else None
    failure: OSError = ConnectionRefusedError()
    for address in HERE if is_name else (host,):
        try:
            return await asyncio.open_connection(
                address,
                parts.port or PORTS[parts.scheme],
                ssl=trust,
                server_hostname=host if trust else None,
            )
        except OSError as problem:
            failure = problem
    raise failure


def _head(parts: SplitResult, headers: Mapping[str, str], length: int) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {target} HTTP/1.1", f"host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {length}", "connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _read_status(reader: asyncio.StreamReader) -> int:
    """The status of the answer, after those that only announce it (RFC 9110, 15.2)."""
    while True:
        protocol, status, *_ = (await reader.readline()).split(maxsplit=2)
        if not protocol.startswith(b"HTTP/1."):
            return 0
        if not status.startswith(b"1"):
            return int(status)
        while (await reader.readline()).strip():
            pass
