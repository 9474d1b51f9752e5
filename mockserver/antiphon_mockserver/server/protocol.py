"""HTTP/1.1 for answers that are ready at once: a whole answer in one write, without a task.

uvicorn starts a task for each request, and the app sends its answer to it in messages. That costs as much as
the answer itself, and is of use only where an answer takes time or a body comes slowly. This protocol asks
the app for the answer as soon as the request has come, and leaves everything unusual to uvicorn.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from antiphon_mockserver.server.app import MockApp
from antiphon_mockserver.server.context import EVENT_STREAM, Request
from antiphon_mockserver.server.sender import WRITE_SIZE

LARGEST_SIZE = 1 << 16
"""The bytes of the largest body that is awaited here."""
METHODS = frozenset({"GET", "POST", "DELETE"})
SLOW = frozenset({"expect", "transfer-encoding"})
"""The headers of a request whose body comes only later."""

STREAM = b"content-type: %b\r\n" % EVENT_STREAM.encode()


class DirectProtocol(HttpToolsProtocol):
    """A connection; the requests on it are answered directly where that is possible."""

    app: Any
    request: Request | None = None
    """The request whose body is coming; None when uvicorn has it."""

    def on_message_begin(self) -> None:
        """A request begins."""
        self.url = b""
        self.lines: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header has come."""
        self.lines.append((name, value))

    def on_headers_complete(self) -> None:
        """The headers have come: the request is read here, or by uvicorn."""
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
        app: MockApp = self.app
        content = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
        self.transport.write(self._written(*app.answer_at_once(request, content)))
        if not self.keeps_alive:
            self.transport.close()
        self.on_response_complete()

    def _read_head(self) -> Request | None:
        """The request with these headers; None when uvicorn has to answer it."""
        app, parser, url = self.app, self.parser, self.url
        is_free = self.cycle is None or self.cycle.response_complete
        if not (is_free and isinstance(app, MockApp) and app.answers_at_once) or self.flow.write_paused:
            return None
        if parser.should_upgrade() or parser.get_http_version() != "1.1":
            return None
        method = parser.get_method().decode("ascii")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.lines}
        if method not in METHODS or int(headers.get("content-length", "0")) > LARGEST_SIZE:
            return None
        if not SLOW.isdisjoint(headers):
            return None
        if not url.startswith(b"/") or url.startswith(b"//") or b"#" in url or not url.isascii():
            return None
        self.keeps_alive = parser.should_keep_alive()
        path, _, query = url.decode("latin-1").partition("?")
        return Request(method, app.router.below_base(path), query, headers)

    def _written(self, status: int, lines: bytes, body: bytes) -> bytes:
        """The bytes of an answer; a stream, whose length no head tells, comes in chunks."""
        start = STATUS_LINE[status]
        if b"connection: close\r\n" in lines:
            self.keeps_alive = False
        elif not self.keeps_alive:
            lines += b"connection: close\r\n"
        if not lines.startswith(STREAM):
            return b"%b%bcontent-length: %d\r\n\r\n%b" % (start, lines, len(body), body)
        pieces = [start, lines, b"transfer-encoding: chunked\r\n\r\n"]
        for first in range(0, len(body), WRITE_SIZE):
            piece = body[first : first + WRITE_SIZE]
            pieces += (b"%x\r\n" % len(piece), piece, b"\r\n")
        pieces.append(b"0\r\n\r\n")
        return b"".join(pieces)
