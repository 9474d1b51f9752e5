"""A connection over WebSocket to the target: each turn on it is an Exchange, as each request over HTTP is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import orjson

from antiphon_conformance.http import sse
from antiphon_conformance.http.body import too_large
from antiphon_conformance.http.client import (
    MOST_TOKENS,
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
    STEERS,
    WARMS_UP,
    Exchange,
    Headers,
    Part,
    Reply,
    Request,
)
from antiphon_conformance.http.lanes import Lanes
from antiphon_conformance.http.redaction import Redaction
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.http.steering import SteerAnswer, SteeredTurn, steer_message
from antiphon_conformance.http.survival import Sent
from antiphon_conformance.http.text import safe
from antiphon_conformance.http.turns import (
    LANE,
    OF_MESSAGES,
    WARM_UP,
    Listener,
    Message,
    Turn,
    response_id,
)

PATH = "/responses"
CREATE = "response.create"
NO_HEADERS = Headers()


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a turn ended, and when it began."""

    failure: str | None
    """Why we stopped before its end; None when it was whole."""
    gave_up: bool
    seconds: float
    started_at: float


class Session:
    """One connection. A turn begins when those before have ended."""

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
        request = self._request(body, text)
        message = text if text is not None else _message(body)

        async def attempt() -> Exchange:
            turn = Turn(earlier=self._ids)
            ending = await self._converse((message,), turn)
            return self._exchange(identity, request, turn, ending, is_warm_up(body))

        async def again() -> Exchange:
            async with open_session(self._target, identity) as session:
                if isinstance(session, Exchange):
                    return session
                return await session.once(body, identity, text)

        return await self._target.follow(Sent(request, identity, again=again), attempt)

    async def once(self, body: Any, identity: str, text: str | None) -> Exchange:
        """One turn that nobody follows up: the target is known to have stopped."""
        turn = Turn()
        ending = await self._converse((text if text is not None else _message(body),), turn)
        return self._exchange(identity, self._request(body, text), turn, ending)

    async def turns(self, creates: Sequence[tuple[Mapping[str, Any], str]]) -> list[Exchange]:
        """Sends several creates at once, each with the id of its exchange, and reads the events of all.

        Raises RunOverError when nothing more may be sent.
        """
        lanes = Lanes([body.get(LANE) for body, _ in creates], self._ids)
        ending = await self._converse([_message(body) for body, _ in creates], lanes)
        return [
            self._exchange(identity, self._request(body), turn, ending)
            for (body, identity), turn in zip(creates, lanes.turns, strict=True)
        ]

    async def steer_turn(
        self, body: Mapping[str, Any], text: str, identities: tuple[str, str, str]
    ) -> list[Exchange]:
        """Sends a create, and input to its response as soon as it has begun. Returns the exchanges with these
        ids: the turn, the message that steers it and, where they took place, the turn that follows.

        Raises RunOverError when nothing more may be sent.
        """
        listener = SteeredTurn(text, self._ids)
        ending = await self._converse((_message(body),), listener)
        exchanges = [self._exchange(identities[0], self._request(body), listener.turn, ending)]
        if listener.text is not None:
            request = self._request(None, listener.text)
            exchanges.append(self._exchange(identities[1], request, listener.steer, ending, STEERS))
        if listener.successor.messages:
            members = {**body, "previous_response_id": listener.response_id}
            exchange = self._exchange(identities[2], self._request(members), listener.successor, ending)
            exchanges.append(replace(exchange, not_recorded=frozenset({Part.REQUEST})))
        return exchanges

    async def steer(self, response_id: str, text: str, identity: str) -> Exchange:
        """Sends a message that steers a response, and reads its answer."""
        message, answer = steer_message(response_id, text), SteerAnswer()
        ending = await self._converse((message,), answer)
        return self._exchange(identity, self._request(None, message), answer, ending, STEERS)

    def _request(self, body: Any, text: str | None = None) -> Request:
        """The create as it is over HTTP; a text as its bytes."""
        members = None if body is None else {name: body[name] for name in body if name not in OF_MESSAGES}
        raw = None if text is None else text.encode()
        return Request("POST", PATH, self._handshake.headers, None if raw else members, raw)

    async def _converse(self, texts: Sequence[str], listener: Listener) -> _Ending:
        """Sends messages, and listens until the listener has enough."""
        target = self._target
        for _ in texts:
            target.begin()
        target.in_flight += len(texts)
        started_at, start = time.time(), time.monotonic()
        gave_up = False
        try:
            failure = await self._listen(texts, listener, start)
            gave_up = failure is not None
        except (ClosedError, UnreachableError) as error:
            failure = _words(target, error)
        finally:
            target.in_flight -= len(texts)
        seconds = time.monotonic() - start
        if gave_up:
            target.patience.note_hang()
        elif listener.size:
            target.patience.note_answer(seconds)
        return _Ending(failure, gave_up, seconds, started_at)

    def _exchange(
        self, identity: str, request: Request, turn: Turn, ending: _Ending, *traits: str
    ) -> Exchange:
        """A turn as an exchange. Where the connection ended, only turns that were not over have a failure."""
        failure = None if turn.is_over else ending.failure
        kinds = {OVER_WEBSOCKET, *filter(None, traits)}
        kinds |= {GAVE_UP} if failure and ending.gave_up else set()
        reply: Reply | None = None
        if turn.messages:
            self._ids |= {name for name in map(response_id, turn.messages) if name is not None}
            turn.messages = _redact(turn.messages, self._target.redaction)
            reply = turn.reply(cut=failure is not None, seconds=ending.seconds, started_at=ending.started_at)
            kinds |= {BUSY} if reply.status in TOO_BUSY else set()
            self._target.tokens = min(self._target.tokens + tokens_of(reply), MOST_TOKENS)
        return Exchange(identity, request, reply, failure=failure, traits=frozenset(kinds))

    async def _listen(self, texts: Sequence[str], listener: Listener, start: float) -> str | None:
        """Sends messages and reads the answers; returns why we stopped before their end."""
        target, loop = self._target, asyncio.get_running_loop()
        end, option = target.patience.expiry(start, start)
        begin = loop.time()
        try:
            async with asyncio.timeout(end - time.monotonic()) as timer:
                for text in texts:
                    await self._connection.send(text)
                while not listener.is_over:
                    listener.take(await self._connection.receive(), loop.time() - begin)
                    if listener.size > target.limits.size:
                        raise UnreachableError(too_large(target.limits.size))
                    if (further := listener.next_text()) is not None:
                        await self._connection.send(further)
                    now = time.monotonic()
                    end, option = target.patience.expiry(start, now)
                    timer.reschedule(loop.time() + end - now)
        except TimeoutError:
            return f"we stopped listening after {end - start:.0f} s ({option})"
        return None


def _message(body: Mapping[str, Any]) -> str:
    """The message that creates a response."""
    return orjson.dumps({"type": CREATE, **body}).decode()


def is_warm_up(body: Any) -> str:
    """The trait of a turn that only makes its context known; empty for any other."""
    return WARMS_UP if isinstance(body, dict) and body.get(WARM_UP) is False else ""


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
