"""The target: every behaviour of a server on a socket becomes an `Exchange`."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from antiphon_conformance.engine import judge
from antiphon_conformance.http.client import Limits, RunOverError, Target
from antiphon_conformance.http.exchange import GAVE_UP, Headers, Request, Trace
from antiphon_conformance.http.network import HttpTransport
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load

OPENAI = load("openai")
QUICK = Limits(seconds=0.1, recovery=0.1)
CREATE = Request("POST", "/responses", body={"model": "m", "input": "hi"})


def answer(body: bytes, kind: bytes = b"application/json", *more: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"content-type: " + kind, b"content-length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def endless(kind: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: " + kind + b"\r\nconnection: close\r\n\r\n"


@asynccontextmanager
async def server(*pieces: bytes, silent: bool = False, reset: bool = False):
    """Answers every connection with the same bytes; yields the URL and the received bytes."""
    requests: list[bytes] = []
    stop = asyncio.Event()

    async def serve(reader, writer):
        requests.append(await reader.read(65536))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if silent:
            await stop.wait()
        if reset:
            writer.transport.abort()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", requests
    finally:
        stop.set()
        listening.close()
        await listening.wait_closed()


def ask(*pieces: bytes, request=CREATE, limits=None, api_key=None, read_events=None, **how):
    """One exchange with a server that answers these bytes, and the bytes that the server received."""

    async def conversation():
        async with (
            server(*pieces, **how) as (url, requests),
            Target(HttpTransport(url), api_key, limits or Limits(seconds=5)) as target,
        ):
            exchange = await target.send(request, "scenario/step", read_events=read_events)
            return exchange, b"".join(requests)

    return asyncio.run(conversation())


def test_a_document_comes_back():
    exchange, requests = ask(answer(b'{"id":"resp_1"}'))
    assert exchange.ok
    assert exchange.id == "scenario/step"
    assert exchange.answer.body == {"id": "resp_1"}
    assert exchange.answer.seconds is not None
    assert requests.startswith(b"POST /v1/responses HTTP/1.1\r\n")
    assert requests.endswith(b'{"model":"m","input":"hi"}')
    assert b"content-type: application/json" in requests.lower()


def test_a_stream_comes_back():
    exchange, _ = ask(answer(b'data: {"type":"a"}\n\ndata: [DONE]\n\n', b"text/event-stream; charset=utf-8"))
    assert [event.type for event in exchange.answer.stream.events] == ["a"]
    assert exchange.answer.stream.has_sentinel
    assert not exchange.answer.stream.cut


def test_a_stream_with_the_wrong_content_type_is_still_read_as_one():
    exchange, _ = ask(answer(b'event: a\ndata: {"type":"a"}\n\n'))
    assert [event.type for event in exchange.answer.stream.events] == ["a"]


def test_the_reader_may_leave_early():
    exchange, _ = ask(
        endless(b"text/event-stream"), *[b'data: {"type":"a"}\n\n'] * 2, read_events=2, silent=True
    )
    assert len(exchange.answer.stream.events) == 2
    assert exchange.answer.stream.cut
    assert exchange.traits == {"left-early"}
    assert exchange.failure is None


@pytest.mark.parametrize(
    ("pieces", "how", "failure"),
    [
        ([], {}, "ServerDisconnectedError"),
        ([], {"reset": True}, "Server"),
        ([b"\x00\xff garbage\r\n\r\n"], {}, "Bad status line"),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"], {}, "ClientPayloadError"),
        ([b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"], {}, "Error"),
        ([b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000 + b"\r\n\r\n"], {}, "Error"),
    ],
)
def test_a_useless_answer_is_a_failure(pieces, how, failure):
    exchange, _ = ask(*pieces, **how)
    assert exchange.reply is None
    assert failure in exchange.failure


def test_wrongly_encoded_bytes_are_kept_unchanged():
    exchange, _ = ask(answer(b"abc", b"application/json", b"content-encoding: gzip"))
    assert exchange.answer.raw == b"abc"


def test_a_large_body_is_sent():
    exchange, _ = ask(answer(b"{}"), request=Request("POST", "/responses", body={"input": "a" * 3_000_000}))
    assert exchange.ok


def test_a_closed_port_is_a_failure():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]

        async def conversation():
            async with Target(HttpTransport(f"http://127.0.0.1:{port}"), limits=Limits(seconds=5)) as target:
                exchanges = [await target.send(CREATE, str(turn)) for turn in range(3)]
                with pytest.raises(RunOverError, match="did not answer 3 times in a row"):
                    await target.send(CREATE, "4")
                return exchanges, target.dead

        exchanges, dead = asyncio.run(conversation())
    assert dead
    assert all(exchange.reply is None and "Connect" in exchange.failure for exchange in exchanges)


def test_a_silent_server_is_a_failure():
    exchange, _ = ask(limits=Limits(seconds=0.05), silent=True)
    assert (exchange.reply, exchange.failure) == (None, "we stopped listening after 0.05 s (--timeout)")


@pytest.mark.parametrize("how", [{"silent": True, "limits": QUICK}, {"reset": True, "limits": QUICK}])
def test_a_broken_stream_keeps_its_first_bytes(how):
    whole = b'data: {"type":"a"}\n\n'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    exchange, _ = ask(head, b"%x\r\n%s\r\n" % (len(whole), whole), **how)
    if exchange.reply is not None:  # a reset may overtake the data that it follows
        assert [event.type for event in exchange.answer.stream.events] == ["a"]
        assert exchange.answer.stream.cut
    assert exchange.failure


def test_an_endless_body_is_cut():
    exchange, _ = ask(
        endless(b"application/json"), *[b" " * 65536] * 8, limits=Limits(seconds=5, size=100_000)
    )
    assert exchange.reply is None
    assert exchange.failure == "we kept 100000 bytes of the body and no more (--max-body)"
    assert exchange.traits == {GAVE_UP}


def test_a_stream_that_we_read_only_in_part_proves_nothing_about_its_end():
    delta = b'data: {"type":"response.output_text.delta","delta":"%s"}\n\n' % (b"a" * 900)
    exchange, _ = ask(endless(b"text/event-stream"), *[delta] * 200, limits=Limits(seconds=5, size=100_000))
    assert exchange.answer.stream.cut
    rule = "transport.a-stream-is-complete"
    records = judge([Trace("t", {"created": exchange})], OPENAI, {rule: rules_for(OPENAI)[rule]})
    assert [record.outcome for record in records] == [Outcome.INCONCLUSIVE]


def test_headers_can_be_replaced_and_left_out():
    request = Request(
        "POST", "/responses", Headers((("authorization", ""), ("content-type", "text/plain"))), raw=b"{"
    )
    _, requests = ask(answer(b"{}"), request=request, api_key="sk-secret")
    head = requests.lower()
    assert b"authorization" not in head
    assert b"content-type: text/plain" in head
    assert requests.endswith(b"\r\n\r\n{")


def test_an_omitted_header_is_not_sent():
    bare = Request("POST", "/responses/1/cancel", Headers((("accept", ""), ("user-agent", ""))))
    _, requests = ask(answer(b"{}"), request=bare)
    head = requests.lower()
    assert all(name not in head for name in (b"\r\naccept:", b"user-agent", b"content-type"))


def test_the_key_is_sent_and_never_kept():
    echo = b'{"message":"bad key sk-secret"}'
    exchange, requests = ask(answer(echo, b"application/json", b"x-echo: sk-secret"), api_key="sk-secret")
    assert b"authorization: Bearer sk-secret" in requests
    assert exchange.request.headers.get("authorization") == "REDACTED"
    assert "sk-secret" not in repr(exchange)


def test_the_number_of_requests_is_bounded():
    async def conversation():
        async with (
            server(answer(b"{}")) as (url, _),
            Target(HttpTransport(url), limits=Limits(requests=1)) as target,
        ):
            await target.send(CREATE, "1")
            with pytest.raises(RunOverError, match="the limit of 1 requests"):
                await target.send(CREATE, "2")

    asyncio.run(conversation())


def test_redirects_are_answers():
    exchange, _ = ask(b"HTTP/1.1 307 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")
    assert exchange.answer.status == 307
