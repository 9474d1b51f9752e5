"""A WebSocket connection into an ASGI application of this process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from antiphon_conformance.http.client import Incoming
from antiphon_conformance.http.connection import ClosedError, Connection
from antiphon_conformance.http.exchange import Headers

if TYPE_CHECKING:
    from antiphon_conformance.http.asgi import AsgiApp

BUFFER = 64
"""How many messages an application may be ahead of the reader, as with the buffer of a socket."""
REJECTED = 403
"""The status of an application that closes before it accepts (ASGI specification, "Close")."""
FAILED = 1011
"""The close code where the application raises or returns (RFC 6455, 7.4.1)."""
LEFT = {"type": "websocket.disconnect", "code": 1000}

_LOG = logging.getLogger(__name__)


class AsgiConnection(Connection):
    """The client's side of one connection."""

    def __init__(self) -> None:
        self._to_server: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._to_client: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue(BUFFER)
        self._has_left = False
        self._to_server.put_nowait({"type": "websocket.connect"})

    async def run(self, app: AsgiApp, scope: dict[str, Any]) -> None:
        """Runs the application until it ends the connection."""
        code = FAILED
        try:
            await app(scope, self._receive, self._send)
        except Exception:
            _LOG.exception("the application raised at WebSocket %s", scope["path"])
        await self._send({"type": "websocket.close", "code": code})

    async def handshake(self) -> Incoming | None:
        """None when the application accepts the connection, else its answer."""
        first = await self._to_client.get()
        if first["type"] == "websocket.accept":
            return None
        if first["type"] != "websocket.http.response.start":
            is_failure = first.get("code") == FAILED
            return Incoming(500 if is_failure else REJECTED, Headers(), _nothing())
        pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in first["headers"])
        return Incoming(first["status"], Headers(pairs), self._body())

    async def send(self, text: str) -> None:
        """Sends a text message."""
        self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    async def receive(self) -> str | bytes:
        """The next message. Raises ClosedError when the server has ended the connection."""
        message = await self._to_client.get()
        if message["type"] != "websocket.send":
            self._to_client.put_nowait(message)  # it stays closed
            raise ClosedError(message.get("code", 1000), message.get("reason") or "")
        text: str | None = message.get("text")
        return text if text is not None else bytes(message["bytes"])

    def leave(self) -> None:
        """The client closes the connection; what the server still sends is dropped."""
        self._has_left = True
        self._to_server.put_nowait(LEFT)
        while not self._to_client.empty():
            self._to_client.get_nowait()

    async def _receive(self) -> Any:
        return await self._to_server.get()

    async def _send(self, message: Mapping[str, Any]) -> None:
        if self._has_left:
            await asyncio.sleep(0)
            return
        await self._to_client.put(message)

    async def _body(self) -> AsyncIterator[bytes]:
        while (message := await self._to_client.get())["type"] == "websocket.http.response.body":
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return


async def _nothing() -> AsyncIterator[bytes]:
    yield b""
