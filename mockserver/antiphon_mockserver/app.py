"""The ASGI app: lets requests in, has them handled, and sends what comes of it.

One callable and no layers of middleware: what a request passes through can be read from top to bottom.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl

import orjson

from antiphon_mockserver import wire
from antiphon_mockserver.answer import EVENT_STREAM, JSON, Answer, Incoming, Streaming
from antiphon_mockserver.clock import Patience, http_date, open_clock
from antiphon_mockserver.conduct import STANDARD, Conduct
from antiphon_mockserver.faults import NONE, Faults, Misfortune
from antiphon_mockserver.handlers import HANDLERS
from antiphon_mockserver.handlers.turns import not_implemented
from antiphon_mockserver.headers import Headers, preflight
from antiphon_mockserver.house import House
from antiphon_mockserver.identity import Identity, fingerprint, of_request
from antiphon_mockserver.journal import Entry, Journal
from antiphon_mockserver.mutants import SEAMS, Call, Mutant, all_mutants
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.router import Router
from antiphon_mockserver.settings import Settings
from antiphon_mockserver.store import open_store
from antiphon_spec.dialect import load
from antiphon_spec.document import Operation

log = logging.getLogger("antiphon")
NO_CALL = Call("", "", "", {}, None)


class MockServer:
    """The mock server of one dialect, as an ASGI app."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.dialect = load(settings.dialect)
        self.mutants = chosen(settings.mutants)
        self.patience = Patience()
        self.house = House(
            settings=settings,
            dialect=self.dialect,
            conduct=self._conduct(),
            store=open_store(settings.store),
            clock=open_clock(settings.clock, self.patience),
        )
        self.router = Router(self.dialect.document)
        self.headers = Headers(self.dialect.traits)
        self.faults = Faults(settings.faults)
        self.journal = Journal()

    async def __call__(self, scope: Any, receive: wire.Receive, send: wire.Send) -> None:
        if scope["type"] == "http":
            await self._exchange(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    def _conduct(self) -> Conduct:
        conduct = STANDARD
        for mutant in self.mutants["state"]:
            conduct = mutant.spoil(conduct, NO_CALL)
        return conduct

    async def _lifespan(self, receive: wire.Receive, send: wire.Send) -> None:
        while (message := await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        self.house.store.close()
        await send({"type": message["type"] + ".complete"})

    async def _exchange(self, scope: Any, receive: wire.Receive, send: wire.Send) -> None:
        incoming, misfortune = self._incoming(scope), NONE
        answer: Answer | Streaming
        try:
            if incoming.method == "OPTIONS":
                answer = preflight(incoming.headers, self.router.allowed(incoming.path))
            else:
                self._route(incoming)
                misfortune = self.faults.befall()
                await self._read(incoming, receive)
                answer = self._handler(incoming.operation)(self.house, incoming)
        except Denied as denied:
            answer = self._denied(incoming, denied)
        except Exception:
            log.exception("%s %s", incoming.method, incoming.target)
            answer = self._denied(incoming, Denied("The server made a mistake.", status=500))
        await self._reply(incoming, answer, misfortune, scope, receive, send)

    def _incoming(self, scope: Any) -> Incoming:
        raw_path = scope.get("raw_path")
        path = raw_path.partition(b"?")[0].decode("latin-1") if raw_path else scope["path"]
        return Incoming(
            method=scope["method"],
            path=self.router.below_base(path),
            query_string=scope.get("query_string", b"").decode("latin-1"),
            headers={
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
            },
        )

    def _route(self, incoming: Incoming) -> None:
        self.headers.refuse_too_large(incoming.headers)
        incoming.operation, incoming.parameters = self.router.find(incoming.method, incoming.path)
        conduct = self.house.conduct
        incoming.key = conduct.authenticate(incoming.headers, self.settings.api_keys)
        if incoming.operation.parameters:
            given = parse_qsl(incoming.query_string, keep_blank_values=True)
            incoming.query = conduct.read_query(incoming.operation, self.dialect.document, given)

    async def _read(self, incoming: Incoming, receive: wire.Receive) -> None:
        raw = b""
        if incoming.method == "POST":
            raw = await read(receive, incoming.headers, self.settings.body_limit)
        try:
            if incoming.operation.request_schema is not None:
                incoming.body = self.house.conduct.read_body(incoming.headers, raw)
                raw = orjson.dumps(incoming.body, option=orjson.OPT_SORT_KEYS)
        finally:
            self._identify(incoming, raw)

    def _identify(self, incoming: Incoming, content: bytes) -> None:
        """Gives the request its number among its equals, and the ids that follow from it."""
        seed, key = self.settings.seed, incoming.key
        target = f"{incoming.method} {incoming.target}"
        number = self.house.store.count(fingerprint(seed, key, target, content))
        incoming.number = number
        nonce = of_request(seed, key, target, content, self.house.conduct.occurrence(number))
        incoming.identity = Identity(nonce, self.dialect.traits.id_prefixes)

    def _handler(self, operation: Operation) -> Any:
        if operation.id not in HANDLERS:
            raise not_implemented(operation.id)
        return HANDLERS[operation.id]

    def _denied(self, incoming: Incoming, denied: Denied) -> Answer:
        status, body = self.house.conduct.envelope(denied, self.dialect)
        return Answer(status, dict(denied.headers), body, denied.delay)

    async def _reply(
        self,
        incoming: Incoming,
        answer: Answer | Streaming,
        misfortune: Misfortune,
        scope: Any,
        receive: wire.Receive,
        send: wire.Send,
    ) -> None:
        if not incoming.identity.prefixes:
            self._identify(incoming, b"")
        if misfortune.delay:
            await self.patience.wait(misfortune.delay)
        if answer.delay:
            await self.house.clock.wait(answer.delay)
        if isinstance(answer, Streaming):
            await self._stream(incoming, answer, misfortune, scope, receive, send)
            return
        call = self._call(incoming)
        if 200 <= answer.status < 300 and isinstance(answer.body, dict):
            answer.body = self._spoilt("body", answer.body, call)
        self._note(incoming, answer.status, answer.body)
        answer.headers = self.headers.of(incoming, JSON, self._now()) | answer.headers
        await self._send(incoming, self._spoilt("http", answer, call), misfortune, send)

    async def _send(
        self, incoming: Incoming, answer: Answer, misfortune: Misfortune, send: wire.Send
    ) -> None:
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        headers = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()
        ]
        if "content-length" not in answer.headers and not answer.headers.get("content-type", "").startswith(
            "text/event"
        ):
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if misfortune.cut is not None:
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            return
        await send({"type": "http.response.body", "body": b"" if incoming.method == "HEAD" else body})

    async def _stream(
        self,
        incoming: Incoming,
        streaming: Streaming,
        misfortune: Misfortune,
        scope: Any,
        receive: wire.Receive,
        send: wire.Send,
    ) -> None:
        call = self._call(incoming)
        events = self._spoilt("events", streaming.events, call)
        self._note(incoming, 200, events)
        encoded = wire.frames(events, sentinel=self.dialect.traits.sentinel == "required")
        encoded = self._spoilt("sse", encoded, call)
        headers = self.headers.of(incoming, EVENT_STREAM, self._now())
        pace = misfortune.pace or (0.0 if self.house.clock.virtual else streaming.pace)
        answer = (
            self._spoilt("http", Answer(200, headers, b"".join(encoded)), call)
            if self.mutants["http"]
            else None
        )
        if answer is not None:
            await self._send(incoming, answer, misfortune, send)
            return
        encoded = spoil_frames(encoded, misfortune)
        packed = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        if pace:
            await wire.send_paced(self._paced(encoded, pace, streaming), packed, scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": packed})
        for piece in wire.large_writes(encoded):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if misfortune.cut is None:
            await send({"type": "http.response.body", "body": b""})

    async def _paced(
        self, encoded: Sequence[bytes], pace: float, streaming: Streaming
    ) -> AsyncIterator[bytes]:
        """The frames one by one; no more of them once the response is cancelled."""
        for index, frame in enumerate(encoded):
            if index:
                await self.patience.wait(pace)
                record = self.house.store.get(streaming.response_id)
                if record is not None and record.cut is not None:
                    return
            yield frame

    def _now(self) -> bytes:
        return http_date(int(self.house.clock.now()))

    def _call(self, incoming: Incoming) -> Call:
        if not self.settings.mutants:
            return NO_CALL
        query = dict(parse_qsl(incoming.query_string, keep_blank_values=True))
        return Call(incoming.operation.id, incoming.method, incoming.path, query, incoming.body)

    def _spoilt(self, seam: str, value: Any, call: Call) -> Any:
        for mutant in self.mutants[seam]:
            value = mutant.spoil(deepcopy(value), call)
        return value

    def _note(self, incoming: Incoming, status: int, answer: Any) -> None:
        operation = incoming.operation.id or None
        self.journal.add(
            Entry(
                incoming.method, incoming.target, incoming.headers, incoming.body, operation, status, answer
            )
        )


def make_app(settings: Settings) -> MockServer:
    """The ASGI app for these settings. Raises ValueError for settings that make no sense."""
    return MockServer(settings)


def chosen(ids: Sequence[str]) -> Mapping[str, tuple[Mutant, ...]]:
    """The mutants of these ids, by seam. Raises ValueError for an id that does not exist."""
    known = all_mutants() if ids else {}
    for id in ids:
        if id not in known:
            raise ValueError(f"--mutant: expected the id of a mutant, got {id!r}")
    return {seam: tuple(known[id] for id in ids if known[id].seam == seam) for seam in SEAMS}


def spoil_frames(encoded: Sequence[bytes], misfortune: Misfortune) -> Sequence[bytes]:
    """The frames as a bad network leaves them."""
    frames = list(encoded)
    if misfortune.broken_frame is not None and misfortune.broken_frame < len(frames):
        broken = frames[misfortune.broken_frame].rstrip(b"\n")
        frames[misfortune.broken_frame] = broken[: len(broken) * 2 // 3] + b"\n\n"
    return frames[: misfortune.cut]


async def read(receive: wire.Receive, headers: Mapping[str, str], limit: int) -> bytes:
    """The whole body. Refuses one that is too large, if possible before it is read."""
    announced = headers.get("content-length", "0")
    size = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
    pieces: list[bytes] = []
    while size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        pieces.append(message.get("body", b""))
        size = sum(map(len, pieces)) if len(pieces) > 1 else len(pieces[0])
        if not message.get("more_body"):
            break
    if size > limit:
        message = f"The body is larger than {limit} bytes."
        raise Denied(message, status=413, code="request_too_large", headers={"connection": "close"})
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
