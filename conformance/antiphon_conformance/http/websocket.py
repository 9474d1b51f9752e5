"""A connection over WebSocket to the target: each turn on it is an Exchange, as each request over HTTP is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import orjson

from antiphon_conformance.http import sse
from antiphon_conformance.http.body import too_large
from antiphon_conformance.http.client import (
    TOO_BUSY,
    Incoming,
    Target,
    UnreachableError,
    tokens_of,
)
from antiphon_conformance.http.connection import ClosedError, Connection
from antiphon_conformance.http.exchange import (
    BUSY,
    GAVE_UP,
    OVER_WEBSOCKET,
    Exchange,
    Headers,
    Reply,
    Request,
)
from antiphon_conformance.http.redaction import Redaction
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.http.text import safe
from antiphon_conformance.http.turns import Message, Turn, response_id

PATH = "/responses"
CREATE = "response.create"
NO_HEADERS = Headers()


class Session:
    """One connection. A turn begins when the one before has ended."""

    def __init__(self, target: Target, connection: Connection, handshake: Request) -> None:
        self._target = target
        self._connection = connection
        self._handshake = handshake
        self._ids: frozenset[str] = frozenset()
        """The ids of the responses so far."""

    async def turn(self, body: Any, identity: str, *, text: str | None = None) -> Exchange:
        """Sends a create with these members, or `text` in its place, and reads its events.

        Raises RunOverError when nothing more may be sent.
        """
        raw = text.encode() if text is not None else None
        request = Request("POST", PATH, self._handshake.headers, None if raw else body, raw)
        message = text if text is not None else orjson.dumps({"type": CREATE, **body}).decode()
        target = self._target
        target.begin()
        target.in_flight += 1
        try:
            exchange = await self._exchange(request, message, identity)
        finally:
            target.in_flight -= 1
        if exchange.reply is not None:
            target.tokens += tokens_of(exchange.reply)
        return exchange

    async def _exchange(self, request: Request, message: str, identity: str) -> Exchange:
        turn, traits = Turn(earlier=self._ids), {OVER_WEBSOCKET}
        started_at, start = time.time(), time.monotonic()
        failure: str | None = None
        try:
            failure = await self._listen(message, turn, start)
            traits |= {GAVE_UP} if failure else set()
        except (ClosedError, UnreachableError) as error:
            failure = _words(self._target, error)
        seconds = time.monotonic() - start
        reply: Reply | None = None
        if turn.messages:
            self._ids |= {name for name in map(response_id, turn.messages) if name is not None}
            turn.messages = _redact(turn.messages, self._target.redaction)
            reply = turn.reply(cut=failure is not None, seconds=seconds, started_at=started_at)
            traits |= {BUSY} if reply.status in TOO_BUSY else set()
        if GAVE_UP in traits:
            self._target.patience.note_hang()
        elif reply is not None:
            self._target.patience.note_answer(seconds)
        return Exchange(identity, request, reply, failure=failure, traits=frozenset(traits))

    async def _listen(self, message: str, turn: Turn, start: float) -> str | None:
        """Sends a message and reads the turn; returns why we stopped before its end."""
        target, loop = self._target, asyncio.get_running_loop()
        end, option = target.patience.expiry(start, start)
        begin = loop.time()
        try:
            async with asyncio.timeout(end - time.monotonic()) as timer:
                await self._connection.send(message)
                while not turn.is_over:
                    turn.take(await self._connection.receive(), loop.time() - begin)
                    if turn.size > target.limits.size:
                        raise UnreachableError(too_large(target.limits.size))
                    now = time.monotonic()
                    end, option = target.patience.expiry(start, now)
                    timer.reschedule(loop.time() + end - now)
        except TimeoutError:
            return f"we stopped listening after {end - start:.0f} s ({option})"
        return None


@asynccontextmanager
async def open_session(
    target: Target, identity: str, headers: Headers = NO_HEADERS
) -> AsyncIterator[Session | Exchange]:
    """A connection to the target, or the exchange in which it rejected the upgrade.

    Raises RunOverError when nothing more may be sent.
    """
    target.begin()
    final, shown = target.sign(Request("GET", PATH, headers))
    async with AsyncExitStack() as stack:
        outcome: Session | Exchange
        try:
            async with asyncio.timeout(target.patience.silence()):
                answer = await stack.enter_async_context(target.transport.connect(final))
                if isinstance(answer, Connection):
                    outcome = Session(target, answer, shown)
                else:
                    outcome = Exchange(identity, shown, await _rejection(target, answer))
        except TimeoutError:
            failure = "we stopped waiting for the upgrade (--timeout)"
            outcome = Exchange(identity, shown, None, failure=failure, traits=frozenset({GAVE_UP}))
        except UnreachableError as error:
            outcome = Exchange(identity, shown, None, failure=_words(target, error))
        yield outcome


async def _rejection(target: Target, answer: Incoming) -> Reply:
    """The answer that rejects an upgrade."""
    raw = bytearray()
    async for chunk in answer.chunks:
        raw += chunk[: target.limits.size - len(raw)]
    body, fields = target.scrub(bytes(raw), answer.headers)
    return replace(read_reply(answer.status, fields, body), started_at=time.time())


def _words(target: Target, error: Exception) -> str:
    """A network error in words, without our credentials."""
    return safe(target.redaction.text(str(error)))


def _redact(messages: list[Message], redaction: Redaction) -> list[Message]:
    """The messages without our credentials, also where a secret comes in several events."""
    if not redaction:
        return messages
    texts = [message for message in messages if isinstance(message, str)]
    if len(texts) == len(messages) and not any("\n" in text or "\r" in text for text in texts):
        raw = "".join(f"data: {text}\n\n" for text in texts).encode(errors="replace")
        return [frame.data for frame in sse.read(redaction.raw(raw)).frames]
    return [
        redaction.text(message) if isinstance(message, str) else redaction.raw(message)
        for message in messages
    ]
