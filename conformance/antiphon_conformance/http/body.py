"""The body of an answer as it arrives: how much of it is kept, and what it costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from antiphon_conformance.http import sse
from antiphon_conformance.http.exchange import Headers, Reply
from antiphon_conformance.http.redaction import Redaction
from antiphon_conformance.http.reply import is_stream, read_reply
from antiphon_spec.loading.construction import dataclass

MOST_ARRIVALS = 10_000
"""Of how many parts of a body the time is kept."""


def too_large(size: int, option: str = "--max-body") -> str:
    """Why a body was not read to its end, with the option that says so."""
    return f"we kept {size} bytes of the body and no more ({option})"


COST = 4
"""How many bytes of memory a byte of a body takes, once it is read."""
COST_OF_FRAME = 1500


def cost_of(reply: Reply | None) -> int:
    """How many bytes of memory a reply takes, by an estimate."""
    if reply is None:
        return 0
    frames = len(reply.stream.frames) if reply.stream is not None else reply.raw.count(b",")
    return COST * len(reply.raw) + (COST_OF_FRAME if reply.stream is not None else 100) * frames


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a body is kept, and the option that says so."""

    size: int
    events: int
    option: str
    """The option of the size."""


class Body:
    """A body as it arrives, up to a size; of a stream it counts the events."""

    def __init__(self, room: Room, read_events: int | None) -> None:
        self._room = room
        self._size = room.size
        self._lines = 0
        self._read_events = read_events
        self._raw = bytearray()
        self._head: tuple[int, Headers] | None = None
        self.left = False
        self.failure: str | None = None
        self.start = 0.0
        """When the request was sent, by the clock of the event loop."""
        self._arrivals: list[tuple[int, float]] = []

    def begin(self, status: int, headers: Headers) -> None:
        """The status and the headers have arrived."""
        self._head = status, headers

    async def read(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[None]:
        """Reads the body; yields after each piece that is not the last."""
        reader = sse.Reader() if self._read_events is not None else None
        count = 0
        async for chunk in chunks:
            self._raw += chunk[: self._size - len(self._raw)]
            if len(self._arrivals) < MOST_ARRIVALS:
                self._arrivals.append((len(self._raw), asyncio.get_running_loop().time() - self.start))
            if len(self._raw) >= self._size:
                self.failure = too_large(self._size, self._room.option)
                return
            self._lines += chunk.count(b"\n") + chunk.count(b"\r")
            if self._lines > sse.LINES * self._room.events and self._is_stream:
                self.failure = f"we read {self._room.events} events and no more (--max-events)"
                return
            if reader is not None and self._read_events is not None:
                count += len(reader.feed(chunk))
                if count >= self._read_events:
                    self.left = True
                    return
            yield

    @property
    def _is_stream(self) -> bool:
        return self._head is not None and is_stream(self._head[1], bytes(self._raw[:16]))

    def reply(
        self, failure: str | None, seconds: float, started_at: float, redaction: Redaction
    ) -> Reply | None:
        """The reply: of a stream the part that arrived; half a document is no reply."""
        if self._head is None:
            return None
        failure = failure or self.failure
        raw = redaction.raw(bytes(self._raw))
        status, headers = self._head[0], redaction.headers(self._head[1])
        if failure and not is_stream(headers, raw):
            return None
        cut = self.left or failure is not None
        stream = sse.read(raw, cut=cut, most=self._room.events) if is_stream(headers, raw) else None
        if stream is not None and stream.limited:
            self.failure = self.failure or f"we read {self._room.events} events and no more (--max-events)"
        reply = read_reply(status, headers, raw, seconds=seconds, started_at=started_at, stream=stream)
        whole = bool(self._arrivals) and self._arrivals[-1][0] == len(raw)
        return replace(reply, arrivals=tuple(self._arrivals)) if reply.stream is not None and whole else reply
