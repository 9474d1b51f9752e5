"""The mock server's HTTP: credentials, media, routes, limits, headers, browsers."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

from antiphon_mockserver.api import HANDLERS
from antiphon_mockserver.server import app
from antiphon_spec.dialect import names
from mock_client import AUTHORIZED, BOB, Client, Reply

HELLO = b'{"model": "gpt-5", "input": "Say hello."}'
ASKED = {"cloudglue": {"model": "nimbus-001", "knowledge_base": {"source": "default"}}}
"""Members that a create needs besides its input and its model, by dialect."""

ALLOWED = dict.fromkeys(names(), "POST, OPTIONS") | {"cloudglue": "GET, POST, HEAD, OPTIONS"}
"""Methods of the path where responses are created; one dialect also lists them there."""


@pytest.fixture(params=names())
def client(request: pytest.FixtureRequest) -> Client:
    return Client(dialect=request.param)


def hello(client: Client, headers: Mapping[str, str] = AUTHORIZED) -> Reply:
    return client.create(headers=headers, **ASKED.get(client.app.dialect.name, {}))


def assert_error(client: Client, reply: Reply, status: int, code: str | None = None) -> str:
    """Checks that the reply is this error in the dialect's envelope; returns its message."""
    assert (reply.status, reply.headers["content-type"]) == (status, "application/json")
    if client.app.dialect.traits.error_envelope == "text":
        assert set(reply.json) == {"error"}
        return str(reply.error)
    assert set(reply.error) == {"message", "type", "param", "code"}
    assert code in (None, reply.error["code"])
    return str(reply.error["message"])


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer two words", "key"]
)
def test_a_request_without_a_valid_key_is_rejected(client: Client, authorization: str | None) -> None:
    headers = {**AUTHORIZED, "authorization": authorization} if authorization is not None else {}
    reply = client.send("POST", "/responses", HELLO, headers)
    assert assert_error(client, reply, 401)
    assert reply.headers["www-authenticate"] == "Bearer"


def test_every_key_is_accepted_unless_keys_are_configured() -> None:
    assert Client().create(headers=BOB).status == 200
    choosy = Client(api_keys=("key-of-alice",))
    assert choosy.create().status == 200
    reply = choosy.create(headers=BOB)
    assert (reply.status, reply.error["code"]) == (401, "invalid_api_key")
    assert "key-of-bob" not in reply.error["message"]


@pytest.mark.parametrize("key", ["wrong-key-1", "sk-invalid", "sk_expired_7"])
def test_a_key_that_contains_wrong_is_rejected(client: Client, key: str) -> None:
    reply = hello(client, {**AUTHORIZED, "authorization": f"Bearer {key}"})
    assert key not in assert_error(client, reply, 401, "invalid_api_key")


def test_the_case_of_the_scheme_does_not_matter(client: Client) -> None:
    assert hello(client, {**AUTHORIZED, "authorization": "bEARER any"}).status == 200


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[1", b'{"model": }', b'{"a": NaN}', b"\xff\xfe", b"{'a': 1}", b"[" * 5000]
)
def test_a_body_other_than_json_is_rejected(client: Client, raw: bytes) -> None:
    assert assert_error(client, client.send("POST", "/responses", raw), 400, "invalid_json")


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"null", b"3", b"true"])
def test_a_body_other_than_an_object_is_rejected(client: Client, raw: bytes) -> None:
    assert assert_error(client, client.send("POST", "/responses", raw), 400)


@pytest.mark.parametrize(
    "media",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/json; charset=latin-1",
    ],
)
def test_other_media_types_are_rejected(client: Client, media: str) -> None:
    assert assert_error(
        client, hello(client, {**AUTHORIZED, "content-type": media}), 415, "unsupported_content_type"
    )


@pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_every_spelling_of_the_json_media_type_is_accepted(client: Client, media: str) -> None:
    assert hello(client, {**AUTHORIZED, "content-type": media}).status == 200


def compressed(coding: str, body: bytes, **settings: Any) -> Reply:
    client = Client(dialect="openai", **settings)
    return client.send("POST", "/responses", body, {**AUTHORIZED, "content-encoding": coding})


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(HELLO)),
        ("GZIP", gzip.compress(HELLO[:9]) + gzip.compress(HELLO[9:])),
        ("deflate", zlib.compress(HELLO)),
        ("identity", HELLO),
    ],
    ids=["gzip", "two members", "deflate", "identity"],
)
def test_a_compressed_body_is_read(coding: str, body: bytes) -> None:
    assert compressed(coding, body).status == 200


def test_a_body_in_zstd_is_read_where_a_module_can() -> None:
    try:
        zstd = import_module("zstandard")
    except ImportError:
        reply = compressed("zstd", HELLO)
        assert (reply.status, reply.error["code"]) == (415, "unsupported_content_encoding")
        assert "antiphon[zstd]" in reply.error["message"]
    else:
        whole = zstd.ZstdCompressor().compress(HELLO)
        assert compressed("zstd", whole).status == 200
        for part in (whole[:-1], whole[:9], whole + b"junk", b"junk"):
            assert compressed("zstd", part).status == 400
        checked = zstd.ZstdCompressor(write_checksum=True).compress(HELLO)
        assert [compressed("zstd", checked[:length]).status for length in (len(checked), -2)] == [200, 400]


@pytest.mark.parametrize(
    ("coding", "body", "status", "code"),
    [
        ("br", HELLO, 415, "unsupported_content_encoding"),
        ("gzip", HELLO, 400, "invalid_encoding"),
        ("gzip", gzip.compress(HELLO)[:-9], 400, "invalid_encoding"),
        ("gzip", gzip.compress(b" " * 1_000_000), 413, "request_too_large"),
    ],
    ids=["unknown", "plain", "cut", "bomb"],
)
def test_another_compressed_body_is_rejected(coding: str, body: bytes, status: int, code: str) -> None:
    reply = compressed(coding, body, body_limit=10_000)
    assert (reply.status, reply.error["code"]) == (status, code)


def test_an_oversized_body_is_rejected() -> None:
    small = Client(body_limit=100)
    assert small.send("POST", "/responses", HELLO).status == 200
    reply = small.create("x" * 100)
    assert (reply.status, reply.error["code"]) == (413, "request_too_large")
    early_reply = small.send("POST", "/responses", b"", {**AUTHORIZED, "content-length": "101"})
    assert early_reply.status == 413


def test_oversized_headers_are_rejected_where_the_dialect_has_a_limit() -> None:
    large = {**AUTHORIZED, "x-padding": "x" * 70_000}
    assert Client(dialect="openai").create(headers=large).status == 431
    assert Client(dialect="openresponses").create(headers=large).status == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/responses/", "/response", "/responses/resp_1/nothing"])
def test_unknown_paths_are_answered_404(client: Client, path: str) -> None:
    assert assert_error(client, client.get(path), 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "NONSENSE"])
def test_other_methods_are_answered_405_with_the_allowed_methods(client: Client, method: str) -> None:
    methods = ALLOWED[client.app.dialect.name]
    reply = client.send(method, "/responses")
    if method in methods.split(", "):
        assert reply.status == 200
    else:
        assert (reply.status, reply.headers["allow"]) == (405, methods)


def test_head_is_answered_like_get_without_the_body() -> None:
    client = Client()
    creation = client.create().json
    reply = client.send("HEAD", f"/responses/{creation['id']}")
    assert (reply.status, reply.raw) == (200, b"")
    assert int(reply.headers["content-length"]) > 0


def test_a_browser_may_ask_without_credentials(client: Client) -> None:
    preflight = {
        "origin": "https://example.org",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, x-stainless-os",
    }
    reply = client.send("OPTIONS", "/responses", headers=preflight)
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["access-control-allow-methods"] == ALLOWED[client.app.dialect.name]
    assert "x-stainless-os" in reply.headers["access-control-allow-headers"]
    assert hello(client).headers["access-control-allow-origin"] == "*"
    assert client.send("OPTIONS", "/nothing").status == 404


def test_openai_names_its_requests_and_limits() -> None:
    client = Client(dialect="openai")
    first, second = client.create(), client.create()
    assert first.headers["openai-version"] == "2020-10-01"
    assert first.headers["openai-processing-ms"].isdigit()
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    left = [int(reply.headers["x-ratelimit-remaining-requests"]) for reply in (first, second)]
    assert int(first.headers["x-ratelimit-limit-requests"]) > left[0] > left[1]
    assert "x-request-id" in first.headers["access-control-expose-headers"]
    assert client.send("POST", "/responses", b"{").headers["x-request-id"]


def test_date_and_created_at_have_one_clock(client: Client) -> None:
    reply = hello(client)
    assert reply.headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert reply.json["created_at"] == 1_767_225_600


def test_the_base_path_may_be_left_out() -> None:
    router = Client().app.router
    assert router.below_base("/v1/responses") == router.below_base("/responses") == "/responses"


def test_every_operation_of_the_document_has_a_handler(client: Client) -> None:
    assert set(client.app.dialect.document.operations) <= set(HANDLERS)


def test_an_operation_without_a_handler_answers_501_and_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "HANDLERS", {})
    reply = Client().create()
    assert reply.status == 501
    assert "createResponse" in reply.error["message"]


def test_an_internal_error_is_answered_with_the_envelope_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "HANDLERS", {"createResponse": lambda server, request: 1 / 0})
    reply = Client().create()
    assert (reply.status, reply.error["type"]) == (500, "server_error")
    assert "ZeroDivisionError" not in reply.raw.decode()
    assert "ZeroDivisionError" in caplog.text
