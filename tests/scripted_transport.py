"""A server of a few lines for tests of the judge: a function from a request to an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import orjson

from antiphon_conformance.http.client import Incoming, UnreachableError
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import read_reply

JSON = Headers((("content-type", "application/json"),))
EVENTS = Headers((("content-type", "text/event-stream"),))
Answer = tuple[int, object] | None


class ScriptedTransport:
    """A transport that calls a function; None means that the connection fails."""

    def __init__(self, answer: Callable[[Request], Answer], headers: Headers = JSON) -> None:
        self.answer = answer
        self.headers = headers
        self.details: list[Request] = []

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Incoming]:
        self.details.append(request)
        answer = self.answer(request)
        if answer is None:
            raise UnreachableError("connection refused")
        status, body = answer
        yield Incoming(status, EVENTS if isinstance(body, bytes) else self.headers, self._chunks(body))

    @asynccontextmanager
    async def connect(self, request: Request) -> AsyncIterator[Incoming]:
        """It offers no WebSocket."""
        yield Incoming(426, self.headers, self._chunks({"error": {"message": "No WebSocket."}}))

    async def close(self) -> None:
        pass

    @staticmethod
    async def _chunks(body: object) -> AsyncIterator[bytes]:
        if isinstance(body, bytes):
            for start in range(0, len(body), 20):
                yield body[start : start + 20]
        else:
            yield orjson.dumps(body)


def exchange(identity, body=None, *, status=200, path="/responses", method="POST", request_body=None, **how):
    """One exchange, without a server."""
    headers = EVENTS if isinstance(body, bytes) else JSON
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    request = Request(method, path, body=request_body)
    return Exchange(identity, request, read_reply(status, headers, raw), **how)


def response(**members):
    """A response object of the fewest members."""
    return {"id": "resp_1", "object": "response", "status": "completed", "output": [], **members}
