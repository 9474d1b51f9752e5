"""Passes the messages of a WebSocket connection both ways, and keeps its turns.

A turn is handed on when the next one begins, or the connection ends: until then something may still come of
it. What passes is not changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import field

import aiohttp
import orjson
from aiohttp import web

from antiphon_conformance.http.exchange import WARMS_UP, Headers
from antiphon_conformance.http.turns import Message
from antiphon_conformance.recordings.passage import NO_HEADERS, Budget, Passage
from antiphon_conformance.recordings.sockets import Recorded, Turns
from antiphon_spec.loading.construction import dataclass

LARGEST_MESSAGE = 16 << 20
NORMAL, FAILED = 1000, 1011
UNSENT_CODES = frozenset({0, 1004, 1005, 1006, 1015})
"""Close codes that no endpoint sends (RFC 6455, 7.4.1)."""
PASSING = frozenset(
    {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG}
)
NO_ROOM = "the memory for what passes is used up (--max-memory)"
Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


def is_upgrade(headers: Headers) -> bool:
    """Whether a request asks for a WebSocket connection."""
    return (headers.get("upgrade") or "").lower() == "websocket"


@dataclass(slots=True)
class _Open:
    """A turn that may still go on, and when it began."""

    turn: Recorded
    identity: str
    has_body: bool = False
    """Whether there was room for its create."""
    cut: str = ""
    """Why not all of it was kept."""
    wall_start: float = field(default_factory=time.time)
    start: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    """From its create to its latest message."""


class SocketRelay:
    """One connection that passes."""

    def __init__(
        self, identity: str, path: str, headers: Headers, budget: Budget, done: Callable[[Passage], None]
    ) -> None:
        self._identity, self._path, self._headers = identity, path, headers
        self._budget, self._done = budget, done
        self._turns = Turns()
        self._open: list[_Open] = []
        self._count = 0
        self._end = ""
        """How the target ended the connection; empty where the client did."""
        self._is_over = False

    async def run(self, client: web.WebSocketResponse, target: aiohttp.ClientWebSocketResponse) -> None:
        """Passes messages until one end closes the connection; then the turns are handed on."""
        tasks = [
            asyncio.create_task(self._pump(client, target, self._sent)),
            asyncio.create_task(self._pump(target, client, self._received)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._hand_on(self._open, self._end)
            await client.close()
            await target.close()

    async def _pump(self, source: Socket, drain: Socket, note: Callable[[Message], None]) -> None:
        """Passes what one end sends to the other, until an end closes the connection."""
        while True:
            message = await source.receive()
            if message.type not in PASSING:
                await self._finish(message, source, drain)
                return
            try:
                await self._pass_on(message, drain, note)
            except (ConnectionError, aiohttp.ClientError, RuntimeError):  # the other end is gone
                self._note_end(isinstance(drain, aiohttp.ClientWebSocketResponse), "the connection broke")
                return

    async def _pass_on(
        self, message: aiohttp.WSMessage, drain: Socket, note: Callable[[Message], None]
    ) -> None:
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                note(message.data)
                await drain.send_str(message.data)
            case aiohttp.WSMsgType.BINARY:
                note(message.data)
                await drain.send_bytes(message.data)
            case aiohttp.WSMsgType.PING:
                await drain.ping(message.data)
            case _:
                await drain.pong(message.data)

    async def _finish(self, message: aiohttp.WSMessage, source: Socket, drain: Socket) -> None:
        """Closes the other end as the one that closed, or was lost."""
        is_close = message.type is aiohttp.WSMsgType.CLOSE
        code = message.data if is_close else FAILED
        is_target = isinstance(source, aiohttp.ClientWebSocketResponse)
        self._note_end(
            is_target, f"the connection was closed ({code})" if is_close else "the connection broke"
        )
        reason = str(message.extra or "").encode() if is_close else b""
        await drain.close(code=NORMAL if code in UNSENT_CODES else code, message=reason)

    def _note_end(self, is_target: bool, why: str) -> None:
        """Notes which end was first to go."""
        if not self._is_over:
            self._is_over, self._end = True, why if is_target else ""

    def _sent(self, message: Message) -> None:
        count = len(self._turns.turns)
        self._turns.send(message)
        if len(self._turns.turns) == count:
            return
        self._hand_on([entry for entry in self._open if entry.turn.is_over])
        self._count += 1
        self._open.append(_Open(self._turns.turns[-1], f"{self._identity}/{self._count}"))
        self._open[-1].has_body = self._keep(self._open[-1], len(_body(self._turns.turns[-1])))

    def _received(self, message: Message) -> None:
        sizes = [len(entry.turn.messages) for entry in self._open]
        self._turns.receive(message)
        for entry, size in zip(self._open, sizes, strict=True):
            if len(entry.turn.messages) > size:
                entry.seconds = time.monotonic() - entry.start
                if not self._keep(entry, len(message)):
                    entry.turn.messages.pop()

    def _keep(self, entry: _Open, size: int) -> bool:
        """Whether there is room for so many more bytes of a turn."""
        if not entry.cut and self._budget.room < size:
            entry.cut = NO_ROOM
        elif not entry.cut:
            self._budget.take(size)
        return not entry.cut

    def _hand_on(self, entries: list[_Open], failure: str = "") -> None:
        """Hands turns on. One that is not over failed for this reason; without one the client left it."""
        for entry in entries:
            turn = entry.turn
            self._turns.turns.remove(turn)
            is_cut = not turn.is_over
            passage = Passage(
                entry.identity,
                "POST",
                self._path,
                self._headers,
                _body(turn) if entry.has_body else b"",
                "" if entry.has_body else NO_ROOM,
                status=101,
                reply_headers=NO_HEADERS,
                reply_cut=entry.cut,
                failure=failure if is_cut else "",
                has_left=is_cut and not failure,
                messages=tuple(turn.messages),
                traits=frozenset({WARMS_UP}) if turn.is_warm_up else frozenset(),
                seconds=entry.seconds,
                started_at=entry.wall_start,
            )
            self._done(passage)
        self._open = [entry for entry in self._open if entry not in entries]


def _body(turn: Recorded) -> bytes:
    """The create as it is over HTTP."""
    return orjson.dumps(turn.members)
