"""The baseline: a Starlette app that returns constant bytes, as JSON, an event stream, or over WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from os import environ

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

BODY = json.dumps(
    {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "data": [{"id": "coll_1", "collection_type": "media-descriptions"}],
        "padding": "x" * 1730,
    }
).encode()
EVENT = json.dumps({"type": "response.output_text.delta", "delta": "x" * 180})
LAST = json.dumps({"type": "response.completed", "response": {"padding": "x" * 1800}})
FRAME = b"event: response.output_text.delta\ndata: " + EVENT.encode() + b"\n\n"
EVENTS = 60
PACE = float(environ.get("PACE", "0"))
"""Seconds between the frames of a stream; 0 writes all of them at once."""


async def answer(request: Request) -> Response:
    body = await request.json()
    if body.get("stream"):
        return StreamingResponse(frames(), media_type="text/event-stream")
    return Response(BODY, media_type="application/json")


async def retrieve(request: Request) -> Response:
    return Response(BODY, media_type="application/json")


async def frames() -> AsyncIterator[bytes]:
    if not PACE:
        yield FRAME * EVENTS
        return
    for _ in range(EVENTS):
        yield FRAME
        await asyncio.sleep(PACE)


async def turns(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.receive_text()
            for _ in range(EVENTS):
                await socket.send_text(EVENT)
            await socket.send_text(LAST)
    except WebSocketDisconnect:
        pass


app = Starlette(
    routes=[
        Route("/v1/responses", answer, methods=["POST"]),
        *(Route(path, answer, methods=["POST"]) for path in ("/v1/chat/completions", "/v1/conversations")),
        Route("/v1/responses/{name}", retrieve, methods=["GET", "DELETE"]),
        Route("/v1/responses/{name}/input_items", retrieve),
        Route("/v1/collections", retrieve),
        WebSocketRoute("/v1/responses", turns),
    ]
)
