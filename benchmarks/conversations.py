"""Loads that are more than one request: turns over WebSocket, background with polling, many open streams."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable

import aiohttp
from load import request_bytes

from servers import MODEL

CLIENTS = 8
HEADERS = {"Authorization": "Bearer benchmark"}
ENDS = ("response.completed", "response.failed", "response.incomplete", "error")
Client = Callable[[aiohttp.ClientSession, int, float], Awaitable[int]]


async def rate(port: int, seconds: float, client: Client) -> float:
    """How many rounds a second the clients complete together."""
    async with aiohttp.ClientSession(base_url=f"http://127.0.0.1:{port}", headers=HEADERS) as session:
        start = time.perf_counter()
        counts = await asyncio.gather(*(client(session, n, start + seconds) for n in range(CLIENTS)))
        return sum(counts) / (time.perf_counter() - start)


async def socket_turns(session: aiohttp.ClientSession, number: int, until: float) -> int:
    """Turns over one WebSocket, each with another text to count."""
    count = 0
    async with session.ws_connect("/v1/responses", max_msg_size=0) as connection:
        while time.perf_counter() < until:
            first = number * 100_000 + count
            text = f"Count from {first} to {first + 49}."
            await connection.send_json({"type": "response.create", "model": MODEL, "input": text})
            while json.loads(await connection.receive_str(timeout=10))["type"] not in ENDS:
                pass
            count += 1
    return count


async def polling(session: aiohttp.ClientSession, number: int, until: float) -> int:
    """Background responses, each polled until it has ended."""
    count = 0
    while time.perf_counter() < until:
        body = {"model": MODEL, "input": f"Say hello to {number}.{count}.", "background": True}
        async with session.post("/v1/responses", json=body) as reply:
            response = await reply.json()
        while response["status"] in ("queued", "in_progress"):
            async with session.get(f"/v1/responses/{response['id']}") as reply:
                response = await reply.json()
        count += 1
    return count


async def open_streams(port: int, count: int, look: Callable[[], float]) -> tuple[float, float]:
    """Opens so many slow streams at once: the seconds until all have begun, and what `look` then says."""
    body = request_bytes(port, {"model": MODEL, "input": "Count from 1 to 50.", "stream": True})
    start = time.perf_counter()
    writers: list[asyncio.StreamWriter] = []

    async def begin() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        writer.write(body)
        await asyncio.wait_for(reader.readuntil(b"data: "), 60)

    try:
        await asyncio.gather(*(begin() for _ in range(count)))
        return time.perf_counter() - start, look()
    finally:
        for writer in writers:
            with contextlib.suppress(OSError):
                writer.close()
