"""A target of bare sockets: each of its lives breaks HTTP in one way, below what a web server would allow.

A life is a generator of the bytes that answer one request; `RESET` breaks the connection. The server ends
every life at MOST bytes or SECONDS, whatever it wants, and its threads end with it.
"""

from __future__ import annotations

import gzip
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

MIB = 1024 * 1024
MOST = 128 * MIB
"""Bytes after which an endless life ends."""
SECONDS = 20.0
"""Seconds after which an endless life ends."""
RESET = None
"""In place of bytes: the connection is reset."""
Life = Callable[[bytes], Iterator[bytes | None]]
"""Gets the head and the body of a request; yields the answer."""


def head(*fields: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def whole(body: bytes, *fields: str, kind: str = "application/json") -> bytes:
    return head(*fields, f"content-length: {len(body)}", kind=kind) + body


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


CHUNKED = "transfer-encoding: chunked"
EVENTS = "text/event-stream"
BODY = b'{"object":"response","id":"resp_1"}'
DELTA = b'data: {"type":"response.output_text.delta","delta":"x"}\n\n'


def half_a_chunk_size(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED) + chunk(b'{"object"') + b"1"


def a_chunk_size_that_is_none(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED) + b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"


def a_huge_chunk_size(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED) + b"ffffffffffffffffff\r\n" + BODY


def a_flood_of_chunk_extensions(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED) + b"5"
    while True:
        yield b";name=value" * 6000


def endless_trailers(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED) + chunk(BODY) + b"0\r\n"
    while True:
        yield b"x-trailer: value\r\n" * 4000


def endless_headers(_: bytes) -> Iterator[bytes | None]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"x-header: value\r\n" * 4000


def a_header_of_10_mb(_: bytes) -> Iterator[bytes | None]:
    yield b"HTTP/1.1 200 OK\r\nx-long: "
    for _turn in range(160):
        yield b"v" * 65_536
    yield b"\r\ncontent-length: 0\r\n\r\n"


def endless_early_answers(_: bytes) -> Iterator[bytes | None]:
    while True:
        yield b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 50
        time.sleep(0.01)


def no_status_line(_: bytes) -> Iterator[bytes | None]:
    yield b"hello, this is no HTTP\r\n\r\n" + BODY


def a_status_of_words(_: bytes) -> Iterator[bytes | None]:
    yield b"HTTP/1.1 fine\r\n\r\n" + BODY


def an_old_protocol(_: bytes) -> Iterator[bytes | None]:
    yield BODY


def frames_of_http_2(_: bytes) -> Iterator[bytes | None]:
    yield b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)


def bytes_of_tls(_: bytes) -> Iterator[bytes | None]:
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 4


def nothing_at_all(_: bytes) -> Iterator[bytes | None]:
    yield from ()


def a_length_beyond_the_body(_: bytes) -> Iterator[bytes | None]:
    yield head("content-length: 5000") + BODY


def a_length_below_the_body(_: bytes) -> Iterator[bytes | None]:
    yield head("content-length: 5") + BODY


def a_negative_length(_: bytes) -> Iterator[bytes | None]:
    yield head("content-length: -5") + BODY


def two_lengths(_: bytes) -> Iterator[bytes | None]:
    yield head("content-length: 5", f"content-length: {len(BODY)}") + BODY


def trickled_bytes(_: bytes) -> Iterator[bytes | None]:
    for octet in whole(BODY * 100):
        yield bytes([octet])
        time.sleep(0.05)


def a_trickled_stream(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED, kind=EVENTS)
    for octet in DELTA * 1000:
        yield chunk(bytes([octet]))
        time.sleep(0.02)


def a_reset_in_the_head(_: bytes) -> Iterator[bytes | None]:
    yield b"HTTP/1.1 200 OK\r\ncontent-ty"
    yield RESET


def a_reset_in_the_body(_: bytes) -> Iterator[bytes | None]:
    yield head("content-length: 5000") + BODY
    time.sleep(0.05)
    yield RESET


def a_reset_in_a_stream(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED, kind=EVENTS) + chunk(DELTA * 3)
    time.sleep(0.05)
    yield RESET


def nul_in_a_header(_: bytes) -> Iterator[bytes | None]:
    yield whole(BODY, "x-nul: a\0b")


def control_characters_in_headers(_: bytes) -> Iterator[bytes | None]:
    yield whole(BODY, "x-controls: a\x01\x1b[2J\x7fb", "x-return: a\rb")


def bytes_in_headers(_: bytes) -> Iterator[bytes | None]:
    yield whole(BODY, "x-latin: caf\xe9 \xff\xfe")


def a_name_that_is_no_token(_: bytes) -> Iterator[bytes | None]:
    yield whole(BODY, "x bad name\x02: value")


def a_gzip_bomb(_: bytes) -> Iterator[bytes | None]:
    yield whole(BOMB, "content-encoding: gzip")


def deep_json(_: bytes) -> Iterator[bytes | None]:
    yield whole(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)


def large_json(_: bytes) -> Iterator[bytes | None]:
    yield whole(b'{"output":[' + b"[]," * 5_000_000 + b"[]]}")


def a_long_invalid_item(_: bytes) -> Iterator[bytes | None]:
    yield whole(
        b'{"object":"response","id":"resp_1","output":[{"type":"message","role":"' + b"x" * 14 * MIB + b'"}]}'
    )


def an_error_of_12_mb(_: bytes) -> Iterator[bytes | None]:
    yield whole(b'{"error":{"message":"' + b"x" * 12 * MIB + b'","type":[],"code":{},"param":1}}')


def a_stream_of_tiny_frames(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED, kind=EVENTS)
    while True:
        yield chunk(b"data: {}\n\n" * 6000)


def tiny_chunks(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED, kind=EVENTS)
    while True:
        yield chunk(b":") * 8000


def a_stream_of_one_line(_: bytes) -> Iterator[bytes | None]:
    yield head(CHUNKED, kind=EVENTS) + chunk(b"data: ")
    while True:
        yield chunk(b"x" * 65_536)


def silence(_: bytes) -> Iterator[bytes | None]:
    for _turn in range(int(SECONDS / 0.05)):
        time.sleep(0.05)
        yield b""


BOMB = gzip.compress(bytes(200 * MIB), 9)
LIVES: dict[str, Life] = {
    life.__name__.replace("_", "-"): life
    for life in (
        half_a_chunk_size, a_chunk_size_that_is_none, a_huge_chunk_size, a_flood_of_chunk_extensions,
        endless_trailers, endless_headers, a_header_of_10_mb, endless_early_answers, no_status_line,
        a_status_of_words, an_old_protocol, frames_of_http_2, bytes_of_tls, nothing_at_all,
        a_length_beyond_the_body, a_length_below_the_body, a_negative_length, two_lengths, trickled_bytes,
        a_trickled_stream, a_reset_in_the_head, a_reset_in_the_body, a_reset_in_a_stream, nul_in_a_header,
        control_characters_in_headers, bytes_in_headers, a_name_that_is_no_token, a_gzip_bomb, deep_json,
        large_json, a_long_invalid_item, an_error_of_12_mb, a_stream_of_tiny_frames, tiny_chunks,
        a_stream_of_one_line, silence,
    )
}  # fmt: skip


class Target(socketserver.ThreadingTCPServer):
    """Answers each request by the life that the last segment of its path names, or else by `life`."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 200

    def __init__(self, life: str = "", **more: Life) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.life, self.lives = life, {**LIVES, **more}
        self.requests: list[bytes] = []
        """The head and the body of each request."""
        self.left: list[float] = []
        """When a client left before the end of its answer, in seconds of the monotonic clock."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no error of ours."""


class _Handler(socketserver.BaseRequestHandler):
    server: Target

    def handle(self) -> None:
        with suppress(OSError):
            request = self._read()
            self.server.requests.append(request)
            path = request.split(b" ", 2)[1].partition(b"?")[0].decode("latin-1")
            life = self.server.lives[self.server.life or path.rpartition("/")[2]]
            self._answer(life(request))

    def _read(self) -> bytes:
        """The head and the body of a request; half of it where the client leaves."""
        self.request.settimeout(SECONDS)
        data = bytearray()
        while b"\r\n\r\n" not in data and (piece := self.request.recv(65_536)):
            data += piece
        top, _, body = bytes(data).partition(b"\r\n\r\n")
        lines = [line.partition(b":") for line in top.lower().split(b"\r\n")]
        fields = {name: value.strip() for name, _, value in lines}
        length = int(fields.get(b"content-length", 0))
        is_chunked = b"transfer-encoding" in fields
        while (len(body) < length or (is_chunked and not body.endswith(b"0\r\n\r\n"))) and (
            piece := self.request.recv(1 << 20)
        ):
            body += piece
        return top + b"\r\n\r\n" + body

    def _answer(self, answer: Iterator[bytes | None]) -> None:
        size, end = 0, time.monotonic() + SECONDS
        for piece in answer:
            if piece is RESET:
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.request.close()
                return
            try:
                if not piece and self._has_left():
                    raise ConnectionResetError
                self.request.sendall(piece)
            except OSError:
                self.server.left.append(time.monotonic())
                return
            size += len(piece)
            if size > MOST or time.monotonic() > end:
                return
        with suppress(OSError):
            self.request.shutdown(socket.SHUT_WR)

    def _has_left(self) -> bool:
        self.request.setblocking(False)
        try:
            return self.request.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        finally:
            self.request.settimeout(SECONDS)


@contextmanager
def target(life: str = "", **more: Life) -> Iterator[Target]:
    """A target that listens until the block ends."""
    with Target(life, **more) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
