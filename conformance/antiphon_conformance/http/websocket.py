"""A connection over WebSocket to the target: each turn on it is an Exchange, as each request over HTTP is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import orjson

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
from antiphon_conformance.http.earlier_turns import EarlierTurns
from antiphon_conformance.http.exchange import (
    BUSY,
    CLOSED,
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
from antiphon_conformance.http.inbox import Inbox
from antiphon_conformance.http.lanes import Lanes
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
    redact,
)
from antiphon_spec.loading.construction import dataclass

PATH = "/responses"
CREATE = "response.create"
NO_HEADERS = Headers()
UPGRADED = Reply(101, NO_HEADERS, b"")
"""The answer that opens a connection."""
CLEAN_CODES = frozenset({1000, 1001, 1005})
"""The close codes of a server that has nothing to complain of (RFC 6455, 7.4.1)."""
NOT_SENT = "not sent: the target stopped answering when it was sent with the one before"


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a turn ended, and when it began."""

    failure: str | None
    """Why we stopped before its end; None when it was whole."""
    trait: str
    """`GAVE_UP`, or `CLOSED` where the server had ended the connection; empty for any other ending."""
    seconds: float
    started_at: float


class Session:
    """One connection. A turn begins when those before have ended."""

    def __init__(self, target: Target, connection: Connection, handshake: Request, headers: Headers) -> None:
        self._target = target
        self._connection = connection
        self._inbox = Inbox(connection)
        self._handshake = handshake
        """The request for it, without our credentials."""
        self._headers = headers
        """The headers of the request that are not those of each."""
        self._earlier = EarlierTurns()

    async def turn(self, body: Any, identity: str, *, text: str | None = None) -> Exchange:
        """Sends a create with these members, or `text` in its place, and reads its events.

        Raises RunOverError when nothing more may be sent.
        """
        request, message = self._request(body, text), text if text is not None else _message(body)

        async def converse(session: Session) -> list[Exchange]:
            turn = Turn(earlier=session._earlier.ids)
            ending = await session._converse((message,), turn)
            return [session._exchange(identity, request, turn, ending, is_warm_up(body))]

        return (await self._follow([(request, identity)], (message,), converse))[0]

    async def turns(self, creates: Sequence[tuple[Mapping[str, Any], str]]) -> list[Exchange]:
        """Sends several creates at once, each with the id of its exchange, and reads the events of all.

        Raises RunOverError when nothing more may be sent.
        """
        messages = [_message(body) for body, _ in creates]
        acts = [(self._request(body), identity) for body, identity in creates]

        async def converse(session: Session) -> list[Exchange]:
            lanes = Lanes([body.get(LANE) for body, _ in creates], session._earlier.ids)
            ending = await session._converse(messages, lanes)
            pairs = zip(acts, lanes.turns, strict=True)
            return [session._exchange(name, request, turn, ending) for (request, name), turn in pairs]

        return await self._follow(acts, messages, converse)

    async def steer_turn(
        self, body: Mapping[str, Any], text: str, identities: tuple[str, str, str]
    ) -> list[Exchange]:
        """Sends a create, and input to its response as soon as it has begun. Returns the exchanges with these
        ids: the turn, the message that steers it and, where they took place, the turn that follows.

        Raises RunOverError when nothing more may be sent.
        """
        create, message = self._request(body), _message(body)

        async def converse(session: Session) -> list[Exchange]:
            listener = SteeredTurn(text, session._earlier.ids)
            ending = await session._converse((message,), listener)
            exchanges = [session._exchange(identities[0], create, listener.turn, ending)]
            if listener.text is not None:
                request = session._request(None, listener.text)
                exchanges.append(session._exchange(identities[1], request, listener.steer, ending, STEERS))
            if listener.successor.messages:
                members = {**body, "previous_response_id": listener.response_id}
                request = session._request(members)
                exchange = session._exchange(identities[2], request, listener.successor, ending)
                exchanges.append(replace(exchange, not_recorded=frozenset({Part.REQUEST})))
            return exchanges

        return await self._follow([(create, identities[0])], (message, text), converse)

    async def steer(self, response_id: str, text: str, identity: str) -> Exchange:
        """Sends a message that steers a response, and reads its answer.

        Raises RunOverError when nothing more may be sent.
        """
        message = steer_message(response_id, text)
        request = self._request(None, message)

        async def converse(session: Session) -> list[Exchange]:
            answer = SteerAnswer(earlier=session._earlier.ids)
            ending = await session._converse((message,), answer)
            return [session._exchange(identity, request, answer, ending, STEERS)]

        return (await self._follow([(request, identity)], (message,), converse))[0]

    async def late(self) -> Sequence[Exchange]:
        """The turns of which something came after their end, with it; each is given once."""
        self._take_late(await self._inbox.arrived())
        return self._earlier.changed()

    async def close(self) -> None:
        """Reads no further message."""
        await self._inbox.close()

    async def _follow(
        self,
        acts: Sequence[tuple[Request, str]],
        messages: Sequence[str],
        converse: Callable[[Session], Awaitable[list[Exchange]]],
    ) -> list[Exchange]:
        """Converses, and examines the target where an answer is missing. What stopped it is not sent again:
        of several creates the first then says so, and the others were not sent."""
        exchanges: list[Exchange] = []
        (request, identity), *rest = acts

        async def attempt() -> Exchange:
            exchanges[:] = await converse(self)
            return _worst(exchanges)

        async def again() -> Exchange:
            async with connect(self._target, self._headers, identity) as (session, answer):
                return answer if session is None else _worst(await converse(session))

        act = Sent(request, identity, again=again, messages=tuple(messages))
        result = await self._target.follow(act, attempt)
        if exchanges:
            return [result if exchange.id == result.id else exchange for exchange in exchanges]
        return [result, *(Exchange(name, create, None, failure=NOT_SENT) for create, name in rest)]

    def _take_late(self, messages: list[Message]) -> None:
        self._earlier.take(redact(messages, self._target.redaction))

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
        self._take_late(await self._inbox.arrived())
        target.in_flight += len(texts)
        started_at, start = time.time(), time.monotonic()
        trait = ""
        try:
            failure = await self._listen(texts, listener, start)
            trait = GAVE_UP if failure is not None else ""
        except (ClosedError, UnreachableError) as error:
            failure = _words(target, error)
            is_legal = isinstance(error, ClosedError) and error.code in CLEAN_CODES
            trait = CLOSED if is_legal and not listener.size and self._earlier else ""
        finally:
            target.in_flight -= len(texts)
        seconds = time.monotonic() - start
        if trait == GAVE_UP and not listener.may_be_over:
            target.patience.note_hang()
        elif listener.size:
            target.patience.note_answer(seconds)
        return _Ending(failure, trait, seconds, started_at)

    def _exchange(
        self, identity: str, request: Request, turn: Turn, ending: _Ending, *traits: str
    ) -> Exchange:
        """A turn as an exchange. Where the connection ended, only turns that were not over have a failure."""
        failure = None if turn.is_over else ending.failure
        kinds = {OVER_WEBSOCKET, *filter(None, traits)}
        kinds |= {ending.trait} - {""} if failure else set()
        reply: Reply | None = None
        if turn.has_begun or (turn.messages and failure is None):
            turn.messages = redact(turn.messages, self._target.redaction)
            reply = turn.reply(cut=failure is not None, seconds=ending.seconds, started_at=ending.started_at)
            kinds |= {BUSY} if reply.status in TOO_BUSY else set()
            self._target.tokens = min(self._target.tokens + tokens_of(reply), MOST_TOKENS)
        exchange = Exchange(identity, request, reply, failure=failure, traits=frozenset(kinds))
        if reply is not None:
            self._earlier.add(exchange, turn.ids)
        self._take_late(turn.late)
        return exchange

    async def _listen(self, texts: Sequence[str], listener: Listener, start: float) -> str | None:
        """Sends messages and reads the answers; returns why we stopped before their end."""
        target, loop = self._target, asyncio.get_running_loop()
        patience = target.patience
        end, option = patience.expiry(start, start)
        begin = loop.time()
        try:
            async with asyncio.timeout(end - time.monotonic()) as timer:
                for text in texts:
                    await self._connection.send(text)
                while not listener.is_over:
                    listener.take(await self._inbox.receive(), loop.time() - begin)
                    if listener.size > target.limits.size:
                        raise UnreachableError(too_large(target.limits.size))
                    if (further := listener.next_text()) is not None:
                        await self._connection.send(further)
                    now = time.monotonic()
                    end, option = patience.expiry(start, now)
                    if listener.may_be_over:
                        end = min(end, now + patience.probe())
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


def _worst(exchanges: Sequence[Exchange]) -> Exchange:
    """Of several turns at once the first that has no whole answer, or else the first."""
    rest = (exchange for exchange in exchanges if exchange.reply is None or exchange.failure is not None)
    return next(rest, exchanges[0])


@asynccontextmanager
async def open_session(
    target: Target, identity: str, headers: Headers = NO_HEADERS
) -> AsyncIterator[Session | Exchange]:
    """A connection to the target, or the exchange in which it rejected the upgrade.

    Raises RunOverError when nothing more may be sent.
    """
    async with AsyncExitStack() as stack:
        session: Session | None = None

        async def attempt() -> Exchange:
            nonlocal session
            session, answer = await stack.enter_async_context(connect(target, headers, identity))
            return answer

        async def again() -> Exchange:
            async with connect(target, headers, identity) as (_, answer):
                return answer

        safe_request = target.sign(Request("GET", PATH, headers))[1]
        exchange = await target.follow(Sent(safe_request, identity, again=again), attempt)
        yield session if session is not None else exchange


@asynccontextmanager
async def connect(
    target: Target, headers: Headers, identity: str
) -> AsyncIterator[tuple[Session | None, Exchange]]:
    """A connection, None where there is none, and the answer to the wish for it.

    Raises RunOverError when nothing more may be sent.
    """
    target.begin()
    final, safe_request = target.sign(Request("GET", PATH, headers))
    session: Session | None = None
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(target.patience.silence()):
                answer = await stack.enter_async_context(target.transport.connect(final))
                if isinstance(answer, Connection):
                    session = Session(target, answer, safe_request, headers)
                    exchange = Exchange(identity, safe_request, UPGRADED)
                    stack.push_async_callback(session.close)
                else:
                    exchange = Exchange(identity, safe_request, await _rejection(target, answer))
        except TimeoutError:
            failure = "we stopped waiting for the upgrade (--timeout)"
            exchange = Exchange(identity, safe_request, None, failure=failure, traits=frozenset({GAVE_UP}))
        except UnreachableError as error:
            exchange = Exchange(identity, safe_request, None, failure=_words(target, error))
        yield session, exchange


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
