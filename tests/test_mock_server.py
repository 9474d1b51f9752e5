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

HEADERS = {"authorization": "Bearer any", "content-type": "application/json"}


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server and its base URL."""
    command = [sys.executable, "-m", "antiphon", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        url = next((found for line in process.stderr if (found := re.search(r"http://\S+", line))), None)
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
    sent = json.dumps({"model": "gpt-5", "input": "Say hello.", **body}) if method == "POST" else None
    connection.request(method, f"/v1{path}", sent, HEADERS)
    reply = connection.getresponse()
    raw = reply.read()
    connection.close()
    return reply.status, raw


def test_it_says_where_it_is_and_answers() -> None:
    with serving("--dialect", "openai") as (_, url):
        status, raw = ask(url)
        assert (status, json.loads(raw)["status"]) == (200, "completed")
        status, raw = ask(url, stream=True)
        assert raw.decode().rstrip().splitlines()[-2] == "event: response.completed"


def test_one_connection_carries_many_requests() -> None:
    with serving("--dialect", "openai") as (_, url):
        connection = connect(url)
        for text in ("Say hello.", "{", "Say hello."):
            connection.request("POST", "/v1/responses", text, HEADERS)
            assert connection.getresponse().read()
            connection.request("POST", "/v1/nothing", "x" * 100_000, HEADERS)
            assert connection.getresponse().read()
        connection.close()


def test_an_open_stream_gets_its_end_when_the_server_stops() -> None:
    with serving("--dialect", "openresponses", "--fault", "pace=5") as (process, url):
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
    with serving("--dialect", "openai", "--fault", "cut=3") as (_, url):
        connection = connect(url)
        body = json.dumps({"model": "gpt-5", "input": "Count from 1 to 9.", "stream": True})
        connection.request("POST", "/v1/responses", body, HEADERS)
        with pytest.raises(IncompleteRead) as broken:
            connection.getresponse().read()
        connection.close()
        assert broken.value.partial.count(b"event:") == 3


def test_workers_share_what_they_remember(tmp_path: Path) -> None:
    with serving("--dialect", "openai", "--workers", "2", "--store", f"sqlite:{tmp_path / 'store.db'}") as (
        _,
        url,
    ):
        made = [json.loads(ask(url)[1])["id"] for _ in range(8)]
        assert len(set(made)) == 8
        assert all(ask(url, "GET", f"/responses/{id}")[0] == 200 for id in made)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--workers", "2"), "--workers: expected a --store that processes can share"),
        (("--mutant", "nothing"), "--mutant: expected the id of a mutant, got 'nothing'"),
        (("--fault", "nothing"), "--fault nothing: expected one of"),
        (("--store", "sand"), "--store: expected memory, sqlite:PATH or redis"),
        (("--dialect", "klingon"), "got 'klingon'"),
    ],
)
def test_wrong_usage_is_told_with_what_was_expected(options: tuple[str, ...], told: str) -> None:
    command = [sys.executable, "-m", "antiphon", "serve", "--port", "0", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 3
    assert told in " ".join(done.stderr.replace("│", " ").split())


def test_a_port_that_is_taken_is_told() -> None:
    with serving() as (_, url):
        command = [sys.executable, "-m", "antiphon", "serve", "--port", str(urlsplit(url).port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 3
        assert "Cannot listen on 127.0.0.1" in done.stderr


def test_serving_imports_nothing_that_only_judging_needs() -> None:
    code = (
        "import sys, antiphon.serve\n"
        "heavy = {'pytest', 'hypothesis', 'schemathesis', 'rich', 'aiohttp', 'jsonschema', 'starlette'}\n"
        "print(*(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.strip() == ""
