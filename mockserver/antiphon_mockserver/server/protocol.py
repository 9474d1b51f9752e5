"""HTTP/1.1 for answers that are ready at once: a whole answer in one write, without a task.

uvicorn starts a task for each request, and the app sends its answer to it in messages. That costs as much as
the answer itself, and is of use only where an answer takes time or a body comes slowly. This protocol asks
the app for the answer as soon as the request has come, and leaves everything unusual to uvicorn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from antiphon_mockserver.server.app import MockApp
from antiphon_mockserver.server.context import EVENT_STREAM, Request
from antiphon_mockserver.server.haste import LongWorkError
from antiphon_mockserver.server.known_head import LARGEST_SIZE, KnownHead, RawHead
from antiphon_mockserver.server.sender import WRITE_SIZE, WRITTEN, Body, in_pieces, size_of

log = logging.getLogger("antiphon")

LARGEST_WRITE = 4 * WRITE_SIZE
"""The bytes of the largest body that is written at once: a client that does not read costs as much."""
LARGEST_HEAD = 1 << 21
"""Bytes of a head that may come; the server itself rejects one that is larger than its dialect allows."""
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TURN = 16
"""How many pieces of a long answer are written before others have their turn."""
METHODS = frozenset({"GET", "POST", "DELETE"})
SLOW = frozenset({"content-encoding", "expect", "transfer-encoding"})
"""The headers of a request whose body comes only later, or may be much larger than it looks."""

STREAM = b"content-type: %b\r\n" % EVENT_STREAM.encode()


class LongAnswer:
    """A long answer while it is written.

    It stands where uvicorn has the cycle of a request and its answer, so that requests which the client has
    already sent wait for its end.
    """

    disconnected = False
    """Whether the client has left."""
    response_complete = False

    def __init__(self, pieces: Iterator[bytes], *, keep_alive: bool) -> None:
        self.pieces = pieces
        self.keep_alive = keep_alive
        self.message_event = asyncio.Event()
        """Set when the client leaves; nobody waits for it here."""


class DirectProtocol(HttpToolsProtocol):
    """A connection; the requests on it are answered directly where that is possible."""

    app: Any
    cycle: Any
    in_head = False
    """Whether the headers of a request are still coming."""
    head_size = 0
    """About how many bytes of them have come."""
    long: LongAnswer | None = None
    """The long answer that is being written; later requests may already wait."""
    request: Request | None = None
    """The request whose body is coming; None when uvicorn has it."""
    idle_since: float | None = None
    """When the latest answer was written here, by the loop's clock; None once bytes have come since."""
    timer: asyncio.TimerHandle | None = None
    """Looks after a while whether the connection is idle."""
    known: dict[str, KnownHead]
    """The latest head that the app has accepted, by method."""
    data = b""
    """The bytes that came last, if a request may begin with them."""
    is_between = True
    """Whether the latest request is answered, and the next has not begun."""
    repeated: RawHead | None = None
    """The bytes of such a head: where they come again, nothing of them is parsed."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        self.known = {}
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Bytes have come; a head without an end is rejected before it fills the memory."""
        self.idle_since = None
        if self.is_between:
            if self.repeated is not None and (found := self.repeated.read(data)) and self._is_free():
                self.keeps_alive = True
                self._answer(*found)
                return
            self.data = data
        if self.in_head:
            self.head_size += len(data)
            if self.head_size > LARGEST_HEAD:
                self.transport.write(TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        self.in_head, self.head_size, self.is_between = True, 0, False
        self.url = b""
        self.lines: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header has come; those behind a body in chunks say nothing that we read (RFC 9110, 6.5.1)."""
        if self.in_head:
            self.lines.append((name, value))

    def on_headers_complete(self) -> None:
        """The headers have come: the request is read here, or by uvicorn."""
        self.in_head = False
        self.request = self._read_head()
        if self.request is not None:
            self.pieces: list[bytes] = []
            return
        url = self.url
        super().on_message_begin()
        self.url = url
        for name, value in self.lines:
            super().on_header(name, value)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body has come."""
        if self.request is None:
            super().on_body(body)
        else:
            self.pieces.append(body)

    def on_message_complete(self) -> None:
        """The request is complete: it is answered."""
        request = self.request
        if request is None:
            super().on_message_complete()
            return
        self.request = None
        content = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
        is_new = not request.admitted and request.earlier_key is None
        self._answer(request, content)
        self.is_between = True
        if is_new and request.admitted:
            self.known[request.method] = KnownHead(self.url, self.lines, request)
            self.repeated = RawHead.of(self.data, content, request) if self.keeps_alive else None
        self.data = b""

    def _answer(self, request: Request, content: bytes) -> None:
        app: MockApp = self.app
        try:
            status, lines, body = app.answer_at_once(request, content)
        except LongWorkError:
            self._answer_later(request)
            return
        if isinstance(body, bytes) and len(body) <= LARGEST_WRITE:
            self.transport.write(self._written(status, lines, body))
            if not self.keeps_alive:
                self.transport.close()
            self._await_next()
            return
        start = self._start(status, lines)
        self.cycle = self.long = LongAnswer(_in_pieces(start, lines, body), keep_alive=self.keeps_alive)
        self.flow.pause_reading()
        self._write_more(self.long)

    def _answer_later(self, request: Request) -> None:
        """Lets a thread answer a request that takes long work."""
        self.cycle = answer = LongAnswer(iter(()), keep_alive=self.keeps_alive)
        self.flow.pause_reading()
        task = self.loop.create_task(self._answer_beside(request, answer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer_beside(self, request: Request, answer: LongAnswer) -> None:
        try:
            status, lines, body = await self.app.answer_beside(request)
        except Exception:
            log.exception("an answer beside the loop")
            self.transport.close()
            return
        answer.pieces = _in_pieces(self._start(status, lines), lines, body)
        answer.keep_alive = answer.keep_alive and self.keeps_alive
        self.long = answer
        self._write_more(answer)

    def _await_next(self) -> None:
        """An answer is written: the connection waits for the next request, but not for ever.

        uvicorn sets a timer after each answer, and stops it with the next request; here one goes on.
        """
        self.server_state.total_requests += 1
        self.idle_since = self.loop.time()
        if self.timer is None:
            self.timer = self.loop.call_later(self.timeout_keep_alive, self._end_idleness)

    def _end_idleness(self) -> None:
        """Closes a connection that has waited long enough for a request; looks again later at another one."""
        self.timer = None
        if self.idle_since is None or self.transport.is_closing():
            return
        left = self.idle_since + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            self.transport.close()
        else:
            self.timer = self.loop.call_later(left, self._end_idleness)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left, or the connection was closed."""
        if self.timer is not None:
            self.timer.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """The client has read: a long answer goes on."""
        super().resume_writing()
        if self.long is not None:
            self._write_more(self.long)

    def _write_more(self, answer: LongAnswer) -> None:
        """Writes as much of a long answer as the client takes, and ends it."""
        for _turn in range(TURN):
            if self.flow.write_paused or self.transport.is_closing() or answer.response_complete:
                return
            try:
                piece = next(answer.pieces, None)
            except Exception:
                log.exception("a long answer")
                self.transport.close()
                return
            if piece is None:
                answer.response_complete, self.long = True, None
                if not answer.keep_alive:
                    self.transport.close()
                self.on_response_complete()
                return
            self.transport.write(piece)
        self.loop.call_soon(self._write_more, answer)

    def _is_free(self) -> bool:
        """Whether nothing is being answered, and the client reads."""
        is_done = self.cycle is None or self.cycle.response_complete
        return is_done and not self.flow.write_paused

    def _read_head(self) -> Request | None:
        """The request with these headers; None when uvicorn has to answer it."""
        app, parser, url = self.app, self.parser, self.url
        if not (self._is_free() and isinstance(app, MockApp) and app.answers_at_once):
            return None
        if parser.get_http_version() != "1.1":
            return None
        method = parser.get_method().decode("ascii")
        self.keeps_alive = parser.should_keep_alive()
        known = self.known.get(method)
        headers = None if known is None else known.again(self.lines)
        if known is not None and headers is not None and url == known.url:
            return known.request.again(headers)
        if not url.startswith(b"/") or url.startswith(b"//") or b"#" in url or not url.isascii():
            return None
        path, _, query = url.decode("latin-1").partition("?")
        if known is not None and headers is not None:
            key = known.request.key
            return Request(method, app.router.below_base(path), query, headers, earlier_key=key)
        if parser.should_upgrade():
            return None
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.lines}
        if method not in METHODS or int(headers.get("content-length", "0")) > LARGEST_SIZE:
            return None
        if not SLOW.isdisjoint(headers):
            return None
        return Request(method, app.router.below_base(path), query, headers)

    def _start(self, status: int, lines: bytes) -> bytes:
        """The bytes of an answer before those which tell its length; notes whether it is the last one."""
        if b"connection: close\r\n" in lines:
            self.keeps_alive = False
        elif not self.keeps_alive:
            lines += b"connection: close\r\n"
        return STATUS_LINE[status] + lines

    def _written(self, status: int, lines: bytes, body: bytes) -> bytes:
        """The bytes of an answer; a stream, whose length no head tells, comes in chunks."""
        start = self._start(status, lines)
        if not lines.startswith(STREAM):
            return b"%bcontent-length: %d\r\n\r\n%b" % (start, len(body), body)
        pieces = [start, b"transfer-encoding: chunked\r\n\r\n"]
        for first in range(0, len(body), WRITE_SIZE):
            piece = body[first : first + WRITE_SIZE]
            pieces += (b"%x\r\n" % len(piece), piece, b"\r\n")
        pieces.append(b"0\r\n\r\n")
        return b"".join(pieces)


def _in_pieces(start: bytes, lines: bytes, body: Body) -> Iterator[bytes]:
    """The bytes of a long answer, a few at a time; a stream comes in chunks."""
    if isinstance(body, WRITTEN) and not lines.startswith(STREAM):
        yield b"%bcontent-length: %d\r\n\r\n" % (start, size_of(body))
        yield from in_pieces((body,) if isinstance(body, bytes) else body)
        return
    yield b"%btransfer-encoding: chunked\r\n\r\n" % start
    for piece in in_pieces((body,)) if isinstance(body, bytes) else body:
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
