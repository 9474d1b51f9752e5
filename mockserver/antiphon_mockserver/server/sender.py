"""Sends answers: applies mutants and variations, adds headers, applies faults, keeps time, writes bytes.

The headers are those of every answer, those of the dialect, and those that browsers need. No other module
uses sse-starlette.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson

from antiphon_mockserver.mutants import Call
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import EVENT_STREAM, JSON, Answer, Request, ServerContext, Streaming
from antiphon_mockserver.server.faults import Injection
from antiphon_mockserver.server.journal import Journal, JournalEntry
from antiphon_mockserver.state.clock import Clock, RealClock, Sleeper, http_date
from antiphon_spec.dialect import Dialect, MockTraits

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
DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"
"""A comment, which clients ignore (WHATWG HTML, 9.2.6)."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection of a request."""

    receive: Receive
    send: Send


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
        call = self._call(request)
        if 200 <= answer.status < 300 and isinstance(answer.body, dict):
            answer.body = self._apply("body", answer.body, call)
        kind = answer.headers.pop("content-type", JSON)
        pairs = self.headers.of(request, kind, self.now())
        if answer.headers:
            pairs += encode_headers(answer.headers)
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        await self._send_whole(request, answer.status, pairs, body, fault, connection)

    async def stream(
        self, request: Request, streaming: Streaming, fault: Injection, connection: Connection
    ) -> None:
        """Sends a stream."""
        call = self._call(request)
        frames: Sequence[bytes] = self._apply("sse", self._frames(request, streaming), call)
        if fault.cut is not None or fault.broken_frame is not None:
            frames = damage(frames, fault)
        # A fault takes real time, also where the clock stands still.
        clock: Clock = self.real_clock if fault.pace else self.server.clock
        schedule = self._schedule(frames, streaming, fault)
        body = b"".join(frame for _, frame in schedule) if schedule else b"".join(frames)
        pairs = self.headers.of(request, EVENT_STREAM, self.now())
        if not schedule or clock.virtual or self.changes["http"]:
            await self._send_whole(request, 200, pairs, body, fault, connection)
        else:
            self.note(request, 200, body)
            pieces = self._in_time(schedule, clock, streaming.response_id)
            await send_pieces(pieces, pairs, connection)

    def _frames(self, request: Request, streaming: Streaming) -> list[bytes]:
        """The frames of a stream, before a change of their bytes."""
        if streaming.are_chunks:
            return [*(b"data: %b\n\n" % orjson.dumps(chunk) for chunk in streaming.events), DONE]
        return encode(self.changed_events(request, streaming.events), self.server.dialect.mock)

    def changed_events(self, request: Request, events: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
        """The events as mutants and variations make them."""
        changed: Sequence[Any] = self._apply("events", events, self._call(request))
        return changed

    def now(self) -> bytes:
        """Returns the `Date` of an answer, from the same clock as `created_at`."""
        return http_date(int(self.server.clock.now()))

    async def _send_whole(
        self,
        request: Request,
        status: int,
        pairs: list[tuple[bytes, bytes]],
        body: bytes,
        fault: Injection,
        connection: Connection,
    ) -> None:
        has_length = True
        if self.changes["http"]:
            answer = self._apply("http", Answer(status, decode_headers(pairs), body), self._call(request))
            status, pairs = answer.status, encode_headers(answer.headers)
            body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
            has_length = answer.has_length
        self.note(request, status, body)
        silent = request.method == "HEAD"
        cut = fault.cut is not None
        await send(connection, status, pairs, body, silent=silent, cut=cut, has_length=has_length)

    def _schedule(
        self, frames: Sequence[bytes], streaming: Streaming, fault: Injection
    ) -> Sequence[TimedFrame]:
        """The frames with their times, and comments where nothing comes for long; () when all are due."""
        if fault.pace:
            start = self.real_clock.now()
            return [(start + index * fault.pace, frame) for index, frame in enumerate(frames)]
        if not streaming.times:
            return ()
        # A mutant may add frames, and some dialects end with `[DONE]`: they come with the last event.
        last = len(streaming.times) - 1
        schedule = [(streaming.times[min(index, last)], frame) for index, frame in enumerate(frames)]
        return list(with_comments(schedule, streaming.start, streaming.keep_alive))

    async def _in_time(
        self, schedule: Sequence[TimedFrame], clock: Clock, response_id: str
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
        if not any(self.changes.values()):
            return NO_CALL
        query = dict(parse_qsl(request.query_string, keep_blank_values=True))
        return Call(request.operation.id, request.method, request.path, query, request.body)

    def _apply(self, seam: str, value: Any, call: Call) -> Any:
        for change in self.changes[seam]:
            # Events share objects; copying each event alone lets a change concern one of them.
            copy = [deepcopy(event) for event in value] if isinstance(value, list) else deepcopy(value)
            value = change(copy, call)
        return value

    def note(self, request: Request, status: int, body: bytes) -> None:
        """Writes an exchange into the journal."""
        if self.journal.open:
            operation = request.operation.id or None
            self.journal.add(
                JournalEntry(
                    request.method, request.target, request.headers, request.body, operation, status, body
                )
            )


async def send(
    connection: Connection,
    status: int,
    pairs: list[tuple[bytes, bytes]],
    body: bytes,
    *,
    silent: bool = False,
    cut: bool = False,
    has_length: bool = True,
) -> None:
    """Sends an answer; `silent` omits its body (HEAD), `cut` omits its end.

    An event stream has no content length: no server knows it before the end (RFC 9112, 6.3).
    """
    is_stream = pairs[0][1].lower().startswith(b"text/event-stream")
    if has_length and not is_stream and not any(name == b"content-length" for name, _ in pairs):
        pairs.append((b"content-length", b"%d" % len(body)))
    await connection.send({"type": "http.response.start", "status": status, "headers": pairs})
    if cut:
        half = body if is_stream else body[: len(body) // 2]
        await connection.send({"type": "http.response.body", "body": half, "more_body": True})
    elif silent or len(body) <= WRITE_SIZE:
        await connection.send({"type": "http.response.body", "body": b"" if silent else body})
    else:
        for start in range(0, len(body), WRITE_SIZE):
            piece = body[start : start + WRITE_SIZE]
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


async def _send_each(pieces: AsyncIterator[bytes], send: Send) -> None:
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnection(receive: Receive) -> None:
    """Returns when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def encode(events: Iterable[Mapping[str, Any]], traits: MockTraits) -> list[bytes]:
    """Encodes all events, and adds `[DONE]` where the dialect requires it."""
    if traits.ascii_events:
        frames = [*map(ascii_frame, events)]
    else:
        dumps = orjson.dumps
        frames = [b"%b%b\n\n" % (beginning(event["type"]), dumps(event)) for event in events]
    if traits.sentinel == "required":
        frames.append(DONE)
    return frames


@lru_cache(maxsize=256)
def beginning(kind: str) -> bytes:
    """What the message of an event begins with: its `event` field repeats the type (ENV-02)."""
    return b"event: %b\ndata: " % kind.encode()


def ascii_frame(event: Mapping[str, Any]) -> bytes:
    """Encodes an event in ASCII only, so that a client can split the bytes anywhere."""
    data = json.dumps(event, separators=(",", ":")).encode("ascii")
    return b"%b%b\n\n" % (beginning(event["type"]), data)


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


Pairs = list[tuple[bytes, bytes]]

REQUESTS, TOKENS = 10_000, 2_000_000
"""The limits that answers advertise; only `--fault rate-limit=N` enforces one."""
A_DAY = "86400"


class Headers:
    """Builds the headers of a dialect's answers."""

    def __init__(self, dialect: Dialect) -> None:
        self.traits = traits = dialect.traits
        self.mock = mock = dialect.mock
        constant = {"access-control-allow-origin": "*", **traits.constant_headers}
        if mock.processing_header:
            constant[mock.processing_header] = "1"
        if names := exposed_headers(dialect):
            constant["access-control-expose-headers"] = ", ".join(names)
        self._constant = encode_headers(constant)
        self._request_id = mock.request_id_header.encode() if mock.request_id_header else None
        self._kinds: dict[str, Pairs] = {}

    def of(self, request: Request, content_type: str, date: bytes) -> Pairs:
        """Returns the headers of the answer to a request, without the length."""
        pairs = [*self._kind(content_type), (b"date", date)]
        if self._request_id is not None:
            pairs.append((self._request_id, request.identity.request.encode()))
        if self.mock.rate_limit_headers and request.method == "POST":
            pairs += rate_limits(request.number)
        return pairs

    def reject_too_large(self, headers: Mapping[str, str]) -> None:
        """Rejects headers that are larger in total than the dialect allows, with 431 (TRN-27)."""
        limit = self.traits.header_limit
        if limit is not None and sum(map(len, headers)) + sum(map(len, headers.values())) > limit:
            message = f"The headers are larger than {limit} bytes in total."
            raise ApiError(message, status=431, code="headers_too_large", headers={"connection": "close"})

    def _kind(self, content_type: str) -> Pairs:
        if content_type not in self._kinds:
            special = {"content-type": content_type}
            if content_type.startswith("text/event-stream"):
                special["cache-control"] = "no-cache"
            self._kinds[content_type] = encode_headers(special) + self._constant
        return self._kinds[content_type]


def encode_headers(headers: Mapping[str, str]) -> Pairs:
    """Encodes headers for the wire."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def decode_headers(pairs: Pairs) -> dict[str, str]:
    """Decodes headers for mutants and tests."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}


def exposed_headers(dialect: Dialect) -> list[str]:
    """The names of the headers that scripts in a browser may read, besides the safelisted ones."""
    special = [
        *dialect.traits.constant_headers,
        dialect.mock.processing_header,
        dialect.mock.request_id_header,
    ]
    limits = [name.decode() for name, _ in rate_limits(0)] if dialect.mock.rate_limit_headers else []
    return ["retry-after", *(name for name in special if name), *limits]


def rate_limits(number: int) -> Pairs:
    """The limits after this many identical requests; they never depend on other requests."""
    return [
        (b"x-ratelimit-limit-requests", b"%d" % REQUESTS),
        (b"x-ratelimit-limit-tokens", b"%d" % TOKENS),
        (b"x-ratelimit-remaining-requests", b"%d" % max(REQUESTS - 1 - number, 0)),
        (b"x-ratelimit-remaining-tokens", b"%d" % max(TOKENS - 1000 * (1 + number), 0)),
        (b"x-ratelimit-reset-requests", b"%dms" % (6 * (1 + number))),
        (b"x-ratelimit-reset-tokens", b"%dms" % (30 * (1 + number))),
    ]


def preflight(headers: Mapping[str, str], methods: Sequence[str]) -> Answer:
    """Answers OPTIONS, also without credentials (TRN-29). Rejects an unknown path with 404."""
    if not methods:
        raise ApiError("Unknown path.", status=404, code="unknown_url")
    method_list = ", ".join(methods)
    request_headers = headers.get("access-control-request-headers", "authorization, content-type")
    answer_headers = {
        "allow": method_list,
        "access-control-allow-methods": method_list,
        "access-control-allow-headers": request_headers,
        "access-control-max-age": A_DAY,
        "content-type": "text/plain; charset=utf-8",
        "vary": "access-control-request-headers",
    }
    return Answer(200, answer_headers, b"OK")
