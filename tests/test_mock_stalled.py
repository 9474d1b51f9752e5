"""Clients that stop reading cost the mock server little, however long the answer is, and hold up nobody."""

from __future__ import annotations

import json
import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from antiphon_mockserver.server.runner import BackgroundServer
from antiphon_mockserver.settings import Settings

TEXT = "word " * 15_000
"""A stream of it has 4 MB."""
CLIENTS = 4
BOUND = 500_000
"""Bytes for a client: the text in the store, what waits in the transport, and one piece."""
UPGRADE = (
    b"GET /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer any\r\nconnection: Upgrade\r\n"
    b"upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def post(path: str, body: dict[str, object]) -> bytes:
    """A request in bytes."""
    raw = json.dumps(body).encode()
    lines = [f"POST /v1/{path} HTTP/1.1", "host: x", "authorization: Bearer any"]
    return (
        "\r\n".join(
            [*lines, "content-type: application/json", f"content-length: {len(raw)}", "", ""]
        ).encode()
        + raw
    )


def stream(number: int) -> bytes:
    return post("responses", {"model": "gpt-5", "input": f"long {number}", "stream": True})


def chat(number: int) -> bytes:
    messages = [{"role": "user", "content": f"long {number}"}]
    return post("chat/completions", {"model": "gpt-5", "messages": messages, "stream": True})


def many_choices(number: int) -> bytes:
    messages = [{"role": "user", "content": f"long {number}"}]
    return post("chat/completions", {"model": "gpt-5", "messages": messages, "stream": True, "n": 64})


def pipelined(number: int) -> bytes:
    return b"".join(stream(1000 * number + turn) for turn in range(20))


def turn(number: int) -> bytes:
    text = json.dumps({"type": "response.create", "model": "gpt-5", "input": f"long {number}"}).encode()
    return UPGRADE + bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text


KINDS = {
    "a stream": (stream, Settings()),
    "a stream through ASGI": (stream, Settings(faults=("delay=0.001",))),
    "a stream in real time": (stream, Settings(clock="real")),
    "a chat": (chat, Settings()),
    "a chat through ASGI": (chat, Settings(clock="real")),
    "a chat of many choices": (many_choices, Settings()),
    "streams one after another": (pipelined, Settings()),
    "a turn over WebSocket": (turn, Settings()),
    "a turn in real time": (turn, Settings(clock="real")),
}
"""What a client asks for before it stops reading, and the settings of the server."""


@contextmanager
def server(settings: Settings) -> Iterator[int]:
    """The port of a server that answers every request with the text."""
    settings = replace(settings, scripts=({"answers": [{"text": TEXT}]},))
    with BackgroundServer(settings) as running:
        yield urlsplit(running.url).port or 0


def connect(port: int, request: bytes) -> socket.socket:
    """A client that has the beginning of an answer, and reads no more."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", port))
    if request.startswith(UPGRADE):
        connection.sendall(UPGRADE)
        assert connection.recv(1000).startswith(b"HTTP/1.1 101")
    connection.sendall(request.removeprefix(UPGRADE))
    while b"word" not in (piece := connection.recv(4096)):
        assert piece
    return connection


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_that_stops_reading_costs_little(kind: str) -> None:
    request, settings = KINDS[kind]
    with server(settings) as port:
        connect(port, request(0)).close()  # what the first request loads and counts
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            clients = [connect(port, request(number)) for number in range(1, CLIENTS + 1)]
            after = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert (after - before) / CLIENTS < BOUND
        with socket.create_connection(("127.0.0.1", port), timeout=30) as other:
            other.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer any\r\n\r\n")
            assert other.recv(100).startswith(b"HTTP/1.1 200")
        for connection in clients:
            connection.close()


def bodies(connection: socket.socket, count: int) -> list[bytes]:
    """The bodies of so many answers."""
    answers = connection.makefile("rb")
    found = []
    for _ in range(count):
        fields = {}
        while line := answers.readline().strip():
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()
        if b"content-length" in fields:
            found.append(answers.read(int(fields[b"content-length"])))
            continue
        pieces = []
        while size := int(answers.readline(), 16):
            pieces.append(answers.read(size))
            answers.readline()
        answers.readline()
        found.append(b"".join(pieces))
    return found


def test_answers_keep_their_bytes_and_their_order_behind_a_long_one() -> None:
    whole = post("responses", {"model": "gpt-5", "input": "short 4"})
    requests = [stream(1), chat(2), post("responses", {"model": "gpt-5", "input": "all 3"}), stream(5), whole]
    with server(Settings()) as port, socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"".join(requests))
        time.sleep(0.1)  # the first answer stops in the middle
        together = bodies(connection, len(requests))
    with server(Settings(faults=("delay=0.001",))) as port:
        alone = []
        for request in requests:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(request)
                alone += bodies(connection, 1)
    assert [len(body) for body in together] == [len(body) for body in alone]
    assert together == alone
    assert len(alone[0]) > 4_000_000


def test_a_client_that_leaves_a_turn_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with server(Settings()) as port:
        connect(port, turn(1)).close()
        time.sleep(0.2)
    assert [record.levelname for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


@pytest.mark.parametrize(
    "beginning", [b"GET /", b"GET /v1/models HTTP/1.1\r\nhost: x\r\nx-long: ", b"GET /v1/models?after="]
)
def test_a_head_without_an_end_is_cut_off(beginning: bytes) -> None:
    with (
        server(Settings()) as port,
        socket.create_connection(("127.0.0.1", port), timeout=30) as connection,
        pytest.raises(ConnectionError),
    ):
        connection.sendall(beginning + b"x" * 20_000_000)
