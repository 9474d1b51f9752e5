"""Creates over WebSocket: the turns of one connection, one after another or in lanes side by side.

A turn is a create over HTTP with `stream: true`; its events are sent as one JSON text each. What a response
needs to be continued is remembered as long as the connection lasts, also with `store: false`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from antiphon_mockserver.behaviour.sockets import messages
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import Request, ServerContext
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.server.headers import encode_headers
from antiphon_mockserver.server.lane import Lane
from antiphon_mockserver.server.reading import LARGEST_SIZE, parse
from antiphon_mockserver.server.steering import steer

if TYPE_CHECKING:
    from antiphon_mockserver.server.app import MockApp
    from antiphon_spec.document import Operation

log = logging.getLogger("antiphon")

LONGEST = 3600.0
"""Seconds that a connection lasts."""
MOST_LANES = 32
"""Named lanes of a connection."""
MOST_RUNNING = 16
"""Responses in flight on a connection; more wait."""
MOST_WAITING = 1_000
"""Messages that wait in all lanes; a client that sends more waits itself."""
Message = Mapping[str, Any]
Receive = Any
Send = Any


class Session:
    """One connection of an authenticated client."""

    def __init__(
        self, app: MockApp, handshake: Request, key: str, receive: Receive, send: Send, *, takes_texts: bool
    ) -> None:
        self.app = app
        self.takes_texts = takes_texts
        """Whether one message of the app may have many texts."""
        self.headers = handshake.headers
        self.query_string = handshake.query_string
        self.key = key
        self.decisions = app.server.behaviour.sockets
        self.store = self.decisions.open_store(app.server.store)
        self.has_lanes = self.decisions.has_lanes(app.dialect.mock.websocket)
        self.running = asyncio.Semaphore(MOST_RUNNING)
        self.cache: dict[str, str] = {}
        """The responses that only this connection can continue, each with the lane that made it."""
        self._lanes: dict[str, Lane] = {}
        self._receive, self._send = receive, send
        self._base, self._server = app.server, self._with_memory(app.server)
        self._closed = False
        self._sent = self._errors = self._creates = self._turns = 0

    @property
    def server(self) -> ServerContext:
        """The server with what this connection remembers; a test may give the app another one."""
        if self._base is not self.app.server:
            self._base, self._server = self.app.server, self._with_memory(self.app.server)
        return self._server

    def _with_memory(self, server: ServerContext) -> ServerContext:
        return replace(server, store=self.store, moulds=None)

    async def run(self) -> None:
        """Serves the connection until the client leaves or its time is over."""
        try:
            async with asyncio.timeout(self.app.settings.socket_seconds):
                while (message := await self._receive())["type"] == "websocket.receive":
                    await self._take(message)
        except TimeoutError:
            over = ApiError(
                "This connection has reached its time limit; open a new one.",
                code="websocket_connection_limit_reached",
            )
            await self.reject(over)
            await self.close(1000)
        finally:
            self._closed = True
            await asyncio.gather(*(lane.stop() for lane in self._lanes.values()))

    async def send(self, event: Mapping[str, Any], lane_id: str | None = None) -> None:
        """Sends an event, with the lane of its request where that named one. Raises OSError when the client
        has left."""
        if self._closed:
            return
        members = event if lane_id is None else {**event, "stream_id": lane_id}
        for message in self.decisions.messages(members, self._sent):
            self._sent += 1
            kind = "text" if isinstance(message, str) else "bytes"
            await self._send({"type": "websocket.send", kind: message})

    def sends_at_once(self, lane: Lane) -> bool:
        """Whether nobody waits for a turn between two events of this lane, and each event is one text."""
        others = sum(other.turns for other in self._lanes.values() if other is not lane)
        return self.takes_texts and lane.id is None and not others and self.decisions.messages is messages

    async def send_texts(self, texts: Sequence[str]) -> None:
        """Sends events that are written already."""
        if not self._closed:
            self._sent += len(texts)
            await self._send({"type": "websocket.send", "texts": texts})

    async def reject(self, problem: ApiError, lane_id: str | None = None, message: Any = None) -> None:
        """Sends an error about a message: the envelope of an answer over HTTP, with its status."""
        self._errors += 1
        error = self._error(problem)
        create = self.app.dialect.document.operations[self.app.dialect.create_operation]
        request = self.request(create)
        request.body = message
        self.app.sender.note(request, problem.status, orjson.dumps(error))
        await self.send(error, lane_id)
        if not self.decisions.lasts(self._errors, self._turns):
            await self.close(1008)

    async def end_turn(self) -> None:
        """Counts a turn whose last event is sent; closes a connection that lasts no longer once none runs."""
        self._turns += 1
        is_idle = sum(lane.turns for lane in self._lanes.values()) <= 1
        if is_idle and not self.decisions.lasts(self._errors, self._turns):
            await self.close(1000)

    def request(self, operation: Operation) -> Request:
        """A message as the request that it stands for: with the headers and the query of the handshake."""
        return Request("POST", operation.path, self.query_string, self.headers, operation, key=self.key)

    async def close(self, code: int) -> None:
        """Closes the connection with this code (RFC 6455, 7.4)."""
        if not self._closed:
            self._closed = True
            with suppress(RuntimeError, OSError):  # the client may have left
                await self._send({"type": "websocket.close", "code": code})

    def lane_of(self, response_id: str) -> Lane | None:
        """The lane that made a response on this connection; None when none did."""
        return next((lane for lane in self._lanes.values() if response_id in lane.made), None)

    async def _take(self, message: Mapping[str, Any]) -> None:
        """Takes one message of the client: it starts a turn, steers one, or is rejected."""
        lane_id: str | None = None
        event: Any = None
        if not self.decisions.answers(self._errors):
            return
        try:
            is_long = len(message.get("text") or "") > LARGEST_SIZE
            event = await self.app.aside.run(self._read, message) if is_long else self._read(message)
            kind = event.get("type")
            if kind == "response.steer" and self.has_lanes:
                await steer(self, event)
                return
            if kind != "response.create":
                known = "response.create or response.steer" if self.has_lanes else "response.create"
                raise invalid(f"Invalid 'type': expected {known}.", "type", "invalid_value")
            if self.has_lanes:
                lane_id = self._lane_id(event)
            lane = self._lane(lane_id)
            if not self.decisions.admits_turn(lane.turns):
                raise ApiError("A response is in progress.", status=409, code="response_in_progress")
            await lane.put(self.decisions.read(event))
        except ApiError as problem:
            await self.reject(problem, lane_id, event)

    def _read(self, message: Mapping[str, Any]) -> dict[str, Any]:
        text = message.get("text")
        if text is None:
            raise invalid("The message is binary; send JSON as a text message.", code="invalid_json")
        try:
            event = parse(text.encode(errors="surrogatepass"))
        except orjson.JSONDecodeError as problem:
            raise invalid(f"The message is not valid JSON: {problem}.", code="invalid_json") from None
        if not isinstance(event, dict):
            raise invalid("The message has to be a JSON object.", code="invalid_type")
        return event

    def _lane_id(self, event: dict[str, Any]) -> str | None:
        """The lane that an event names. Rejects an invalid id, and one lane too many."""
        lane_id = event.pop("stream_id", None)
        if lane_id is None:
            return None
        if not isinstance(lane_id, str) or not self.decisions.is_lane(lane_id):
            message = "Invalid 'stream_id': expected 1 to 256 letters, digits, dots, underscores and dashes."
            raise invalid(message, "stream_id", "invalid_stream_id")
        names = self._lanes.keys() - {""}
        if lane_id not in names and len(names) >= MOST_LANES:
            message = f"This connection has reached its limit of {MOST_LANES} streams."
            raise invalid(message, "stream_id", "websocket_stream_limit_reached")
        return lane_id

    def _lane(self, lane_id: str | None) -> Lane:
        name = self.decisions.queue(lane_id, self._creates)
        self._creates += 1
        if name not in self._lanes:
            self._lanes[name] = Lane(self, lane_id, MOST_WAITING)
        return self._lanes[name]

    def _error(self, problem: ApiError) -> dict[str, Any]:
        status, body = self.app.server.behaviour.errors.envelope(problem, self.app.dialect)
        inner = body["error"]
        return self.decisions.error(status, {**inner, "code": inner.get("code") or problem.code})


async def serve_socket(app: MockApp, scope: Any, receive: Receive, send: Send) -> None:
    """Serves a request to upgrade: accepts it, or answers as the server answers over HTTP."""
    await receive()
    request = app.read_scope({**scope, "method": "GET"})
    try:
        key = _admit(app, request.path, request.headers)
    except ApiError as problem:
        answer = app.error_answer(problem)
        kind, body = app.server.behaviour.sockets.reject(answer.body)
        app.identify(request)
        pairs = [*app.sender.headers.of(request, kind, app.sender.now()), *encode_headers(answer.headers)]
        start = {"type": "websocket.http.response.start", "status": answer.status, "headers": pairs}
        await send(start)
        await send({"type": "websocket.http.response.body", "body": body})
        app.sender.note(request, answer.status, body)
        return
    await send({"type": "websocket.accept"})
    app.sender.note(request, 101, b"")
    try:
        takes_texts = "antiphon.texts" in scope.get("extensions", {})
        await Session(app, request, key, receive, send, takes_texts=takes_texts).run()
    except OSError:
        log.info("WebSocket %s: the client has left", request.target.partition("?")[0])
    except Exception:
        log.exception("WebSocket %s", request.target.partition("?")[0])
        with suppress(RuntimeError, OSError):
            await send({"type": "websocket.close", "code": 1011})


def _admit(app: MockApp, path: str, headers: Mapping[str, str]) -> str:
    """The key of a client that may open a connection. Rejects an unknown path, and one without WebSocket."""
    methods = app.router.methods(path)
    if not methods:
        raise ApiError("Unknown path.", status=404, code="unknown_url")
    create = app.dialect.document.operations[app.dialect.create_operation]
    if app.dialect.mock.websocket == "absent" or path != create.path:
        raise ApiError("WebSocket is not offered here.", status=426, code="upgrade_not_offered")
    return app.server.behaviour.sockets.admit(app.admit, headers)
