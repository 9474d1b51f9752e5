"""The command `antiphon serve` as a process: start, several workers, graceful end, broken connections."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from antiphon_mockserver.server.runner import listen_apart

HEADERS = {"authorization": "Bearer any", "content-type": "application/json"}


@contextmanager
def serve(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server and its base URL."""
    command = [sys.executable, "-m", "antiphon", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        url = next((match for line in process.stderr if (match := re.search(r"http://\S+", line))), None)
        assert url is not None, "the server said no URL"
        yield process, url.group()
    finally:
        process.terminate()
        process.wait(15)
        process.stderr.close()


def connect(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=15)


def ask(url: str, method: str = "POST", path: str = "/responses", **body: Any) -> tuple[int, bytes]:
    connection = connect(url)
    payload = json.dumps({"model": "gpt-5", "input": "Say hello.", **body}) if method == "POST" else None
    connection.request(method, f"/v1{path}", payload, HEADERS)
    reply = connection.getresponse()
    raw = reply.read()
    connection.close()
    return reply.status, raw


def test_the_server_prints_its_address_and_answers() -> None:
    with serve("--dialect", "openai") as (_, url):
        status, raw = ask(url)
        assert (status, json.loads(raw)["status"]) == (200, "completed")
        status, raw = ask(url, stream=True)
        assert raw.decode().rstrip().splitlines()[-2] == "event: response.completed"


def test_one_connection_carries_many_requests() -> None:
    with serve("--dialect", "openai") as (_, url):
        connection = connect(url)
        for text in ("Say hello.", "{", "Say hello."):
            connection.request("POST", "/v1/responses", text, HEADERS)
            assert connection.getresponse().read()
            connection.request("POST", "/v1/nothing", "x" * 100_000, HEADERS)
            assert connection.getresponse().read()
        connection.close()


def test_an_open_stream_gets_its_end_when_the_server_stops() -> None:
    with serve("--dialect", "openresponses", "--fault", "pace=5") as (process, url):
        connection = connect(url)
        body = json.dumps({"model": "gpt-5", "input": "Count from 1 to 9.", "stream": True})
        connection.request("POST", "/v1/responses", body, HEADERS)
        reply = connection.getresponse()
        assert reply.readline() == b"event: response.created\n"
        process.send_signal(signal.SIGTERM)
        rest = reply.read().decode()
        connection.close()
        assert "event: response.completed\n" in rest
        assert rest.endswith("data: [DONE]\n\n")
        assert process.wait(10) in (0, -signal.SIGTERM)


def test_a_cut_stream_is_a_broken_connection() -> None:
    with serve("--dialect", "openai", "--fault", "cut=3") as (_, url):
        connection = connect(url)
        body = json.dumps({"model": "gpt-5", "input": "Count from 1 to 9.", "stream": True})
        connection.request("POST", "/v1/responses", body, HEADERS)
        with pytest.raises(IncompleteRead) as error:
            connection.getresponse().read()
        connection.close()
        assert error.value.partial.count(b"event:") == 3


def test_workers_share_their_store_and_log_no_key(tmp_path: Path) -> None:
    options = ("--dialect", "openai", "--workers", "2", "--store", f"sqlite:{tmp_path / 'store.db'}")
    key = "sk-planted-4711-0815"
    malformed = f"POST /v1/x?api_key={key} HTTP/1.1\r\nauthorization: Bearer {key}\r\nbad\0: {key}\r\n\r\n"
    with serve(*options) as (process, url):
        ids = [json.loads(ask(url)[1])["id"] for _ in range(8)]
        assert len(set(ids)) == 8
        assert all(ask(url, "GET", f"/responses/{id}")[0] == 200 for id in ids)
        for _ in range(4):
            connection = connect(url)
            connection.connect()
            connection.sock.sendall(malformed.encode())
            assert key.encode() not in connection.sock.recv(1 << 16)
            connection.close()
            assert ask(url, "GET", f"/no-such-path?api_key={key}")[0] == 404
        process.terminate()
        assert process.stderr is not None
        assert key not in process.stderr.read()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the workers share a socket")
def test_each_worker_has_a_queue_of_its_own_on_one_port() -> None:
    listeners = listen_apart("127.0.0.1", 0, 2)
    port = listeners[0].getsockname()[1]
    with listeners[0], listeners[1]:
        assert [listener.getsockname()[1] for listener in listeners] == [port, port]
        for workers in (1, 2):
            with pytest.raises(OSError, match="in use"):
                listen_apart("127.0.0.1", port, workers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--workers", "2"), "--workers: expected a --store that processes can share"),
        (("--mutant", "nothing"), "--mutant: expected the id of a mutant, got 'nothing'"),
        (("--fault", "nothing"), "--fault nothing: expected one of"),
        (("--store", "sand"), "--store: expected memory, memory:SIZE, sqlite:PATH or redis"),
        (("--dialect", "klingon"), "got 'klingon'"),
        (("--dialect", "responses"), "got 'responses'"),
        (("--world", "cooking"), "--world: expected a dialect with a video library, got openresponses"),
        (("--reading", "missing-differs"), "--reading: expected a dialect with a video library"),
        (("--prompts", "."), "--prompts: expected a dialect with prompts, got openresponses"),
        (("--dialect", "cloudglue", "--world", "no.yaml"), "--world no.yaml: expected a YAML file"),
    ],
)
def test_the_message_on_wrong_usage_says_what_was_expected(options: tuple[str, ...], message: str) -> None:
    command = [sys.executable, "-m", "antiphon", "serve", "--port", "0", *options]
    process = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert process.returncode == 3
    assert message in " ".join(process.stderr.replace("│", " ").split())


def test_a_port_in_use_is_reported() -> None:
    with serve() as (_, url):
        command = [sys.executable, "-m", "antiphon", "serve", "--port", str(urlsplit(url).port)]
        process = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert process.returncode == 3
        assert "Cannot listen on 127.0.0.1" in process.stderr


def test_serving_imports_nothing_that_only_judging_needs() -> None:
    code = (
        "import sys, antiphon.commands.serve\n"
        "heavy = {'pytest', 'hypothesis', 'schemathesis', 'rich', 'aiohttp', 'jsonschema', 'starlette'}\n"
        "print(*(heavy & set(sys.modules)))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )
    assert process.stdout.strip() == ""


@pytest.mark.parametrize(
    ("entry", "options", "is_said"),
    [
        ({"text": "Hello.", "pace": 0.01}, (), True),
        ({"text": "Hello.", "delay": 1}, (), True),
        ({"text": "Hello."}, (), False),
        ({"text": "Hello.", "pace": 0.01}, ("--clock", "real"), False),
    ],
)
def test_the_welcome_says_when_a_pace_takes_no_time(
    tmp_path: Path, entry: dict[str, object], options: tuple[str, ...], is_said: bool
) -> None:
    script = tmp_path / "script.yaml"
    script.write_text(json.dumps({"answers": [entry]}))
    with serve("--script", str(script), *options) as (process, _):
        assert process.stderr is not None
        details = next(process.stderr)
    assert ("take no time without --clock real" in details) == is_said
