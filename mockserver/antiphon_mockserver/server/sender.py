"""Sends answers: applies mutants, adds headers, applies faults and writes the bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from antiphon_mockserver.mutants import Call, Mutant
from antiphon_mockserver.server import wire
from antiphon_mockserver.server.context import ServerContext
from antiphon_mockserver.server.exchange import EVENT_STREAM, JSON, Answer, Request, Streaming
from antiphon_mockserver.server.faults import Misfortune
from antiphon_mockserver.server.headers import Headers, decode_headers, encode_headers
from antiphon_mockserver.server.journal import Entry, Journal
from antiphon_mockserver.state.clock import Sleeper, http_date

NO_CALL = Call("", "", "", {}, None)
Mutants = Mapping[str, tuple[Mutant, ...]]


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection of a request."""

    scope: Any
    receive: wire.Receive
    send: wire.Send


class Sender:
    """Sends the answers of one server."""

    def __init__(self, server: ServerContext, mutants: Mutants, sleeper: Sleeper) -> None:
        self.server = server
        self.mutants = mutants
        self.sleeper = sleeper
        self.headers = Headers(server.dialect)
        self.journal = Journal(server.settings.journal)

    async def answer(
        self, request: Request, answer: Answer, fault: Misfortune, connection: Connection
    ) -> bytes:
        """Sends an answer in one piece, and returns its body before faults."""
        call = self._call(request)
        if 200 <= answer.status < 300 and isinstance(answer.body, dict):
            answer.body = self._mutate("body", answer.body, call)
        kind = answer.headers.pop("content-type", JSON)
        pairs = self.headers.of(request, kind, self.now())
        if answer.headers:
            pairs += encode_headers(answer.headers)
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        await self._send_whole(request, answer.status, pairs, body, fault, connection)
        return body

    async def stream(
        self, request: Request, streaming: Streaming, fault: Misfortune, connection: Connection
    ) -> bytes:
        """Sends a stream, and returns its bytes before faults."""
        call = self._call(request)
        events = self._mutate("events", streaming.events, call)
        frames: Sequence[bytes] = self._mutate("sse", wire.frames(events, self.server.dialect.mock), call)
        pairs = self.headers.of(request, EVENT_STREAM, self.now())
        body = b"".join(frames)
        pace = fault.pace or (0.0 if self.server.clock.virtual else streaming.pace)
        if pace and not self.mutants["http"]:
            self._note(request, 200, body)
            pieces = self._pace_frames(wire.damage(frames, fault), pace, streaming)
            await wire.send_paced(pieces, pairs, connection.scope, connection.receive, connection.send)
            return body
        if fault.cut is not None or fault.broken_frame is not None:
            body = b"".join(wire.damage(frames, fault))
        await self._send_whole(request, 200, pairs, body, fault, connection)
        return body

    async def ready(self, request: Request, kind: str, body: bytes, connection: Connection) -> None:
        """Sends a cached body."""
        self._note(request, 200, body)
        await send(connection, 200, self.headers.of(request, kind, self.now()), body)

    def now(self) -> bytes:
        """Returns the `Date` of an answer, from the same clock as `created_at`."""
        return http_date(int(self.server.clock.now()))

    async def _send_whole(
        self,
        request: Request,
        status: int,
        pairs: list[tuple[bytes, bytes]],
        body: bytes,
        fault: Misfortune,
        connection: Connection,
    ) -> None:
        if self.mutants["http"]:
            answer = self._mutate("http", Answer(status, decode_headers(pairs), body), self._call(request))
            status, pairs = answer.status, encode_headers(answer.headers)
            body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        self._note(request, status, body)
        silent = request.method == "HEAD"
        await send(connection, status, pairs, body, silent=silent, cut=fault.cut is not None)

    async def _pace_frames(
        self, frames: Sequence[bytes], pace: float, streaming: Streaming
    ) -> AsyncIterator[bytes]:
        """The frames one by one; stops when the response is cancelled."""
        for index, frame in enumerate(frames):
            if index:
                await self.sleeper.wait(pace)
                record = self.server.store.get(streaming.response_id)
                if record is not None and record.cut is not None:
                    return
            yield frame

    def _call(self, request: Request) -> Call:
        if not self.server.settings.mutants:
            return NO_CALL
        query = dict(parse_qsl(request.query_string, keep_blank_values=True))
        return Call(request.operation.id, request.method, request.path, query, request.body)

    def _mutate(self, seam: str, value: Any, call: Call) -> Any:
        for mutant in self.mutants[seam]:
            # Events share objects; copying each event alone lets a mutant change one of them.
            copy = [deepcopy(event) for event in value] if isinstance(value, list) else deepcopy(value)
            value = mutant.mutate(copy, call)
        return value

    def _note(self, request: Request, status: int, body: bytes) -> None:
        if self.journal.open:
            operation = request.operation.id or None
            self.journal.add(
                Entry(request.method, request.target, request.headers, request.body, operation, status, body)
            )


async def send(
    connection: Connection,
    status: int,
    pairs: list[tuple[bytes, bytes]],
    body: bytes,
    *,
    silent: bool = False,
    cut: bool = False,
) -> None:
    """Sends an answer; `silent` omits its body (HEAD), `cut` omits its end.

    An event stream has no content length: no server knows it before the end (RFC 9112, 6.3).
    """
    is_stream = pairs[0][1].startswith(b"text/event-stream")
    if not is_stream and not any(name == b"content-length" for name, _ in pairs):
        pairs.append((b"content-length", b"%d" % len(body)))
    await connection.send({"type": "http.response.start", "status": status, "headers": pairs})
    if cut:
        half = body if is_stream else body[: len(body) // 2]
        await connection.send({"type": "http.response.body", "body": half, "more_body": True})
    elif silent or len(body) <= wire.WRITE_SIZE:
        await connection.send({"type": "http.response.body", "body": b"" if silent else body})
    else:
        for piece in wire.split(body):
            await connection.send({"type": "http.response.body", "body": piece, "more_body": True})
        await connection.send({"type": "http.response.body", "body": b""})
