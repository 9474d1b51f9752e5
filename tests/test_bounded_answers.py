"""Answers without an end: a run keeps a part of each, and names the option of its own limit."""

from __future__ import annotations

import time

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http import sse
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import cost_of
from antiphon_conformance.http.exchange import GAVE_UP, Exchange, Headers, Request
from antiphon_conformance.http.patience import LEAST_ROOM
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.run import RunConfig, perform
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.result import judge
from antiphon_spec import dialect as dialects

EVENTS = Headers((("content-type", "text/event-stream"),))
MIB = 1024 * 1024
DELTA = b'data: {"type":"response.output_text.delta"}\n\n'
ENDLESS = {
    "tiny frames": (b"text/event-stream", b"data: {}\n\n" * 6000),
    "comments": (b"text/event-stream", b":\n\n" * 20_000),
    "deltas": (b"text/event-stream", DELTA * 1400),
    "lines of one frame": (b"text/event-stream", b"data: 1\n" * 8000),
    "one line": (b"text/event-stream", b"x" * 65_536),
    "an array": (b"application/json", b"{}," * 20_000),
    "a page": (b"text/html", b"<p>" * 20_000),
}


def endless(kind: bytes, chunk: bytes, most: int):
    """An application that answers everything with `most` bytes of chunks."""

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        for _ in range(most // len(chunk)):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


def config(**options):
    return RunConfig(
        "http://mock/v1", ("openai",), properties=False, scenarios=("chaining",), seconds=20, **options
    )


def exchanges_of(run):
    return [exchange for trace in run.traces for exchange in trace.exchanges.values()]


@pytest.mark.parametrize("name", ENDLESS)
def test_a_run_keeps_a_part_and_names_the_option(name):
    kind, chunk = ENDLESS[name]
    transport = AsgiTransport(endless(kind, chunk, 40 * MIB), "http://mock/v1")
    run = perform(config(max_events=2000, max_memory=1), transport=transport)
    kept = exchanges_of(run)
    assert kept
    for exchange in kept:
        assert GAVE_UP in exchange.traits
        assert "--max-events" in exchange.failure or "--max-memory" in exchange.failure
        assert exchange.reply is None or len(exchange.reply.raw) <= LEAST_ROOM
    result = judge([run])
    assert not [record.rule for record in result.records if record.outcome is Outcome.BROKEN]


def test_a_usual_run_is_far_below_the_memory():
    assert cost_of(read_reply(200, EVENTS, DELTA * 300)) < MIB


def test_a_stream_of_a_million_events_is_judged_to_its_limit():
    start = time.process_time()
    reply = read_reply(200, EVENTS, DELTA * 1_000_000)
    assert reply.stream.limited
    assert reply.stream.cut
    assert len(reply.stream.frames) == sse.MOST_EVENTS
    request = Request("POST", "/responses", body={"model": "m", "input": "x", "stream": True})
    records = engine.lint([Exchange("long", request, reply)], dialects.load("openai"))
    assert time.process_time() - start < 30
    ends = {
        record.outcome for record in records if record.rule == "framing.a-blank-line-ends-the-last-message"
    }
    assert Outcome.FAILED not in ends


@pytest.mark.parametrize("most", [1, 2, 3, 1000])
def test_the_limit_counts_events(most):
    stream = sse.read(DELTA * 3, most=most)
    assert (len(stream.events), stream.limited) == (min(3, most), most < 3)


def test_lines_end_in_any_way():
    for text in (b"a\nb\nc", b"a\r\nb\r\nc", b"a\rb\rc"):
        assert text[: sse.end_of_lines(text, 1)].strip() == b"a"
        assert sse.end_of_lines(text, 10) == len(text)
