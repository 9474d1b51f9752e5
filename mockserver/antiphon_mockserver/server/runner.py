"""Runs the mock server: in this process, in several processes, or in a thread of a test run."""

from __future__ import annotations

import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing import get_context
from types import FrameType
from typing import Any, cast

import uvicorn

from antiphon_mockserver.server.app import MockApp, make_app
from antiphon_mockserver.settings import Settings

GRACE = 5
"""Seconds that open streams get to end when the server shuts down."""
BACKLOG = 2048


class Server(uvicorn.Server):
    """Calls `ready` after the start, and lets open streams send the rest before a shutdown."""

    def __init__(self, app: MockApp, ready: Callable[[], None] | None = None) -> None:
        super().__init__(configuration(app))
        self.app = app
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then calls `ready`."""
        await super().startup(sockets)
        if self.ready is not None:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends all waits, so that open streams send the rest of their events at once; then stops."""
        self.app.sleeper.hurry()
        await super().shutdown(sockets)


def configuration(app: MockApp) -> uvicorn.Config:
    """Configures uvicorn without dates (the app sends them), access logs and proxy headers."""
    return uvicorn.Config(
        app,
        http=http_protocol(),
        ws=cast(Any, socket_protocol),
        ws_max_size=app.settings.body_limit,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=75,
    )


def http_protocol() -> Any:
    """Our protocol where the extra `fast` has brought httptools, else uvicorn's own with h11."""
    try:
        return import_module("antiphon_mockserver.server.protocol").DirectProtocol
    except ModuleNotFoundError:
        return "h11"


def socket_protocol(**options: Any) -> Any:
    """Our protocol for WebSocket, imported with its first connection."""
    return import_module("antiphon_mockserver.server.socket_protocol").TextProtocol(**options)


def listen(host: str, port: int) -> socket.socket:
    """Returns a listening socket; port 0 means a free port. Raises OSError when the address is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def listen_apart(host: str, port: int, workers: int) -> list[socket.socket]:
    """Returns a listening socket for each worker, all on one port.

    On Linux each has a queue of its own, and the kernel spreads connections over them (SO_REUSEPORT);
    elsewhere the workers share one. Raises OSError when the address is in use.
    """
    first = listen(host, port)
    if workers == 1 or sys.platform != "linux":
        return [first] * workers
    family, place = first.family, first.getsockname()
    first.close()  # it has shown that no other server has this port, which sockets that share one do not
    sockets: list[socket.socket] = []
    for _ in range(workers):
        sockets.append(socket.create_server(place[:2], family=family, backlog=BACKLOG, reuse_port=True))
    return sockets


def address(listener: socket.socket) -> str:
    """Returns the URL of a listening socket, without a path."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    settings: Settings, listeners: Sequence[socket.socket], ready: Callable[[], None] | None = None
) -> None:
    """Serves until a signal stops it, a worker on each socket. Raises ValueError for invalid settings."""
    app = make_app(settings)
    _collect_rarely()
    if len(listeners) == 1:
        Server(app, ready).run([*listeners])
        return
    if settings.store == "memory":
        raise ValueError(
            "--workers: expected a --store that processes can share (sqlite:PATH or redis://...), got memory"
        )
    app.server.store.close()
    _supervise(settings, listeners, ready)


def _supervise(
    settings: Settings, listeners: Sequence[socket.socket], ready: Callable[[], None] | None
) -> None:
    """Runs a worker on each socket, until a signal arrives or all of them have ended."""
    context = get_context("spawn")
    processes = [context.Process(target=_work, args=(settings, listener)) for listener in listeners]
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGINT, signal.SIGTERM)}
    for process in processes:
        process.start()
    for listener in listeners:
        listener.close()  # the socket of a worker ends with it, and takes no more connections
    if ready is not None:
        ready()
    while any(process.is_alive() for process in processes) and not stopping.wait(0.2):
        pass
    _end(processes)
    for sign, handler in before.items():
        signal.signal(sign, handler)


def _end(processes: Sequence[Any]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(GRACE + 1)
        if process.is_alive():
            process.kill()


def _collect_rarely() -> None:
    """Looks for cycles once in ten thousand new objects: answering makes hardly any."""
    gc.freeze()  # what is there now stays: no collection has to look at it again
    gc.set_threshold(10_000, 20, 20)


def _work(settings: Settings, listener: socket.socket) -> None:
    """Runs one worker."""
    app = make_app(settings)
    _collect_rarely()
    Server(app).run([listener])


class BackgroundServer:
    """A server in a thread of this process; `stop` it, or use it in a `with` statement."""

    def __init__(self, settings: Settings) -> None:
        self.app = make_app(settings)
        self.listener = listen("127.0.0.1", 0)
        self.url = address(self.listener) + self.app.router.base
        """The base URL for clients: it ends where `/responses` begins."""
        self._ready = threading.Event()
        self._server = Server(self.app, self._ready.set)
        self._thread = threading.Thread(target=self._server.run, args=([self.listener],), daemon=True)

    def start(self) -> None:
        """Starts, and returns when the server answers. Raises RuntimeError after `GRACE` seconds."""
        self._thread.start()
        if not self._ready.wait(GRACE):
            raise RuntimeError(f"the mock server did not start within {GRACE} s")

    def stop(self) -> None:
        """Stops the server; open streams get the rest of their events."""
        self._server.should_exit = True
        self._thread.join(GRACE + 1)

    def __enter__(self) -> BackgroundServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
