"""The baseline: a Starlette app that returns constant bytes, as JSON or as an event stream in one write."""

import json
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

BODY = json.dumps({"id": "resp_1", "object": "response", "padding": "x" * 1800}).encode()
FRAME = b"event: response.output_text.delta\ndata: " + json.dumps({"delta": "x" * 180}).encode() + b"\n\n"
EVENTS = 60


async def answer(request: Request) -> Response:
    body = await request.json()
    if body.get("stream"):
        return StreamingResponse(frames(), media_type="text/event-stream")
    return Response(BODY, media_type="application/json")


async def frames() -> AsyncIterator[bytes]:
    yield FRAME * EVENTS


app = Starlette(routes=[Route("/v1/responses", answer, methods=["POST"])])
