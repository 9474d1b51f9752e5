"""The mock server's HTTP: credentials, media, routes, limits, headers, browsers."""

from __future__ import annotations

import gzip
from collections.abc import Mapping

import pytest

from antiphon_mockserver.api import HANDLERS
from antiphon_mockserver.server import app
from antiphon_spec.dialect import names
from mock_client import AUTHORIZED, BOB, Client, Got

HELLO = b'{"model": "gpt-5", "input": "Say hello."}'
ASKED = {"cloudglue": {"model": "nimbus-001", "knowledge_base": {"source": "default"}}}
"""What a create needs besides its input, where it needs more than any model."""

ALLOWED = dict.fromkeys(names(), "POST, OPTIONS") | {"cloudglue": "GET, POST, HEAD, OPTIONS"}
"""What may be done where responses are created; in one dialect they are listed there, too."""


@pytest.fixture(params=names())
def client(request: pytest.FixtureRequest) -> Client:
    return Client(dialect=request.param)


def hello(client: Client, headers: Mapping[str, str] = AUTHORIZED) -> Got:
    return client.create(headers=headers, **ASKED.get(client.app.dialect.name, {}))


def refused(client: Client, got: Got, status: int, code: str | None = None) -> str:
    """The message of an answer that has to be this refusal, in the dialect's envelope."""
    assert (got.status, got.headers["content-type"]) == (status, "application/json")
    if client.app.dialect.traits.error_envelope == "text":
        assert set(got.json) == {"error"}
        return str(got.error)
    assert set(got.error) == {"message", "type", "param", "code"}
    assert code in (None, got.error["code"])
    return str(got.error["message"])


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer two words", "key"]
)
def test_a_request_without_a_proper_key_is_refused(client: Client, authorization: str | None) -> None:
    headers = {**AUTHORIZED, "authorization": authorization} if authorization is not None else {}
    got = client.send("POST", "/responses", HELLO, headers)
    assert refused(client, got, 401)
    assert got.headers["www-authenticate"] == "Bearer"


def test_any_key_will_do_unless_some_are_named() -> None:
    assert Client().create(headers=BOB).status == 200
    choosy = Client(api_keys=("key-of-alice",))
    assert choosy.create().status == 200
    got = choosy.create(headers=BOB)
    assert (got.status, got.error["code"]) == (401, "invalid_api_key")
    assert "key-of-bob" not in got.error["message"]


@pytest.mark.parametrize("key", ["wrong-key-1", "sk-invalid", "sk_expired_7"])
def test_a_key_that_says_it_is_wrong_is_wrong(client: Client, key: str) -> None:
    got = hello(client, {**AUTHORIZED, "authorization": f"Bearer {key}"})
    assert key not in refused(client, got, 401, "invalid_api_key")


def test_the_scheme_is_matched_whatever_its_case(client: Client) -> None:
    assert hello(client, {**AUTHORIZED, "authorization": "bEARER any"}).status == 200


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[1", b'{"model": }', b'{"a": NaN}', b"\xff\xfe", b"{'a': 1}", b"[" * 5000]
)
def test_what_is_no_json_is_refused(client: Client, raw: bytes) -> None:
    assert refused(client, client.send("POST", "/responses", raw), 400, "invalid_json")


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"null", b"3", b"true"])
def test_a_body_that_is_no_object_is_refused(client: Client, raw: bytes) -> None:
    assert refused(client, client.send("POST", "/responses", raw), 400)


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
def test_other_media_types_are_refused(client: Client, media: str) -> None:
    assert refused(
        client, hello(client, {**AUTHORIZED, "content-type": media}), 415, "unsupported_content_type"
    )


@pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken_however_it_is_written(client: Client, media: str) -> None:
    assert hello(client, {**AUTHORIZED, "content-type": media}).status == 200


def test_a_compressed_body_is_refused_in_so_many_words(client: Client) -> None:
    got = client.send("POST", "/responses", gzip.compress(HELLO), {**AUTHORIZED, "content-encoding": "gzip"})
    assert "gzip" in refused(client, got, 415)


def test_an_oversized_body_is_refused() -> None:
    small = Client(body_limit=100)
    assert small.send("POST", "/responses", HELLO).status == 200
    got = small.create("x" * 100)
    assert (got.status, got.error["code"]) == (413, "request_too_large")
    announced = small.send("POST", "/responses", b"", {**AUTHORIZED, "content-length": "101"})
    assert announced.status == 413


def test_oversized_headers_are_refused_where_the_dialect_has_a_limit() -> None:
    large = {**AUTHORIZED, "x-padding": "x" * 70_000}
    assert Client(dialect="openai").create(headers=large).status == 431
    assert Client(dialect="openresponses").create(headers=large).status == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/responses/", "/response", "/responses/resp_1/nothing"])
def test_unknown_paths_are_answered_404(client: Client, path: str) -> None:
    assert refused(client, client.get(path), 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "NONSENSE"])
def test_other_methods_are_answered_405_with_the_ones_that_are_allowed(client: Client, method: str) -> None:
    allowed = ALLOWED[client.app.dialect.name]
    got = client.send(method, "/responses")
    if method in allowed.split(", "):
        assert got.status == 200
    else:
        assert (got.status, got.headers["allow"]) == (405, allowed)


def test_head_is_answered_like_get_without_the_body() -> None:
    client = Client()
    made = client.create().json
    got = client.send("HEAD", f"/responses/{made['id']}")
    assert (got.status, got.raw) == (200, b"")
    assert int(got.headers["content-length"]) > 0


def test_a_browser_may_ask_without_credentials(client: Client) -> None:
    asked = {
        "origin": "https://example.org",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, x-stainless-os",
    }
    got = client.send("OPTIONS", "/responses", headers=asked)
    assert got.status == 200
    assert got.headers["access-control-allow-origin"] == "*"
    assert got.headers["access-control-allow-methods"] == ALLOWED[client.app.dialect.name]
    assert "x-stainless-os" in got.headers["access-control-allow-headers"]
    assert hello(client).headers["access-control-allow-origin"] == "*"
    assert client.send("OPTIONS", "/nothing").status == 404


def test_openai_names_its_requests_and_limits() -> None:
    client = Client(dialect="openai")
    first, second = client.create(), client.create()
    assert first.headers["openai-version"] == "2020-10-01"
    assert first.headers["openai-processing-ms"].isdigit()
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    left = [int(got.headers["x-ratelimit-remaining-requests"]) for got in (first, second)]
    assert int(first.headers["x-ratelimit-limit-requests"]) > left[0] > left[1]
    assert "x-request-id" in first.headers["access-control-expose-headers"]
    assert client.send("POST", "/responses", b"{").headers["x-request-id"]


def test_the_date_comes_from_the_clock_that_tells_created_at(client: Client) -> None:
    got = hello(client)
    assert got.headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert got.json["created_at"] == 1_767_225_600


def test_the_base_path_may_be_left_out() -> None:
    router = Client().app.router
    assert router.below_base("/v1/responses") == router.below_base("/responses") == "/responses"


def test_every_operation_of_the_document_has_a_handler(client: Client) -> None:
    assert set(client.app.dialect.document.operations) <= set(HANDLERS)


def test_an_operation_without_a_handler_answers_501_and_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "HANDLERS", {})
    got = Client().create()
    assert got.status == 501
    assert "createResponse" in got.error["message"]


def test_a_mistake_of_ours_is_answered_with_the_envelope_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "HANDLERS", {"createResponse": lambda server, request: 1 / 0})
    got = Client().create()
    assert (got.status, got.error["type"]) == (500, "server_error")
    assert "ZeroDivisionError" not in got.raw.decode()
    assert "ZeroDivisionError" in caplog.text
