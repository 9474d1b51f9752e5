"""The proxy between hostile clients and hostile targets: all passes or is rejected, and is counted."""

from __future__ import annotations

import asyncio
import gzip
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from antiphon_conformance.http.exchange import GAVE_UP, Headers, Part
from antiphon_conformance.recordings import reader
from antiphon_conformance.recordings.beside import Beside, JudgingLimits
from antiphon_conformance.recordings.judge_process import Job, Work
from antiphon_conformance.recordings.passage import Budget, Kept, Passage, exchange_of
from antiphon_conformance.verdict.outcome import Outcome
from hostile_sockets import BOMB, LIVES, MIB, Target, head, target, whole

SECRET = "sk-planted-4711-0815-secret"
PATIENCE = 20
ENDLESS = 300_000
"""Bytes after which the client of a test has seen enough of an answer."""
PASSED = 200
REJECTED = 502
BROKEN = 0
"""In place of a status: the answer is rejected, or it has begun by then and breaks off."""
ENDS = {
    "half-a-chunk-size": (BROKEN, "TransferEncodingError"),
    "a-chunk-size-that-is-none": (BROKEN, "Invalid character in chunk size"),
    "a-huge-chunk-size": (BROKEN, "Chunk size"),
    "endless-trailers": (BROKEN, ""),
    "endless-headers": (BROKEN, "Too many headers"),
    "a-header-of-10-mb": (BROKEN, "more than 65536 bytes"),
    "no-status-line": (BROKEN, "Bad status line"),
    "bytes-of-tls": (BROKEN, "Bad status line"),
    "nothing-at-all": (BROKEN, "Server disconnected"),
    "a-length-beyond-the-body": (BROKEN, "ContentLengthError"),
    "two-lengths": (BROKEN, "Duplicate Content-Length"),
    "a-reset-in-the-head": (BROKEN, ""),
    "a-reset-in-the-body": (BROKEN, ""),
    "a-reset-in-a-stream": (BROKEN, ""),
    "nul-in-a-header": (BROKEN, "Invalid HTTP header"),
    "control-characters-in-headers": (BROKEN, "header value"),
    "bytes-in-headers": (PASSED, ""),
    "a-gzip-bomb": (PASSED, "grows beyond"),
    "deep-json": (PASSED, ""),
    "large-json": (PASSED, ""),
    "a-stream-of-tiny-frames": (PASSED, ""),
    "tiny-chunks": (PASSED, ""),
}
"""What a client gets of each life, and what the screen says of it."""


def echo(request: bytes) -> Iterator[bytes | None]:
    """Answers with the request, as it came."""
    yield whole(request, kind="application/octet-stream")


def late_end(request: bytes) -> Iterator[bytes | None]:
    """Answers with the request, and ends the connection a moment after the answer."""
    yield from echo(request)
    time.sleep(0.02)


def small(_: bytes) -> Iterator[bytes | None]:
    """A compressed answer, though nobody asked for one."""
    yield whole(gzip.compress(b'{"object":"list"}'), "content-encoding: gzip")


def length_alone(_: bytes) -> Iterator[bytes | None]:
    """The head that answers HEAD."""
    yield head("content-length: 1234")


class Front:
    """A proxy in front of a hostile target."""

    def __init__(self, server: Target, folder: Path) -> None:
        self.server, self.record = server, folder / "traffic.jsonl"
        command = ("proxy", "--target", server.url, "--port", "0", "--record", str(self.record))
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "antiphon", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        url = self.process.stdout.readline().split()[0]
        self.port = int(url.rpartition(":")[2])
        self.count = 0
        """How many requests reached the proxy."""

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def send(self, raw: bytes, most: int = ENDLESS) -> bytes:
        """What answers these bytes, up to a size."""
        answer = bytearray()
        with self.connect() as connection:
            connection.sendall(raw)
            while len(answer) < most and (piece := connection.recv(65_536)):
                answer += piece
        return bytes(answer)

    def ask(
        self, path: str, body: bytes = b"{}", *fields: str, method: str = "POST", most: int = ENDLESS
    ) -> Any:
        """The status of an answer, and what follows its head."""
        self.count += 1
        lines = [f"{method} {path} HTTP/1.1", "host: x", "connection: close", *fields]
        lines += [f"content-length: {len(body)}"] if body else []
        answer = self.send("\r\n".join((*lines, "", "")).encode("latin-1") + body, most)
        top, _, rest = answer.partition(b"\r\n\r\n")
        return int(top.split(b" ", 2)[1]), top, rest

    def end(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGINT)
        output, errors = self.process.communicate(timeout=60)
        return self.process.returncode, output, errors


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    more = {"echo": echo, "late-end": late_end, "small": small, "length-alone": length_alone}
    with target(**more) as server:
        proxy = Front(server, tmp_path_factory.mktemp("proxy"))
        try:
            yield proxy
        finally:
            proxy.process.kill()
            proxy.process.communicate(timeout=60)


@pytest.mark.parametrize("life", ENDS)
def test_a_hostile_answer_passes_or_is_rejected(front: Front, life: str) -> None:
    status, top, rest = front.ask(f"/v1/{life}")
    if ENDS[life][0] == PASSED:
        assert status == PASSED
    elif status == REJECTED:
        assert rest.startswith(b'{"error": {"message": "the target did not answer: ')
    else:
        fields = top.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in fields if line.startswith(b"content-length:")), None)
        assert not (rest.endswith(b"0\r\n\r\n") if length is None else len(rest) >= length)


def test_a_compressed_answer_passes_as_it_is(front: Front) -> None:
    _, top, rest = front.ask("/v1/small")
    assert (b"gzip" in top, gzip.decompress(rest)) == (True, b'{"object":"list"}')
    _, _, rest = front.ask("/v1/a-gzip-bomb")
    assert rest == BOMB


def test_a_compressed_request_passes_as_it_is(front: Front) -> None:
    for body in (gzip.compress(b'{"model":"m"}'), BOMB):
        _, _, rest = front.ask("/v1/echo", body, "content-encoding: gzip")
        assert rest.partition(b"\r\n\r\n")[2] == body


def test_no_request_meets_a_connection_that_the_target_ends(front: Front) -> None:
    answers = [front.ask("/v1/late-end", f"request {number}".encode()) for number in range(10)]
    assert [status for status, _, _ in answers] == [200] * 10
    assert [rest.rpartition(b"\r\n\r\n")[2].decode() for _, _, rest in answers] == [
        f"request {number}" for number in range(10)
    ]


def test_a_long_body_passes_whole(front: Front) -> None:
    body = b"x" * (17 * MIB)
    _, _, rest = front.ask("/v1/echo", body, most=20 * MIB)
    assert rest.partition(b"\r\n\r\n")[2] == body


def test_bytes_in_a_header_pass_as_text(front: Front) -> None:
    _, _, rest = front.ask("/v1/echo", b"{}", "x-name: caf\xe9", f"authorization: Bearer {SECRET}")
    assert "x-name: café".encode() in rest.lower()
    assert SECRET.encode() in rest


def test_headers_of_the_connection_stay_here(front: Front) -> None:
    fields = ("expect: 100-continue", "x-mine: 1", "te: trailers", "proxy-connection: keep-alive")
    answer = front.send(
        b"POST /v1/echo HTTP/1.1\r\nhost: x\r\nconnection: close, x-mine\r\n"
        + "\r\n".join((*fields, "content-length: 2", "", "{}")).encode()
    )
    front.count += 1
    last = answer.rpartition(b"HTTP/1.1 200")[2].lower()
    assert b"content-length: 2" in last
    names = [line.partition(b":")[0].decode() for line in last.partition(b"post /")[2].splitlines()]
    assert [field for field in fields if field.partition(":")[0] in names] == []


def test_an_answer_to_head_keeps_its_length(front: Front) -> None:
    status, top, rest = front.ask("/v1/length-alone", b"", method="HEAD")
    assert (status, b"content-length: 1234" in top.lower(), rest) == (200, True, b"")


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT other.example:443 HTTP/1.1",
        "CONNECT .other.example:80 HTTP/1.1",
        "GET http://other.example/v1/echo HTTP/1.1",
        "GET @other.example/v1/echo HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET /v1/echo\x01 HTTP/1.1",
        "GET / HTTP/9",
        "G\x00T / HTTP/1.1",
    ],
)
def test_a_request_leads_nowhere_but_to_the_target(front: Front, line: str) -> None:
    before = len(front.server.requests)
    answer = front.send(f"{line}\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 40", b"HTTP/1.0 40")), answer
    assert len(front.server.requests) == before


@pytest.mark.parametrize(
    "field", ["x-long: " + "v" * 70_000, "x-nul: a\0b", "x bad: 1", "content-length: -1", "x\r\n y: 1"]
)
def test_a_malformed_header_is_rejected(front: Front, field: str) -> None:
    before = len(front.server.requests)
    answer = front.send(f"POST /v1/echo HTTP/1.1\r\nhost: x\r\n{field}\r\nconnection: close\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400")), answer
    assert len(front.server.requests) == before


def test_a_client_that_leaves_ends_the_work_of_the_target(front: Front) -> None:
    for life in ("silence", "a-stream-of-one-line", "endless-early-answers"):
        before = len(front.server.left)
        with front.connect() as connection:
            connection.sendall(f"GET /v1/{life} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            front.count += 1
            _wait(lambda life=life: any(life.encode() in request for request in front.server.requests))
        _wait(lambda before=before: len(front.server.left) > before)


def _wait(happened: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_all_that_passed_is_recorded_and_counted(front: Front) -> None:
    """The last test of this proxy."""
    status, output, errors = front.end()
    assert errors == ""
    exchanges = reader.load(front.record).exchanges
    numbers = {int(exchange.id.partition("/")[2]) for exchange in exchanges}
    assert numbers == set(range(1, len(exchanges) + 1))
    assert len(exchanges) >= front.count
    assert f"\n{len(exchanges)} exchanges: " in output
    assert status == 0
    assert SECRET not in output + front.record.read_text()
    blocks = {block.split(" ")[2].rpartition("/")[2]: block for block in output.split("\nproxy/")[1:]}
    assert [life for life, (_, words) in ENDS.items() if life in blocks and words not in blocks[life]] == []
    lost = {item.request.path: item for item in exchanges if Part.REQUEST in item.not_recorded}
    assert set(lost) == {"/echo"}


def test_every_life_is_one_of_these() -> None:
    assert set(ENDS) < set(LIVES)


PASSAGE = Passage("proxy/1", "POST", "/responses", Headers((("authorization", f"Bearer {SECRET}"),)), b"{}")
STREAM = replace(
    PASSAGE,
    status=200,
    reply_headers=Headers((("content-type", "text/event-stream"),)),
    reply_body=b'data: {"type":"error"}\n\n' * 2000,
)
LONG = replace(STREAM, reply_body=STREAM.reply_body * 20)


def beside(limits: JudgingLimits, record: Path | None = None) -> tuple[Beside, list[str], Budget]:
    lines: list[str] = []
    budget = Budget(limits.memory)
    return Beside(Work("openai", record, limits.events), limits, budget, lines.append), lines, budget


def test_a_judgement_that_takes_too_long_is_given_up_and_recorded_all_the_same(tmp_path: Path) -> None:
    record = tmp_path / "traffic.jsonl"
    queue, lines, budget = beside(JudgingLimits(seconds=0.001), record)

    async def judge() -> None:
        await queue.start()
        budget.take(LONG.size)
        queue.put(Job(LONG, (SECRET,)))
        await queue.close(PATIENCE)

    asyncio.run(judge())
    assert queue.counts == {Outcome.INCONCLUSIVE: 1}
    assert "INCONCLUSIVE we stopped judging after 0.001 s (--judging-timeout)" in "\n".join(lines)
    (kept,) = reader.load(record).exchanges
    assert kept.request.path == "/responses"
    assert SECRET not in record.read_text()
    assert budget.load == 0


def test_what_has_no_room_is_counted() -> None:
    queue, _, budget = beside(JudgingLimits(memory=3000))
    budget.take(2 * PASSAGE.size)
    queue.put(Job(PASSAGE, ()))
    queue.put(Job(PASSAGE, ()))
    assert (queue.losses, queue.counts[Outcome.INCONCLUSIVE]) == (1, 1)
    assert budget.load == PASSAGE.weight + PASSAGE.size


@pytest.mark.parametrize(
    ("memory", "size", "kept", "option"),
    [(10, 100, 10, "(--max-memory)"), (100, 10, 10, "no more"), (100, 100, 20, "")],
)
def test_the_beginning_of_a_body_is_kept(memory: int, size: int, kept: int, option: str) -> None:
    body = Kept(Budget(memory), size)
    for _ in range(4):
        body.add(b"12345")
    assert len(body.raw) == kept
    assert bool(body.cut) == bool(option)
    assert option in body.cut


@pytest.mark.parametrize(
    ("change", "has_reply", "words", "gave_up"),
    [
        ({}, True, "", False),
        ({"reply_cut": "we kept less"}, True, "we kept less", True),
        ({"failure": "reset"}, True, "reset", False),
        ({"has_left": True}, True, "", False),
        ({"reply_headers": Headers(), "reply_body": b"{", "failure": "reset"}, False, "reset", False),
        ({"reply_headers": Headers(), "reply_body": b"{", "has_left": True}, False, "the client left", False),
        ({"reply_headers": Headers(), "reply_body": BOMB}, False, "grows beyond", True),
        ({"body_cut": "we kept less"}, True, "", False),
    ],
)
def test_a_passage_is_an_exchange_as_far_as_it_was_kept(
    change: Any, has_reply: bool, words: str, gave_up: bool
) -> None:
    exchange = exchange_of(replace(STREAM, **change), 100_000)
    assert (exchange.reply is not None, GAVE_UP in exchange.traits) == (has_reply, gave_up)
    assert words in (exchange.failure or "")
    assert (Part.REQUEST in exchange.not_recorded) == ("body_cut" in change)
