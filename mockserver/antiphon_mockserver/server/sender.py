"""Sends answers: applies mutants and variations, adds headers, applies faults, keeps time, writes bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from antiphon_mockserver.mutants import Call
from antiphon_mockserver.response.frames import DONE, encode, write
from antiphon_mockserver.server.context import EVENT_STREAM, JSON, Answer, Request, ServerContext, Streaming
from antiphon_mockserver.server.faults import Injection
from antiphon_mockserver.server.headers import Headers, Pairs, decode_headers, encode_headers, lines
from antiphon_mockserver.server.journal import Journal, JournalEntry
from antiphon_mockserver.state.clock import Clock, RealClock, Sleeper, http_date
from antiphon_spec.loading.construction import dataclass

NO_CALL = Call("", "", "", {}, None)
Changes = Mapping[str, Sequence[Callable[[Any, Call], Any]]]
"""What mutants and variations change, by seam."""
Message = MutableMapping[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Message], Any]
TimedFrame = tuple[float, bytes]
"""When a frame is due, in Unix seconds of a clock, and its bytes."""

WRITE_SIZE = 1 << 16
"""Bytes per write: a larger one saves hardly any time."""
WRITTEN = (bytes, tuple)
Body = bytes | tuple[bytes, ...] | Iterator[bytes]
"""The bytes of an answer: whole, in pieces that share what they repeat, or made while they are sent."""
KEEP_ALIVE = b": keep-alive\n\n"
"""A comment, which clients ignore (WHATWG HTML, 9.2.6)."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection of a request."""

    receive: Receive
    send: Send


class Whole(NamedTuple):
    """An answer as it goes over the wire, in one piece."""

    status: int
    pairs: Pairs
    """Its headers."""
    body: bytes | tuple[bytes, ...]
    is_stream: bool


class Sender:
    """Sends the answers of one server."""

    def __init__(self, server: ServerContext, changes: Changes, sleeper: Sleeper) -> None:
        self.server = server
        self.changes = changes
        self.real_clock = RealClock(sleeper)
        self.headers = Headers(server.dialect)
        self.journal = Journal(server.settings.journal)

    async def answer(
        self, request: Request, answer: Answer, fault: Injection, connection: Connection
    ) -> None:
        """Sends an answer in one piece."""
        await self._send_whole(request, self.whole(request, answer), fault, connection)

    async def stream(
        self, request: Request, streaming: Streaming, fault: Injection, connection: Connection
    ) -> None:
        """Sends a stream."""
        frames = self._frames(request, streaming)
        if fault.cut is not None or fault.broken_frame is not None:
            frames = damage([*frames], fault)
        # A fault takes real time, also where the clock stands still.
        clock: Clock = self.real_clock if fault.pace else self.server.clock
        is_due = clock.virtual or not (fault.pace or streaming.times)
        is_changed = self.changes["http"] or self.journal.open or fault.cut is not None
        if is_due and streaming.is_long and not is_changed and request.method != "HEAD":
            pairs = self.headers.of(request, EVENT_STREAM, self.now())
            await send_pieces(at_once(in_pieces(frames)), pairs, connection)
            return
        schedule: Iterable[TimedFrame] = self._schedule(frames, streaming, fault)
        if is_due or self.changes["http"]:
            body = b"".join(frame for _, frame in schedule)
            await self._send_whole(request, self._finish(request, EVENT_STREAM, body), fault, connection)
            return
        if self.journal.open:
            schedule = [*schedule]
            self.note(request, 200, b"".join(frame for _, frame in schedule))
        pieces = self._in_time(schedule, clock, streaming.response_id)
        pairs = self.headers.of(request, EVENT_STREAM, self.now())
        await send_pieces(pieces, pairs, connection)

    def whole(self, request: Request, answer: Answer | Streaming) -> Whole:
        """An answer in one piece, whenever its parts are due; notes it in the journal."""
        if isinstance(answer, Streaming):
            return self._finish(request, EVENT_STREAM, b"".join(self._frames(request, answer)))
        if 200 <= answer.status < 300 and isinstance(answer.body, dict):
            answer.body = self._apply("body", answer.body, request)
        kind = answer.headers.pop("content-type", JSON)
        return self._finish(request, kind, written(answer.body), answer)

    def lines(self, request: Request, answer: Answer | Streaming) -> tuple[int, bytes, Body]:
        """The status, the lines of the headers but for the length, and the body of an answer that nothing
        changes, of a long stream in pieces; notes it in the journal."""
        status, kind, extra = 200, EVENT_STREAM, b""
        body: Body
        if isinstance(answer, Streaming):
            body = self._body(request, answer)
        else:
            status = answer.status
            kind = answer.headers.pop("content-type", JSON)
            body = answer.body if isinstance(answer.body, WRITTEN) else orjson.dumps(answer.body)
            extra = lines(encode_headers(answer.headers)) if answer.headers else b""
        if isinstance(body, WRITTEN):
            self.note(request, status, body)
        return status, self.headers.lines(request, kind, self.now()) + extra, body

    def _body(self, request: Request, streaming: Streaming) -> bytes | Iterator[bytes]:
        """The bytes of a stream that nothing changes; in pieces if it is long and no journal keeps it."""
        if streaming.is_long and not self.journal.open:
            return in_pieces(self._frames(request, streaming))
        if streaming.are_chunks:
            return b"".join(self._frames(request, streaming))
        return write(streaming.events, self.server.dialect.mock)

    def _finish(
        self, request: Request, kind: str, body: bytes | tuple[bytes, ...], answer: Answer | None = None
    ) -> Whole:
        """The answer with its headers, after the changes of both."""
        pairs = self.headers.of(request, kind, self.now())
        status, has_length = 200, True
        if answer is not None:
            status = answer.status
            pairs += encode_headers(answer.headers)
        if self.changes["http"]:
            changed = self._apply("http", Answer(status, decode_headers(pairs), body), request)
            status, pairs, has_length = changed.status, encode_headers(changed.headers), changed.has_length
            body = written(changed.body)
        # No server knows the length of a stream before its end (RFC 9112, 6.3).
        is_stream = pairs[0][1].lower().startswith(b"text/event-stream")
        if has_length and not is_stream and not any(name == b"content-length" for name, _ in pairs):
            pairs.append((b"content-length", b"%d" % size_of(body)))
        self.note(request, status, body)
        return Whole(status, pairs, body, is_stream)

    def _frames(self, request: Request, streaming: Streaming) -> Iterable[bytes]:
        """The frames of a stream, as mutants and variations make them."""
        frames: Iterable[bytes]
        if streaming.are_chunks:
            frames = chain((b"data: %b\n\n" % orjson.dumps(chunk) for chunk in streaming.events), (DONE,))
        else:
            frames = encode(self.changed_events(request, streaming.events), self.server.dialect.mock)
        if self.changes["sse"]:
            frames = self._apply("sse", [*frames], request)
        return frames

    def changed_events(self, request: Request, events: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
        """The events as mutants and variations make them."""
        if not self.changes["events"]:
            return events
        changed: Sequence[Any] = self._apply("events", list(events), request)
        return changed

    def now(self) -> bytes:
        """Returns the `Date` of an answer, from the same clock as `created_at`."""
        return http_date(int(self.server.clock.now()))

    async def _send_whole(
        self, request: Request, whole: Whole, fault: Injection, connection: Connection
    ) -> None:
        await send(connection, whole, silent=request.method == "HEAD", cut=fault.cut is not None)

    def _schedule(
        self, frames: Iterable[bytes], streaming: Streaming, fault: Injection
    ) -> Iterator[TimedFrame]:
        """The frames with their times, 0 when all are due, and comments where nothing comes for long."""
        if fault.pace or not streaming.times:
            start = self.real_clock.now() if fault.pace else 0.0
            return ((start + index * fault.pace, frame) for index, frame in enumerate(frames))
        # A mutant may add frames, and some dialects end with `[DONE]`: they come with the last event.
        times, last = streaming.times, len(streaming.times) - 1
        schedule = ((times[min(index, last)], frame) for index, frame in enumerate(frames))
        return with_comments(schedule, streaming.start, streaming.keep_alive)

    async def _in_time(
        self, schedule: Iterable[TimedFrame], clock: Clock, response_id: str
    ) -> AsyncIterator[bytes]:
        """The frames, each when it is due; stops when the response is cancelled."""
        for time, frame in schedule:
            if (seconds := time - clock.now()) > 0:
                await clock.wait(seconds)
                record = self.server.responses.get(response_id)
                if record is not None and record.cut is not None:
                    return
            yield frame

    def _call(self, request: Request) -> Call:
        query = dict(parse_qsl(request.query_string, keep_blank_values=True))
        return Call(request.operation.id, request.method, request.path, query, request.body)

    def _apply(self, seam: str, value: Any, request: Request) -> Any:
        if not self.changes[seam]:
            return value
        call = self._call(request)
        for change in self.changes[seam]:
            # Events share objects; copying each event alone lets a change concern one of them.
            copy = [deepcopy(event) for event in value] if isinstance(value, list) else deepcopy(value)
            value = change(copy, call)
        return value

    def note(self, request: Request, status: int, body: bytes | tuple[bytes, ...]) -> None:
        """Writes an exchange into the journal."""
        if self.journal.open:
            body = body if isinstance(body, bytes) else b"".join(body)
            operation = request.operation.id or None
            self.journal.add(
                JournalEntry(
                    request.method, request.target, request.headers, request.body, operation, status, body
                )
            )


def written(body: Any) -> bytes | tuple[bytes, ...]:
    """The body of an answer as bytes: JSON, if it is not written yet."""
    return body if isinstance(body, WRITTEN) else orjson.dumps(body)


def size_of(body: bytes | tuple[bytes, ...]) -> int:
    """How many bytes an answer has."""
    return len(body) if isinstance(body, bytes) else sum(map(len, body))


async def send(connection: Connection, whole: Whole, *, silent: bool = False, cut: bool = False) -> None:
    """Sends an answer; `silent` omits its body (HEAD), `cut` omits its end."""
    status, pairs, body, is_stream = whole
    await connection.send({"type": "http.response.start", "status": status, "headers": pairs})
    if cut:
        body = body if isinstance(body, bytes) else b"".join(body)
        half = body if is_stream else body[: len(body) // 2]
        await connection.send({"type": "http.response.body", "body": half, "more_body": True})
    elif silent or (isinstance(body, bytes) and len(body) <= WRITE_SIZE):
        await connection.send({"type": "http.response.body", "body": b"" if silent else body})
    else:
        for piece in in_pieces((body,) if isinstance(body, bytes) else body):
            await connection.send({"type": "http.response.body", "body": piece, "more_body": True})
        await connection.send({"type": "http.response.body", "body": b""})


async def send_pieces(
    pieces: AsyncIterator[bytes], pairs: Sequence[tuple[bytes, bytes]], connection: Connection
) -> None:
    """Sends the pieces of a stream as they come, until they end or the client disconnects."""
    await connection.send({"type": "http.response.start", "status": 200, "headers": list(pairs)})
    sending = asyncio.create_task(_send_each(pieces, connection.send))
    leaving = asyncio.create_task(_disconnection(connection.receive))
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sending.cancel()
        leaving.cancel()
    await asyncio.wait((sending, leaving))
    if not sending.cancelled():
        sending.result()  # raises what the pieces raised


async def at_once(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Pieces that are due."""
    for piece in pieces:
        yield piece


def in_pieces(frames: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about `WRITE_SIZE`, made of frames that are made when they are needed."""
    waiting: list[bytes] = []
    size = 0
    for frame in frames:
        waiting.append(frame)
        size += len(frame)
        if size >= WRITE_SIZE:
            whole = b"".join(waiting)
            waiting, size = [], 0
            for start in range(0, len(whole), WRITE_SIZE):
                yield whole[start : start + WRITE_SIZE]
    yield b"".join(waiting)


async def _send_each(pieces: AsyncIterator[bytes], send: Send) -> None:
    size = 0
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        size += len(piece)
        if size >= WRITE_SIZE:  # others have their turn, and it shows whether the client has left
            size = 0
            await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnection(receive: Receive) -> None:
    """Returns when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def damage(frames: Sequence[bytes], fault: Injection) -> Sequence[bytes]:
    """Returns the frames as a bad network delivers them."""
    copies = list(frames)
    index = fault.broken_frame
    if index is not None and index < len(copies):
        whole = copies[index].rstrip(b"\n")
        copies[index] = whole[: len(whole) * 2 // 3] + b"\n\n"
    return copies[: fault.cut]


def with_comments(schedule: Iterable[TimedFrame], start: float, keep_alive: float) -> Iterator[TimedFrame]:
    """The frames, with a comment after each `keep_alive` seconds in which none comes; 0 means no comments."""
    silent_since = start
    for time, content in schedule:
        while keep_alive and silent_since + keep_alive < time:
            silent_since += keep_alive
            yield silent_since, KEEP_ALIVE
        silent_since = max(silent_since, time)
        yield time, content
