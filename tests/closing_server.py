"""The mock behind a real socket, as an HTTP/1.0 server answers: no length, no chunks, and the end of the
connection is the end of the body."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from antiphon_mockserver.server.app import MockApp, make_app
from antiphon_mockserver.settings import Settings

LONGEST_START = 10.0
"""Seconds until the server listens."""
FRAMING = (b"content-length", b"transfer-encoding", b"connection")


@contextmanager
def closing_server(**settings: Any) -> Iterator[str]:
    """The base URL of a server in a thread; it stops with the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    app = make_app(Settings(**settings))
    starting = asyncio.run_coroutine_threadsafe(_listen(app), loop)
    server = starting.result(LONGEST_START)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(LONGEST_START)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LONGEST_START)
        loop.close()


async def _listen(app: MockApp) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _exchange(app, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)


async def _stop(server: asyncio.Server) -> None:
    server.close()
    await server.wait_closed()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _exchange(app: MockApp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = line.split(" ")
    headers = [(name.lower().encode("latin-1"), value.strip().encode("latin-1"))
               for name, _, value in (text.partition(":") for text in lines)]  # fmt: skip
    body = await reader.readexactly(int(dict(headers).get(b"content-length", b"0")))
    path, _, query = target.partition("?")
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode("latin-1"),
             "query_string": query.encode("latin-1"), "headers": headers}  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            pairs = [pair for pair in message["headers"] if pair[0].lower() not in FRAMING]
            writer.write(b"HTTP/1.0 %d OK\r\n" % message["status"])
            writer.write(b"".join(b"%b: %b\r\n" % pair for pair in pairs) + b"connection: close\r\n\r\n")
        writer.write(message.get("body", b""))
        await writer.drain()

    await app(scope, receive, send)
