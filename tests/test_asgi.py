"""An ASGI application judged in this process: streams, disconnects, background tasks and the lifespan."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from antiphon_conformance import AsgiTransport, Outcome, check
from antiphon_conformance.http.asgi import GRACE
from antiphon_conformance.http.client import Limits, Target
from antiphon_conformance.http.exchange import Exchange, Request
from scripted_transport import response

MODEL = "small-1"
WRONG_USAGE = {
    "input_tokens": 3,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 99,
}


def answer(body: dict) -> dict:
    """A response object with this model, whose usage does not add up."""
    return response(model=body.get("model", MODEL), usage=WRONG_USAGE)


async def create(request: WebRequest) -> JSONResponse | StreamingResponse:
    body = await request.json()
    if body.get("stream") is True:
        return StreamingResponse(events(answer(body)), media_type="text/event-stream")
    return JSONResponse(answer(body))


async def events(whole: dict) -> AsyncIterator[str]:
    for number, kind in enumerate(("response.created", "response.completed")):
        event = {"type": kind, "sequence_number": number, "response": whole}
        yield f"event: {kind}\ndata: {json.dumps(event)}\n\n"
        await asyncio.sleep(0)


STARLETTE = Starlette(routes=[Route("/v1/responses", create, methods=["POST"])])
FAST_API = FastAPI()


@FAST_API.post("/v1/responses", response_model=None)
async def create_response(request: WebRequest) -> JSONResponse | StreamingResponse:
    return await create(request)


@pytest.mark.parametrize("app", [STARLETTE, FAST_API], ids=["starlette", "fastapi"])
def test_an_application_is_judged_without_a_port(app: Starlette) -> None:
    result = check(app, dialect="openresponses", properties=False)
    assert not result.conformant
    assert "usage.total-is-the-sum" in {record.rule for record in result.failed}
    assert "openresponses (compatible): not conformant" in str(result)
    assert "usage.total-is-the-sum: " in str(result)
    streamed = [exchange for exchange in result.exchanges.values() if exchange.answer.stream]
    assert any(len(exchange.answer.stream.events) == 2 for exchange in streamed)
    passed = {record.rule for record in result.records if record.outcome is Outcome.PASSED}
    assert "stream-numbers.increase" in passed


def send(app, *, read_events: int | None = None, seconds: float = 30.0) -> Exchange:
    """One request into an application, and the end of the transport."""

    async def run() -> Exchange:
        async with Target(AsgiTransport(app), limits=Limits(seconds)) as target:
            request = Request("POST", "/responses", body={"input": "Hello."})
            return await target.send(request, "a/b", read_events=read_events)

    return asyncio.run(run())


def routed(endpoint, **options) -> Starlette:
    return Starlette(routes=[Route("/v1/responses", endpoint, methods=["POST"])], **options)


def test_a_stream_arrives_piece_by_piece_and_whoever_leaves_is_noticed() -> None:
    last: list[str] = []

    async def endless() -> AsyncIterator[str]:
        try:
            while True:
                yield 'data: {"type": "response.created"}\n\n'
                await asyncio.sleep(0.001)
        finally:
            last.append("closed")

    async def endpoint(_: WebRequest) -> StreamingResponse:
        return StreamingResponse(endless(), media_type="text/event-stream")

    start = time.monotonic()
    exchange = send(routed(endpoint), read_events=3)
    assert "left-early" in exchange.traits
    assert 3 <= len(exchange.answer.stream.events) < 64
    assert last == ["closed"]
    assert time.monotonic() - start < GRACE


def test_a_stream_that_ignores_who_leaves_ends_with_the_run() -> None:
    async def app(scope, receive, send_message) -> None:
        assert scope["type"] == "http"
        headers = [(b"content-type", b"text/event-stream")]
        await send_message({"type": "http.response.start", "status": 200, "headers": headers})
        while True:
            body = b'data: {"type": "response.created"}\n\n'
            await send_message({"type": "http.response.body", "body": body, "more_body": True})

    start = time.monotonic()
    assert "left-early" in send(app, read_events=2).traits
    assert time.monotonic() - start < GRACE + 2


def test_a_background_task_goes_on_after_the_answer() -> None:
    done: list[float] = []

    async def endpoint(_: WebRequest) -> JSONResponse:
        return JSONResponse({}, background=BackgroundTask(later))

    async def later() -> None:
        await asyncio.sleep(0.05)
        done.append(time.monotonic())

    exchange = send(routed(endpoint))
    assert exchange.answer.seconds < 0.05 + GRACE
    assert done


def test_an_application_that_raises_answers_500() -> None:
    async def endpoint(_: WebRequest) -> JSONResponse:
        raise RuntimeError("out of order")

    async def bare(scope, receive, send_message) -> None:
        raise RuntimeError("out of order")

    assert send(routed(endpoint)).answer.status == 500
    assert send(bare).answer.status == 500


def test_an_application_that_breaks_in_its_answer_broke_the_connection() -> None:
    async def app(scope, receive, send_message) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"9")]
        await send_message({"type": "http.response.start", "status": 200, "headers": headers})
        await send_message({"type": "http.response.body", "body": b"{", "more_body": True})
        raise RuntimeError("out of order")

    exchange = send(app)
    assert exchange.reply is None
    assert "closed before the body had ended" in (exchange.failure or "")


def test_an_application_that_does_not_answer_is_waited_for_as_long_as_a_server() -> None:
    async def endpoint(_: WebRequest) -> JSONResponse:
        await asyncio.sleep(3600)
        return JSONResponse({})

    exchange = send(routed(endpoint), seconds=0.2)
    assert exchange.failure == "we stopped listening after 0.2 s (--timeout)"


def test_the_lifespan_surrounds_the_requests() -> None:
    log: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, str]]:
        log.append("start")
        yield {"model": MODEL}
        log.append("end")

    async def endpoint(request: WebRequest) -> JSONResponse:
        log.append("request")
        return JSONResponse({"model": request.state.model})

    assert send(routed(endpoint, lifespan=lifespan)).answer.body == {"model": MODEL}
    assert log == ["start", "request", "end"]


def test_an_application_that_does_not_start_is_not_judged() -> None:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        raise RuntimeError("no database")
        yield

    exchange = send(routed(create, lifespan=lifespan))
    assert "the application did not start" in (exchange.failure or "")
