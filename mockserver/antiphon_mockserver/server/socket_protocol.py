"""WebSocket for texts that are ready: a frame is a head and the text, and many frames are one write.

uvicorn has each frame made by a state machine, which costs more than the text itself. This protocol leaves it
all but the texts of an open connection. It never compresses: over loopback that costs time and saves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.connection import ConnectionState

TEXTS = "antiphon.texts"
"""The extension of ASGI by which a `websocket.send` has many texts, one for each message."""
TURN = 1 << 12
"""Bytes that are read before others have their turn."""
SMALL, MIDDLE = 126, 1 << 16
"""From these bytes on, the length of a text takes two bytes more, and eight (RFC 6455, 5.2)."""
FINAL_TEXT = 0x81
"""The first byte of a frame that is a whole text."""


class TextProtocol(WSProtocol):
    """A connection whose texts are written at once."""

    waiting = b""
    """What has come and was not read yet."""

    def data_received(self, data: bytes) -> None:
        """Bytes have come: others have their turn between two pieces, which may have a thousand pings."""
        if self.waiting:
            self.waiting += data
        elif len(data) <= TURN:
            super().data_received(data)
        else:
            self.waiting = data
            self._read_more()

    def _read_more(self) -> None:
        """Reads a piece of what has come."""
        if self.transport.is_closing():
            self.waiting = b""
            return
        piece, self.waiting = self.waiting[:TURN], self.waiting[TURN:]
        super().data_received(piece)
        if self.waiting:
            self.transport.pause_reading()
            self.loop.call_soon(self._read_more)
        elif not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    async def run_asgi(self) -> None:
        """Serves the connection, and says that it takes many texts."""
        scope: Any = self.scope
        scope["extensions"][TEXTS] = {}
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        """Sends what the app says."""
        texts = message.get("texts")
        if texts is None and (text := message.get("text")) is not None:
            texts = (text,)
        if texts is None or message["type"] != "websocket.send":
            await super().send(message)
            return
        await self.writable.wait()
        if not self._is_open():
            await super().send({"type": "websocket.send", "text": next(iter(texts), "")})
            return
        self.transport.write(b"".join(frames(texts)))

    def _is_open(self) -> bool:
        is_busy = self.close_sent or self.response_started or not self.handshake_complete
        is_left = getattr(self, "disconnected", False) or self.transport.is_closing()
        return not is_busy and not is_left and self.conn.state is ConnectionState.OPEN


def frames(texts: Iterable[str]) -> Iterable[bytes]:
    """The head and the content of a frame for each text."""
    for text in texts:
        content = text.encode()
        length = len(content)
        if length < SMALL:
            yield bytes((FINAL_TEXT, length))
        elif length < MIDDLE:
            yield bytes((FINAL_TEXT, SMALL)) + length.to_bytes(2, "big")
        else:
            yield bytes((FINAL_TEXT, SMALL + 1)) + length.to_bytes(8, "big")
        yield content
