"""Answers that are ready at once leave in one write; what is unusual on the wire gets its answer too."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator

import pytest
from uvicorn.server import ServerState

import fast_loop
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.server.runner import BackgroundServer, configuration
from antiphon_mockserver.settings import Settings

BODY = json.dumps({"model": "gpt-5-mini", "input": "Say hello."}).encode()
STREAM = json.dumps({"model": "gpt-5-mini", "input": "Count from 1 to 9.", "stream": True}).encode()
HEAD = b"Host: mock\r\nAuthorization: Bearer key\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[BackgroundServer]:
    with BackgroundServer(Settings(dialect="openai")) as background:
        yield background


def post(body: bytes, *headers: bytes, version: bytes = b"1.1") -> bytes:
    lines = (*headers, b"Content-Length: %d" % len(body))
    start = b"POST /v1/responses HTTP/%b\r\n" % version
    return start + HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def talk(server: BackgroundServer, *pieces: bytes) -> bytes:
    """What the server sends until it closes the connection."""
    answer = b""
    with socket.create_connection(server.listener.getsockname(), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
        while received := connection.recv(1 << 16):
            answer += received
    return answer


CLOSE = b"Connection: close"


def test_an_answer_has_its_length_and_keeps_the_connection(server: BackgroundServer) -> None:
    first, second = talk(server, post(BODY), post(BODY, CLOSE)).split(b"HTTP/1.1 200 OK\r\n")[1:]
    head, _, content = first.partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(content) in head
    assert b"connection: close" not in head
    assert b"connection: close" in second
    assert json.loads(content)["id"] != json.loads(second.partition(b"\r\n\r\n")[2])["id"]


def test_a_stream_comes_in_chunks(server: BackgroundServer) -> None:
    head, _, content = talk(server, post(STREAM, CLOSE)).partition(b"\r\n\r\n")
    size, _, rest = content.partition(b"\r\n")
    assert b"transfer-encoding: chunked" in head
    assert b"content-length" not in head
    assert rest[int(size, 16) :] == b"\r\n0\r\n\r\n"
    assert rest.startswith(b"event: response.created\n")


def test_requests_in_one_packet_are_answered_in_order(server: BackgroundServer) -> None:
    unknown = b"GET /v1/responses/resp_0 HTTP/1.1\r\n" + HEAD + b"\r\n"
    answers = talk(server, post(BODY) + unknown + post(STREAM) + post(BODY, CLOSE)).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"404", b"200", b"200"]
    assert b"text/event-stream" in answers[2]


def test_an_answer_beside_the_loop_keeps_its_place_among_others(server: BackgroundServer) -> None:
    members = {f"p{number}": {"type": "number", "minimum": 7} for number in range(400)}
    schema = {"type": "object", "properties": members, "required": [*members]}
    named = {"type": "json_schema", "name": "n", "schema": schema}
    long = json.dumps({"model": "gpt-5-mini", "input": "Hi", "text": {"format": named}}).encode()
    unknown = b"GET /v1/responses/resp_0 HTTP/1.1\r\n" + HEAD + b"\r\n"
    answers = talk(server, post(long) + unknown + post(BODY, CLOSE)).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"404", b"200"]
    head, _, content = answers[0].partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(content) in head
    (text,) = json.loads(content)["output"][0]["content"]
    assert len(json.loads(text["text"])) == 400
    again = talk(server, post(BODY), post(BODY), post(long), post(BODY), post(long), post(BODY, CLOSE))
    assert [answer[:3] for answer in again.split(b"HTTP/1.1 ")[1:]] == [b"200"] * 6


def test_a_body_may_come_in_pieces_and_in_chunks(server: BackgroundServer) -> None:
    whole = post(BODY, CLOSE)
    assert talk(server, whole[:-9], whole[-9:]).startswith(b"HTTP/1.1 200")
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    head = b"POST /v1/responses HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert talk(server, head + chunks).startswith(b"HTTP/1.1 200")


def test_unusual_requests_are_answered_too(server: BackgroundServer) -> None:
    assert talk(server, post(BODY, version=b"1.0")).startswith(b"HTTP/1.1 200")
    expecting = talk(server, post(BODY, CLOSE, b"Expect: 100-continue"))
    assert expecting.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
    assert talk(server, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert talk(server, post(b"{", CLOSE)).startswith(b"HTTP/1.1 400")
    assert talk(server, post(b'"' + b"x" * (1 << 17) + b'"', CLOSE)).startswith(b"HTTP/1.1 400")


def test_a_head_that_came_before_says_the_same_again(server: BackgroundServer) -> None:
    long = json.dumps({"model": "gpt-5-mini", "input": "word " * 300}).encode()
    requests = [
        *(post(body) for body in (BODY, STREAM, long, BODY)),
        post(BODY).replace(b"Bearer key", b"Bearer wrong-key"),
        post(BODY).replace(b"application/json", b"application/text"),
        post(BODY).replace(b"/responses", b"/responsed"),
        post(BODY).replace(b"POST", b"DELETE"),
        post(b""),
        post(BODY, version=b"1.0"),
    ]
    answers = talk(server, b"".join(requests)).split(b"HTTP/1.1 ")[1:]
    statuses = [int(answer[:3]) for answer in answers]
    assert statuses == [200, 200, 200, 200, 401, 415, 404, 405, 400, 200]


class Line(asyncio.Transport):
    """A connection that nobody listens on."""

    is_open = True

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return not self.is_open

    def close(self) -> None:
        self.is_open = False


LONG = json.dumps({"model": "gpt-5-mini", "input": "word " * 3000}).encode()
ODD = json.dumps({"model": "gpt-5-mini", "input": "Content-Length: 7\r\n\r\nPOST / HTTP/1.1"}).encode()
PACKETS = {
    "as before": post(BODY),
    "a longer body": post(STREAM),
    "more digits": post(LONG),
    "a head in the body": post(ODD),
    "another key": post(BODY).replace(b"Bearer key", b"Bearer wrong-key"),
    "another header": post(BODY, b"X-Other: 1"),
    "a smaller letter": post(BODY).replace(b"Content-Length", b"content-length"),
    "zeros before the length": post(BODY).replace(b"Length: ", b"Length: 00"),
    "a signed length": post(BODY).replace(b"Length: ", b"Length: +"),
    "two lengths": post(BODY, b"Content-Length: 3"),
    "no body": post(b""),
    "two in one": post(BODY) + post(STREAM),
    "one and a half": post(BODY) + post(STREAM)[:90],
    "a body that is too long": post(BODY) + b" ",
    "half a body": post(BODY)[:-9],
    "half a head": post(BODY)[:50],
    "not JSON": post(b"{" * len(BODY)),
}


@pytest.mark.parametrize("packet", PACKETS)
def test_a_packet_after_others_is_answered_like_one_on_a_connection_of_its_own(packet: str) -> None:
    """Bytes of a head that come again are not parsed; whatever differs from them is."""

    def answers(*, alone: bool) -> list[bytes]:
        config = configuration(make_app(Settings(dialect="openai")))
        config.load()

        async def talk() -> list[bytes]:
            written: list[bytes] = []
            for content in (post(BODY), post(BODY), PACKETS[packet]):
                if alone or not written:
                    line = Line()
                    protocol = config.http_protocol_class(config, ServerState(), {})
                    protocol.connection_made(line)
                line.written = b""
                protocol.data_received(content)
                await asyncio.sleep(1)
                written.append(line.written)
            return written

        return fast_loop.run(talk())

    together = answers(alone=False)
    assert together[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert together == answers(alone=True)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/nothing", "/v1/responses"])
def test_the_answer_to_another_url_does_not_depend_on_the_connection(path: str) -> None:
    get = b"GET %b HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer key\r\n" % path.encode()
    other = b"GET /v1/models/gpt-5 HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer key\r\n\r\n"
    with BackgroundServer(Settings(dialect="openai")) as alone:
        answer = talk(alone, get + CLOSE + b"\r\n\r\n").replace(b"connection: close\r\n", b"")
    with BackgroundServer(Settings(dialect="openai")) as server:
        both = talk(server, other, get + b"\r\n", other[:-2] + CLOSE + b"\r\n\r\n")
    assert answer in both


def test_a_connection_closes_when_it_was_idle_for_long() -> None:
    config = configuration(make_app(Settings()))
    config.load()

    async def wait(line: Line) -> list[bool]:
        protocol = config.http_protocol_class(config, ServerState(), {})
        protocol.connection_made(line)
        states = []
        for seconds in (50, 50, 74, 2):
            if seconds > 2:
                protocol.data_received(post(BODY))
            await asyncio.sleep(seconds)
            states.append(line.is_open)
        assert line.written.count(b"HTTP/1.1 200 OK\r\n") == 3
        return states

    assert fast_loop.run(wait(Line())) == [True, True, True, False]
