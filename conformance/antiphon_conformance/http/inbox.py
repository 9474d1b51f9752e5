"""The messages that arrive on a WebSocket connection, also while nobody waits for them."""

from __future__ import annotations

import asyncio

from antiphon_conformance.http.client import UnreachableError
from antiphon_conformance.http.connection import ClosedError, Connection
from antiphon_conformance.http.turns import Message

STEPS = 5
"""How often the event loop gets its turn until a message that has arrived at this machine is read."""


class Inbox:
    """Reads one message ahead: none is lost when a wait ends early."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._next: asyncio.Task[Message] | None = None

    async def receive(self) -> Message:
        """The next message. Raises ClosedError or UnreachableError when the connection has ended."""
        message = await asyncio.shield(self._reading())
        self._next = None
        return message

    async def arrived(self) -> list[Message]:
        """The messages that are there by now, without a wait for further ones."""
        messages: list[Message] = []
        while await self._has_next():
            try:
                messages.append(await self.receive())
            except (ClosedError, UnreachableError):  # whoever sends or receives next will be told
                break
        return messages

    async def close(self) -> None:
        """Reads no further message."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)

    def _reading(self) -> asyncio.Task[Message]:
        if self._next is None:
            self._next = asyncio.ensure_future(self._connection.receive())
        return self._next

    async def _has_next(self) -> bool:
        for _ in range(STEPS):
            if self._reading().done():
                return True
            await asyncio.sleep(0)
        return False
