"""A small HTTP/1.1 load client: sends prepared requests on keep-alive connections and counts the answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle


def request_bytes(port: int, body: dict[str, object]) -> bytes:
    """A POST of `body` to the responses endpoint, as bytes."""
    payload = json.dumps(body).encode()
    head = (
        f"POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer benchmark\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


@dataclass
class Tally:
    """The counts of one run."""

    answers: int = 0
    frames: int = 0
    bad: int = 0
    seconds: float = 0.0
    until: float = field(default=0.0)
    most: float = float("inf")
    """How many requests are sent at the most."""


class Connection(asyncio.Protocol):
    """Sends requests one after another and counts the answers until the time is up."""

    def __init__(self, requests: Iterator[bytes], tally: Tally, completion: asyncio.Future[None]) -> None:
        self.requests, self.tally, self.completion = requests, tally, completion
        self.buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if (request := next(self.requests, None)) is None:
            transport.close()
        else:
            transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if (end := self._end()) is None:
            return
        self.tally.answers += 1
        self.tally.bad += not self.buffer.startswith(b"HTTP/1.1 200")
        self.tally.frames += self.buffer.count(b"\ndata: ")
        del self.buffer[:end]
        is_time = time.perf_counter() < self.tally.until and self.tally.answers < self.tally.most
        request = next(self.requests, None) if is_time else None
        if request is None:
            self.transport.close()
        else:
            self.transport.write(request)

    def _end(self) -> int | None:
        """The end of the answer in the buffer; None while the answer is incomplete."""
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return None
        lower = bytes(self.buffer[:head]).lower()
        if (mark := lower.find(b"content-length:")) >= 0:
            end = head + 4 + int(lower[mark + 15 :].split(b"\r\n", 1)[0])
            return end if len(self.buffer) >= end else None
        return len(self.buffer) if self.buffer.endswith(b"0\r\n\r\n") else None

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.completion.done():
            self.completion.set_result(None)


def in_turn(port: int, bodies: Iterable[dict[str, object]]) -> Iterator[bytes]:
    """Creates with these bodies, again and again."""
    return cycle([request_bytes(port, body) for body in bodies])


async def load(
    port: int,
    requests: Iterator[bytes],
    seconds: float,
    connections: int = 16,
    most: float = float("inf"),
) -> Tally:
    """Sends the requests for `seconds`, or until `most` are answered, or none is left.

    The tally's `seconds` is the duration of the run.
    """
    loop = asyncio.get_running_loop()
    tally = Tally(most=most)
    start = time.perf_counter()
    tally.until = start + seconds
    futures: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    for future in futures:
        await loop.create_connection(
            lambda future=future: Connection(requests, tally, future), "127.0.0.1", port
        )
    await asyncio.wait_for(asyncio.gather(*futures), seconds + 30)
    tally.seconds = time.perf_counter() - start
    return tally
