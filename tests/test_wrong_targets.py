"""A wrong URL or model, a site or a proxy in place of the API: exit 2, the words of the server, a remedy."""

from __future__ import annotations

import json

import pytest

from antiphon_conformance import check
from antiphon_conformance.scenarios.diagnosis import candidates, is_about_model, nearest_first
from antiphon_conformance.verdict.verdict import Exit
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from scripted_transport import exchange


def answers(handler):
    """An application that answers each request with `handler(method, path)`: status, type, body."""

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        status, kind, body, *headers = handler(scope["method"], scope["path"])
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        pairs = [(b"content-type", kind.encode()), (b"content-length", str(len(raw)).encode()), *headers]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": raw})

    return app


JSON, HTML = "application/json", "text/html; charset=utf-8"
PAGE = "<!doctype html><html><head><title>Page not found</title></head><body>ACME</body></html>"
GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def error(message, **members):
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, **members}}


def with_models(*names):
    """A server that has these models, and a message with a terminal's escape for any other."""
    listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}
    missing = error("model not found\x1b[31m", code="model_not_found")
    return lambda method, path: (200, JSON, listed) if path.endswith("/models") else (404, JSON, missing)


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        pytest.param(
            lambda *_: (404, HTML, PAGE),
            ["answered 404", '"Page not found"', "is the URL right?", "http://asgi: 404"],
            id="a site",
        ),
        pytest.param(
            lambda *_: (200, HTML, PAGE), ["as any path", '"Page not found"'], id="a page at any path"
        ),
        pytest.param(
            lambda *_: (404, JSON, {"detail": "Not Found"}),
            ['answered 404, application/json: "Not Found"', "where /responses begins"],
            id="another API",
        ),
        pytest.param(
            lambda *_: (502, HTML, GATEWAY), ['"502 Bad Gateway"', "the page of a proxy"], id="a proxy's page"
        ),
        pytest.param(
            lambda *_: (308, "text/plain", "", (b"location", b"https://example.com/v1/responses")),
            ["answered 308", "a redirect to https://example.com/v1; "],
            id="a redirect",
        ),
        pytest.param(
            with_models("llama3:8b", "gpt-4o-max", "gpt-oss:20b"),
            [
                "has no model 'gpt-4o-mini' (our default); it has: gpt-4o-max, ",
                "--model NAME",
                "not found\\x1b[31m",
            ],
            id="a server with other models",
        ),
        pytest.param(
            lambda method, path: (
                (400, JSON, error("The model `gpt-4o-mini` does not exist", param="model"))
                if path.endswith("/responses")
                else (404, JSON, {"detail": "Not Found"})
            ),
            [
                "does not take the model 'gpt-4o-mini' (our default)",
                "`gpt-4o-mini` does not exist",
                "--model",
            ],
            id="a server with other models and no list of them",
        ),
    ],
)
def test_what_nothing_can_be_judged_of(handler, words, monkeypatch):
    monkeypatch.setattr("antiphon_conformance.scenarios.diagnosis.PAUSE", 0)
    result = check(answers(handler), dialect="openai", properties=False)
    why = result.verdicts["openai"].why
    assert result.status is Exit.NOT_JUDGED
    assert [part for part in words if part not in why] == [], why


@pytest.mark.parametrize("base_path", ["", "/v2", "/v1/chat/completions"])
def test_another_base_url_that_answers_is_named(base_path):
    served = make_app(Settings(dialect="openai"))

    async def app(scope, receive, send):
        """The mock at /v1 alone."""
        if scope["type"] == "http" and not scope["path"].startswith("/v1/responses"):
            await answers(lambda *_: (404, JSON, {"detail": "Not Found"}))(scope, receive, send)
        else:
            await served(scope, receive, send)

    result = check(app, dialect="openai", properties=False, base_path=base_path)
    assert result.status is Exit.NOT_JUDGED
    assert "the API answers at http://asgi/v1: antiphon check http://asgi/v1" in result.verdicts["openai"].why


def test_a_model_of_the_users_that_is_wrong_is_no_default():
    result = check(answers(with_models("gpt-oss:20b")), dialect="openai", model="gpt-oss", properties=False)
    assert "has no model 'gpt-oss'; it has: gpt-oss:20b;" in result.verdicts["openai"].why


def test_a_run_of_one_rule_says_it_too():
    app = answers(with_models("gpt-oss:20b"))
    result = check(app, dialect="openai", properties=False, rules=["stream-numbers.increase"])
    assert "has no model" in result.verdicts["openai"].why


def test_a_server_that_fails_a_right_create_is_judged():
    app = answers(lambda *_: (500, JSON, error("boom")))
    assert check(app, dialect="openai", properties=False).status is Exit.NOT_CONFORMANT


@pytest.mark.parametrize(
    ("url", "others"),
    [
        ("http://h/v1", ["http://h", "http://h/api/v1"]),
        ("http://h", ["http://h/v1", "http://h/api/v1"]),
        ("http://h/x?a=1", ["http://h/x/v1?a=1", "http://h/v1?a=1", "http://h/api/v1?a=1"]),
        ("shop.main:app", ["shop.main:app/"]),
        ("shop.main:app/v1", ["shop.main:app/"]),
        ("shop.main:app/", ["shop.main:app/v1"]),
    ],
)
def test_the_base_urls_that_are_tried(url, others):
    assert list(candidates(url)) == others


@pytest.mark.parametrize(
    ("status", "body", "is_model"),
    [
        (404, error("no", code="model_not_found"), True),
        (404, error("The API deployment for this resource does not exist.", code="DeploymentNotFound"), True),
        (400, error("`m-1` does not exist"), True),
        (422, {"detail": [{"loc": ["body", "model"], "msg": "Input should be 'a'"}]}, True),
        (400, error("unsupported with m-1", param="temperature"), False),
        (400, error("m-10 is unknown"), False),
        (422, {"detail": [{"loc": ["body", "input"], "msg": "Field required"}]}, False),
        (404, {"detail": "Not Found"}, False),
        (500, error("no", code="model_not_found"), False),
    ],
)
def test_an_error_about_the_model(status, body, is_model):
    assert is_about_model(exchange("look/create", body, status=status).answer, "m-1") is is_model


def test_the_models_of_the_list_stand_by_likeness():
    assert nearest_first("gpt-4o", ["llama", "gpt-4o-mini", "gpt-5"])[0] == "gpt-4o-mini"


def test_why_nobody_answers_is_told_in_words(responses_mock_server):
    secure = responses_mock_server.url.replace("http://", "https://")
    told = [
        check(url, dialect="openai", properties=False, recovery=0.1, rules=["usage.total-is-the-sum"])
        for url in (secure, "http://127.0.0.1:9/v1")
    ]
    first, second = (result.verdicts["openai"].why for result in told)
    assert "TLS failed at 127.0.0.1" in first
    assert "is it http:// in place of https://?" in first
    assert "cannot connect to 127.0.0.1:9: Connection refused" in second
