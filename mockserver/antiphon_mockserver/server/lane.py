"""A lane of a WebSocket connection: its turns run one after another."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from antiphon_mockserver.api.responses import create
from antiphon_mockserver.response.frames import Events, encode, texts_of
from antiphon_mockserver.response.plan import ApiError, Context, Plan
from antiphon_mockserver.server.context import Answer, Request, ServerContext, Streaming
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.server.faults import NONE, Injection
from antiphon_mockserver.server.haste import LongWorkError
from antiphon_mockserver.server.reading import canonical, is_large
from antiphon_mockserver.server.steering import ITEM_DONE, Steering, successor

if TYPE_CHECKING:
    from antiphon_mockserver.server.websocket import Session

log = logging.getLogger("antiphon")

MOST_MADE = 1_000
"""Responses that a lane knows as its own."""


class Lane:
    """The turns of one lane."""

    def __init__(self, session: Session, lane_id: str | None, most_waiting: int) -> None:
        self.session = session
        self.id = lane_id
        self.made: OrderedDict[str, Mapping[str, Any]] = OrderedDict()
        """The bodies of the creates in this lane, by the id of their response."""
        self.current: str | None = None
        """The id of the response that is being sent."""
        self.turns = 0
        """How many turns wait or run."""
        self.steering = Steering()
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(most_waiting)
        self._task = asyncio.create_task(self._run())

    async def put(self, event: dict[str, Any]) -> None:
        """Lets a turn wait for its time."""
        self.turns += 1
        await self._waiting.put(event)

    async def stop(self) -> None:
        """Ends the lane at once."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            event = await self._waiting.get()
            async with self.session.running:
                try:
                    await self._turns(event)
                except OSError:  # the client has left
                    return
                except Exception:
                    log.exception("WebSocket")
                    problem = ApiError("The server had an error while processing the request.", status=500)
                    await self.session.reject(problem, self.id, event)
            self.turns -= 1

    async def _turns(self, event: dict[str, Any]) -> None:
        """One turn, and those that steering adds to it."""
        following: dict[str, Any] | None = event
        while following is not None:
            body = {name: value for name, value in following.items() if name != "type"}
            previous = body.get("previous_response_id")
            try:
                following = await self._turn(body)
            except ApiError as problem:
                if self.session.cache.get(str(previous)) == (self.id or ""):
                    del self.session.cache[str(previous)]
                await self.session.reject(problem, self.id, following)
                following = None

    async def _turn(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Sends the events of one response; returns the create that follows by itself, or None."""
        session, app = self.session, self.session.app
        fault = app.faults.next_fault() if app.faults is not None else NONE
        generates = body.pop("generate", True) is not False
        reject_http_members(body, session.has_lanes)
        if session.has_lanes:
            self.steering.prepend(body)
        self._reject_forgotten(body.get("previous_response_id"))
        request, server = self._request(body), self._server(generates)

        def work(request: Request) -> Answer | Streaming:
            return create(server, request)

        if is_large(request):
            await app.aside.run(app.identify, request)
            streaming = await app.aside.run(work, request)
        else:
            app.identify(request)
            try:
                streaming = app.hurry(work, request)
            except LongWorkError:
                streaming = await app.aside.run(work, request)
        if not isinstance(streaming, Streaming):
            raise TypeError("a create with `stream` is answered by a stream")
        response_id = streaming.response_id
        self._remember(response_id, body)
        self.current = response_id
        try:
            end = await self._send(request, streaming, fault)
        finally:
            self.current = None
        if end is None:
            return None
        following = await successor(self, response_id, end)
        if following is None:
            await session.end_turn()
        return following

    def _server(self, generates: bool) -> ServerContext:
        server = self.session.server
        if generates:
            return server
        model = replace(server.behaviour.model, plan=warm_up)
        return replace(server, behaviour=replace(server.behaviour, model=model))

    def _request(self, body: Mapping[str, Any]) -> Request:
        """The same create over HTTP."""
        session, app = self.session, self.session.app
        operation = app.dialect.document.operations[app.dialect.create_operation]
        request = session.request(operation)
        request.body = {**body, "stream": True}
        request.content = canonical(request.body)
        return request

    def _reject_forgotten(self, response_id: Any) -> None:
        """Rejects the continuation of a response that is neither stored nor the latest of its lane."""
        session = self.session
        if not isinstance(response_id, str):
            return
        is_local = session.store.remembers("response", response_id)
        if not session.decisions.may_continue(response_id in session.cache, is_local):
            message = f"Previous response with id '{response_id}' not found."
            raise invalid(message, "previous_response_id", "previous_response_not_found")

    def _remember(self, response_id: str, body: Mapping[str, Any]) -> None:
        session, name = self.session, self.id or ""
        for older in [key for key, lane in session.cache.items() if lane == name]:
            del session.cache[older]
        session.cache[response_id] = name
        self.made[response_id] = body
        if len(self.made) > MOST_MADE:
            self.made.popitem(last=False)

    async def _send(
        self, request: Request, streaming: Streaming, fault: Injection
    ) -> Mapping[str, Any] | None:
        """Sends the events, each when it is due; returns the final response, or None when it was cut."""
        session, sender = self.session, self.session.app.sender
        events = sender.changed_events(request, streaming.events)
        if sender.journal.open:
            sender.note(request, 200, b"".join(encode(events, session.app.dialect.mock)))
        clock = session.app.server.clock
        times = () if clock.virtual else streaming.times
        await clock.wait(streaming.delay)
        if fault.cut is None and not times and session.sends_at_once(self):
            await asyncio.sleep(0)  # input that came with the create steers it
            texts = None if self.steering.pending else ready_texts(events)
            if texts is not None:
                await session.send_texts(texts)
                return events[-1].get("response") or {}
        for index, event in enumerate(events if fault.cut is None else events[: fault.cut]):
            if session.has_lanes:
                await self.steering.think()
            if times and (seconds := times[min(index, len(times) - 1)] - clock.now()) > 0:
                await clock.wait(seconds)
            else:
                await asyncio.sleep(0)  # other lanes run, and it shows whether the client has left
            if (end := self.steering.interrupt(event)) is not None:
                end["response"]["usage"] = usage_of(events)
                await self._finish_steered(streaming.response_id, end)
                return end["response"]  # type: ignore[no-any-return]
            await session.send(self.steering.numbered(event), self.id)
        if fault.cut is not None and fault.cut < len(events):
            await session.close(1011)
            return None
        return final_response(events)

    async def _finish_steered(self, response_id: str, end: Mapping[str, Any]) -> None:
        """Ends a response before its time, and stores it so."""
        response = dict(end["response"])
        server = self._server(generates=True)
        server.responses.change(response_id, lambda record: replace(record, response=response))
        await self.session.send(self.steering.numbered(end), self.id)


def ready_texts(events: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """All events as JSON; None where they are many, or where a pause lets the client steer."""
    if not isinstance(events, Events) or events.is_long:
        return None
    thoughts = (event for _, event in events.marks if event["type"] == ITEM_DONE)
    if any(event["item"].get("type") == "reasoning" for event in thoughts):
        return None
    return texts_of(events)


def usage_of(events: Sequence[Mapping[str, Any]]) -> Any:
    """The usage that a response reports at its end: the model may have written all of it before it was
    steered."""
    return final_response(events).get("usage")


def final_response(events: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The response in the last event that has one; empty where none has."""
    ends = (event.get("response") for event in reversed(events))
    return next((end for end in ends if isinstance(end, Mapping)), {})


def warm_up(context: Context) -> Plan:
    """The plan of a turn without output, which only makes the context known (`generate: false`)."""
    return Plan()


def reject_http_members(body: dict[str, Any], has_lanes: bool) -> None:
    """Rejects the members that only a create over HTTP has; drops `stream` where clients send it anyway."""
    if has_lanes:
        body.pop("stream", None)
        body.pop("stream_options", None)
    names = ("background",) if has_lanes else ("stream", "stream_options", "background")
    for name in names:
        if name in body and not (has_lanes and body[name] in (None, False)):
            raise invalid(f"Invalid '{name}': it is not used over WebSocket.", name, "invalid_value")
