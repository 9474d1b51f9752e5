"""What a transport offers of a WebSocket connection."""

from __future__ import annotations

from abc import ABC, abstractmethod


class ClosedError(Exception):
    """The server has ended a WebSocket connection; `code` is its close code (RFC 6455, 7.4)."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"the connection was closed ({code}{f': {reason}' if reason else ''})")
        self.code = code


class Connection(ABC):
    """A WebSocket connection that the server accepted."""

    @abstractmethod
    async def send(self, text: str) -> None:
        """Sends a text message. Raises ClosedError or UnreachableError."""

    @abstractmethod
    async def receive(self) -> str | bytes:
        """The next message, text or binary. Raises ClosedError or UnreachableError."""
