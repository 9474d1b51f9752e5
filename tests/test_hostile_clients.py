"""Requests that no client should send, in every dialect: none breaks the mock."""

from __future__ import annotations

import json
from functools import cache

import pytest

from antiphon_spec.dialect import load, names
from mock_client import AUTHORIZED, Client

KEY = "sk-planted-4711-0815"
DEEP = b"[" * 100_000
BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "NaN": b'{"temperature": NaN}',
    "a number beyond range": b'{"temperature": 1e999}',
    "an integer beyond 64 bits": b'{"max_output_tokens": ' + b"9" * 400 + b"}",
    "a lone surrogate": b'{"input": "\\ud800"}',
    "bytes that are no UTF-8": b'{"input": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "brackets without an end": DEEP,
    "objects in objects": b'{"input":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001,
    "two documents": b"{}{}",
    "a name twice": b'{"model": "a", "model": [], "model": {}}',
    "types of no kind": b'{"model": {}, "input": 7, "tools": "x", "text": [], "include": {}}',
    "members of items that are none": b'{"input": [null, [], "x", {}, {"type": []}], "tools": [null, 1, {}]}',
}
HEADERS = {
    "another charset": {"content-type": "application/json; charset=utf-16"},
    "no type": {"content-type": ""},
    "a coding that is none": {"content-encoding": "gzip, gzip, gzip"},
    "a broken coding": {"content-encoding": "gzip"},
    "a length of words": {"content-length": "many"},
    "a key with other letters": {"authorization": f"Bearer {KEY} \x7f\x01"},
    "two schemes": {"authorization": f"Basic {KEY}, Bearer {KEY}"},
    "no key": {"authorization": ""},
}
PATHS = (
    "/responses/%00",
    "/responses/..%2f..%2fetc",
    "/responses?limit=-1&limit=x",
    "//responses",
    "/" + "a/" * 2_000,
)


@cache
def client(dialect: str) -> Client:
    return Client(dialect=dialect)


def creates(dialect: str) -> list[str]:
    """The paths below the base to which this dialect posts without an id."""
    operations = load(dialect).document.operations.values()
    return sorted({item.path for item in operations if item.method == "POST" and "{" not in item.path})


@pytest.mark.parametrize("dialect", names())
def test_a_request_that_no_client_should_send_is_rejected(dialect: str) -> None:
    wrong, paths = [], creates(dialect)
    assert "/responses" in paths
    for path in paths:
        for name, raw in BODIES.items():
            reply = client(dialect).send("POST", path, raw)
            wrong += [(path, name, reply.status)] * (not _is_sane(reply.status, reply.raw))
    assert not wrong


@pytest.mark.parametrize("dialect", names())
def test_headers_and_paths_of_no_kind_are_rejected(dialect: str) -> None:
    wrong = []
    for name, fields in HEADERS.items():
        reply = client(dialect).send("POST", "/responses", b"{}", {**AUTHORIZED, **fields})
        wrong += [(name, reply.status)] * (not 400 <= reply.status < 500 or KEY.encode() in reply.raw)
    for path in PATHS:
        for method in ("GET", "DELETE", "BREW"):
            reply = client(dialect).send(method, path)
            wrong += [(method, path[:40], reply.status)] * (not _is_sane(reply.status, reply.raw))
    assert not wrong


def _is_sane(status: int, raw: bytes) -> bool:
    """Whether an answer is a success, or an error of the client in JSON."""
    return status < 400 or (status < 500 and "error" in json.loads(raw))
