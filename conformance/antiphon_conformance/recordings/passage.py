"""What passed the proxy: the bytes of one request and of its answer, as far as there was room for them."""

from __future__ import annotations

from dataclasses import replace

from antiphon_conformance.http import sse, strict_json
from antiphon_conformance.http.body import too_large
from antiphon_conformance.http.exchange import (
    GAVE_UP,
    OVER_WEBSOCKET,
    Exchange,
    Headers,
    Part,
    Reply,
    Request,
)
from antiphon_conformance.http.reply import is_stream, read_reply
from antiphon_conformance.http.text import safe
from antiphon_conformance.http.turns import Message, read_turn
from antiphon_conformance.recordings.bodies import CodingError, decode
from antiphon_spec.loading.construction import dataclass

COST = 2000
"""Bytes of memory of an exchange besides its headers and bodies."""
MEMORY_OPTION = "--max-memory"
NO_HEADERS = Headers()
LEFT = "the client left before the answer ended"


class Budget:
    """Bytes that may be in use at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.load = 0

    @property
    def room(self) -> int:
        """How many more bytes may be in use."""
        return max(0, self.most - self.load)

    def take(self, count: int) -> int:
        """How many of `count` bytes there is room for; they are in use from now on."""
        share = min(count, self.room)
        self.load += share
        return share

    def give_back(self, count: int) -> None:
        """Notes that `count` bytes are in use no more."""
        self.load -= count


class Kept:
    """The beginning of a body that passes: what one body may have, and what the budget has room for."""

    def __init__(self, budget: Budget, size: int) -> None:
        self._budget, self._size = budget, size
        self._raw = bytearray()
        self.cut = ""
        """Why the rest was not kept; empty while all of it was."""

    @property
    def raw(self) -> bytes:
        """What was kept."""
        return bytes(self._raw)

    def add(self, chunk: bytes) -> None:
        """Keeps a chunk, or as much of it as there is room for; after that, nothing."""
        if self.cut:
            return
        room = min(len(chunk), self._size - len(self._raw))
        share = self._budget.take(room)
        self._raw += chunk[:share]
        if share < len(chunk):
            self.cut = too_large(len(self._raw), MEMORY_OPTION if share < room else "--max-body")


@dataclass(frozen=True, slots=True)
class Passage:
    """One request that passed, and its answer. The texts say why something is not there; empty when it is."""

    id: str
    method: str
    path: str
    headers: Headers
    body: bytes = b""
    body_cut: str = ""
    """Why the body of the request was not kept to its end."""
    status: int | None = None
    reply_headers: Headers = NO_HEADERS
    reply_body: bytes = b""
    reply_cut: str = ""
    """Why the body of the answer was not kept to its end."""
    failure: str = ""
    """Why no answer came, or why it ended early."""
    has_left: bool = False
    """Whether the client disconnected before the end of the answer."""
    seconds: float = 0.0
    started_at: float = 0.0
    messages: tuple[Message, ...] | None = None
    """The messages of a turn over WebSocket, whose create is the body; None for a request over HTTP."""
    traits: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """Bytes of its bodies, as the budget counts them."""
        return len(self.body) + len(self.reply_body) + sum(map(len, self.messages or ()))

    @property
    def weight(self) -> int:
        """Bytes of memory besides its bodies, by an estimate."""
        pairs = (*self.headers.pairs, *self.reply_headers.pairs)
        return COST + len(self.path) + sum(len(name) + len(value) for name, value in pairs)


def exchange_of(passage: Passage, most_events: int) -> Exchange:
    """The exchange that a passage was. Of a stream, at most `most_events` events are read."""
    if passage.messages is not None:
        return _turn(passage, passage.messages)
    request, gaps = _request(passage)
    reply, cut = _reply(passage, most_events) if passage.status is not None else (None, passage.reply_cut)
    traits = {GAVE_UP} if cut else set[str]()
    traits |= {"left-early"} if passage.has_left else set()
    left = LEFT if passage.has_left and reply is None else ""
    failure = safe(passage.failure or cut or left) or None
    return Exchange(passage.id, request, reply, failure=failure, traits=frozenset(traits), not_recorded=gaps)


def bare(passage: Passage, why: str) -> Passage:
    """The passage without its bodies, which stay out because of `why`."""
    messages = None if passage.messages is None else ()
    return replace(passage, body=b"", body_cut=why, reply_body=b"", reply_cut=why, messages=messages)


def _turn(passage: Passage, messages: tuple[Message, ...]) -> Exchange:
    """The turn over WebSocket that a passage was."""
    request, gaps = _request(passage)
    failure = passage.failure or passage.reply_cut or (LEFT if passage.has_left else "")
    traits = {OVER_WEBSOCKET, *passage.traits}
    traits |= {GAVE_UP} if passage.reply_cut else set()
    traits |= {"left-early"} if passage.has_left else set()
    reply = _timed(read_turn(messages, cut=bool(failure)), passage) if messages else None
    return Exchange(
        passage.id, request, reply, failure=safe(failure) or None, traits=frozenset(traits), not_recorded=gaps
    )


def _request(passage: Passage) -> tuple[Request, frozenset[Part]]:
    """The request, and what of it is unknown: a body that was not kept whole, or is compressed."""
    plain = Request(passage.method, passage.path, passage.headers)
    unknown = frozenset({Part.REQUEST})
    if passage.body_cut:
        return plain, unknown
    try:
        raw = decode(passage.body, passage.headers)
    except CodingError:
        return plain, unknown
    reading = strict_json.read(raw) if raw else strict_json.Reading(None)
    if reading.faults:
        return replace(plain, raw=raw), frozenset()
    return replace(plain, body=reading.value), frozenset()


def _reply(passage: Passage, most_events: int) -> tuple[Reply | None, str]:
    """The answer, and why it is not whole: half a document is no answer, half a stream is one."""
    status, headers = passage.status or 0, passage.reply_headers
    cut = passage.reply_cut
    try:
        raw = decode(passage.reply_body, headers) if not cut else passage.reply_body
    except CodingError as error:
        return None, str(error)
    is_partial = bool(cut or passage.failure or passage.has_left)
    if not is_stream(headers, raw):
        if is_partial:
            return None, cut
        return _timed(read_reply(status, headers, raw), passage), ""
    stream = sse.read(raw, cut=is_partial, most=most_events)
    if stream.limited:
        cut = cut or f"we read {most_events} events and no more (--max-events)"
    return _timed(read_reply(status, headers, raw, stream=stream), passage), cut


def _timed(reply: Reply, passage: Passage) -> Reply:
    return replace(reply, seconds=passage.seconds, started_at=passage.started_at)
