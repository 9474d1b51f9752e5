"""The real clock: streams and background work advance with the time that passed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest

from antiphon_mockserver import ResponsesMock

HEADERS = {"authorization": "Bearer any", "content-type": "application/json"}
PACED = {"text": "One two three four five six seven eight nine ten.", "pace": 0.05}
ENDED = {"completed", "cancelled"}


@pytest.fixture
def mock() -> Iterator[ResponsesMock]:
    with ResponsesMock(clock="real", scripts=[{"answers": [PACED]}]) as running:
        yield running


def send(mock: ResponsesMock, method: str, path: str, body: Any = None) -> HTTPResponse:
    url = urlsplit(mock.url)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=15)
    payload = json.dumps({"model": "gpt-5", "input": "Say something.", **body}) if body is not None else None
    connection.request(method, url.path + path, payload, HEADERS | {"connection": "close"})
    return connection.getresponse()


def poll(mock: ResponsesMock, id: str) -> list[str]:
    """The states that polling sees until the response has ended, each once."""
    statuses: list[str] = []
    deadline = time.monotonic() + 15
    while not ENDED & set(statuses) and time.monotonic() < deadline:
        status = json.load(send(mock, "GET", f"/responses/{id}"))["status"]
        statuses += [status] if status not in statuses[-1:] else []
    return statuses


def test_created_at_and_date_are_those_of_the_wall_clock(mock: ResponsesMock) -> None:
    reply = send(mock, "POST", "/responses", {})
    assert abs(json.load(reply)["created_at"] - time.time()) < 5
    assert str(time.gmtime().tm_year) in (reply.getheader("date") or "")


def test_background_work_advances_with_time(mock: ResponsesMock) -> None:
    creation = json.load(send(mock, "POST", "/responses", {"background": True}))
    assert creation["status"] == "queued"
    assert poll(mock, creation["id"])[-2:] == ["in_progress", "completed"]


def test_a_stream_takes_its_time(mock: ResponsesMock) -> None:
    start = time.monotonic()
    raw = send(mock, "POST", "/responses", {"stream": True}).read()
    assert time.monotonic() - start > 0.05 * (raw.count(b"event:") - 1)
    assert b"event: response.completed\n" in raw


def test_a_cancel_ends_a_stream_that_runs(mock: ResponsesMock) -> None:
    stream = send(mock, "POST", "/responses", {"stream": True, "background": True})
    assert stream.readline() == b"event: response.created\n"
    id = json.loads(stream.readline().removeprefix(b"data: "))["response"]["id"]
    cancellation = json.load(send(mock, "POST", f"/responses/{id}/cancel", {}))
    assert cancellation["status"] == "cancelled"
    assert b"response.completed" not in stream.read()
    assert poll(mock, id) == ["cancelled"]
