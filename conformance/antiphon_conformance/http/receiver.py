"""Receives webhooks on a port of this machine. With the proxy, the only server of the judge."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from antiphon_conformance.http.exchange import Headers
from antiphon_conformance.http.mailbox import Mailbox
from antiphon_conformance.http.network import SILENT

HOST = "127.0.0.1"
LARGEST = 1 << 16
"""The most bytes of one webhook."""
CLOSING = 1.0
"""Seconds that open connections get to end."""


@asynccontextmanager
async def receiving(port: int, secret: str, secrets: Iterable[str]) -> AsyncIterator[Mailbox]:
    """Receives until the block ends; keeps none of the `secrets`. Port 0 is any free one.

    Raises OSError when the port is in use.
    """
    mailbox = Mailbox(secret, secrets)

    async def take(request: web.Request) -> web.Response:
        content = await request.read()
        pairs = tuple((name.lower(), value) for name, value in request.headers.items())
        return web.Response(status=mailbox.take(request.path, Headers(pairs), content))

    app = web.Application(client_max_size=LARGEST)
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None, logger=SILENT, shutdown_timeout=CLOSING)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        mailbox.place = f"http://{HOST}:{runner.addresses[0][1]}/"
        yield mailbox
    finally:
        await runner.cleanup()


def check_port(port: int) -> None:
    """Raises OSError when nothing can listen on the port."""
    with socket.create_server((HOST, port)):
        pass
