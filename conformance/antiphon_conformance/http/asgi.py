"""An ASGI application in this process as a transport: no port, no network.

Each request runs the application as a task. What it sends arrives piece by piece, as over a network; whoever
leaves early is a client that disconnected; background tasks go on after the answer. The application's
lifespan begins with the first request and ends with `close`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from antiphon_conformance.http.asgi_websocket import AsgiConnection
from antiphon_conformance.http.client import Incoming, UnreachableError
from antiphon_conformance.http.connection import Connection
from antiphon_conformance.http.exchange import Headers, Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

URL = "http://asgi/v1"
"""The base URL of an application that is in this process; its host is in the `host` header."""
BUFFER = 64
"""How many messages an application may be ahead of the reader, as with the buffer of a socket."""
GRACE = 2.0
"""How many seconds `close` waits for what still runs, before it cancels it."""
VERSION = {"version": "3.0", "spec_version": "2.3"}
"""A send to a client that has gone is dropped without an error, as the released servers do it."""

EXTENSIONS: Mapping[str, Any] = {"websocket.http.response": {}}
"""What a connection understands: an application may reject it with an answer of its own."""

_LOG = logging.getLogger(__name__)


class AsgiTransport:
    """Carries a request into an application and yields what it sends."""

    def __init__(self, app: AsgiApp, url: str = URL) -> None:
        parts = urlsplit(url)
        self.app = app
        self._host = parts.netloc
        self._root = parts.path.rstrip("/")
        self._query = parts.query
        self._lifespan: _Lifespan | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Incoming]:
        """Sends a request. Raises UnreachableError when the application ends without an answer."""
        await self._begin()
        call = _Call(request)
        self._start(call.run(self.app, self._scope(request)))
        try:
            yield await call.head()
        finally:
            call.leave()

    @asynccontextmanager
    async def connect(self, request: Request) -> AsyncIterator[Connection | Incoming]:
        """Asks for a WebSocket connection. Raises UnreachableError when the application did not start."""
        await self._begin()
        socket = {"type": "websocket", "scheme": "ws", "subprotocols": [], "extensions": EXTENSIONS}
        scope = {**self._scope(request), **socket}
        del scope["method"]
        connection = AsgiConnection()
        self._start(connection.run(self.app, scope))
        try:
            yield await connection.handshake() or connection
        finally:
            connection.leave()

    async def _begin(self) -> None:
        if self._lifespan is None:
            self._lifespan = _Lifespan()
            self._lifespan.start(self.app)
        await self._lifespan.started.wait()
        if self._lifespan.failure:
            raise UnreachableError(f"the application did not start: {self._lifespan.failure}")

    def _start(self, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(call)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Ends the lifespan. Waits a moment for background tasks, then cancels them."""
        await _finish(self._tasks)
        if self._lifespan is not None:
            await self._lifespan.end()
            self._lifespan = None  # the next run is in another event loop

    def _scope(self, request: Request) -> dict[str, Any]:
        path, _, query = request.path.partition("?")
        query = "&".join(filter(None, (query, self._query)))
        pairs = request.headers.pairs
        defaults = {"host": self._host, "content-length": str(len(request.raw or b""))}
        if request.raw is None:
            del defaults["content-length"]
        names = {name.lower() for name, _ in pairs}
        extra = tuple(pair for pair in defaults.items() if pair[0] not in names)
        return {
            "type": "http",
            "asgi": VERSION,
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(self._root + path),
            "raw_path": (self._root + path).encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in (*extra, *pairs)],
            "client": ("127.0.0.1", 1),
            "server": (self._host, 80),
            "state": dict(self._lifespan.state) if self._lifespan else {},
        }


class _Call:
    """One request in an application."""

    def __init__(self, request: Request) -> None:
        self._body = request.raw or b""
        self._is_read = False
        self._messages: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue(BUFFER)
        self._end = asyncio.Event()
        """Whether the answer is complete, or the client has gone."""

    async def run(self, app: AsgiApp, scope: dict[str, Any]) -> None:
        """Runs the application to its end, background tasks included."""
        try:
            await app(scope, self._receive, self._send)
        except Exception:
            _LOG.exception("the application raised at %s %s", scope["method"], scope["path"])
        finally:
            if not self._end.is_set():  # the reader waits for more
                await self._messages.put(None)

    async def head(self) -> Incoming:
        """The status and the headers. Of an application that raised, 500, as servers answer for it."""
        first = await self._messages.get()
        if first is None:
            return Incoming(500, Headers((("content-type", "text/plain; charset=utf-8"),)), _server_error())
        pairs = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in first.get("headers", ())
        )
        headers = Headers(pairs)
        return Incoming(first["status"], headers, self._chunks(headers.get("content-length")))

    def leave(self) -> None:
        """The client goes. An application that waits to send goes on, and its messages are dropped."""
        self._end.set()
        while not self._messages.empty():
            self._messages.get_nowait()

    async def _receive(self) -> Message:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._end.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._end.is_set():
            await asyncio.sleep(0)  # an endless stream must not block the others
            return
        await self._messages.put(message)

    async def _chunks(self, length: str | None) -> AsyncIterator[bytes]:
        size = 0
        while (message := await self._messages.get()) is not None:
            body = message.get("body", b"")
            size += len(body)
            if body:
                yield body
            if not message.get("more_body", False):
                self._end.set()
                if length is not None and length.isdigit() and int(length) > size:
                    break
                return
        raise UnreachableError("the connection was closed before the body had ended")


class _Lifespan:
    """The start and the end of an application, for those that have them."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        """What the application keeps between its start and its end; each request sees a copy."""
        self.started = asyncio.Event()
        self.failure = ""
        """Why the application did not start; empty when it did."""
        self._end = asyncio.Event()
        self._has_input = False
        self._task: asyncio.Task[None] | None = None

    def start(self, app: AsgiApp) -> None:
        """Starts the application; `started` is set when that is over."""
        self._task = asyncio.create_task(self._run(app))

    async def end(self) -> None:
        """Ends the application."""
        self._end.set()
        if self._task is not None:
            await _finish({self._task})

    async def _run(self, app: AsgiApp) -> None:
        scope: dict[str, Any] = {"type": "lifespan", "asgi": VERSION, "state": self.state}
        with suppress(Exception):  # an application without a lifespan raises, which is allowed
            await app(scope, self._receive, self._send)
        self.started.set()

    async def _receive(self) -> Message:
        if not self._has_input:
            self._has_input = True
            return {"type": "lifespan.startup"}
        await self._end.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            self.failure = str(message.get("message") or "it gave no reason")
        self.started.set()


async def _server_error() -> AsyncIterator[bytes]:
    yield b"Internal Server Error"


async def _finish(tasks: set[asyncio.Task[None]]) -> None:
    """Waits a moment for tasks, then cancels what is left."""
    if not tasks:
        return
    _, rest = await asyncio.wait(tasks, timeout=GRACE)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
