"""Webhooks of the mock server: what they tell, who gets them, and what happens when nobody takes them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from antiphon_mockserver import MockServer, ResponsesMock
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.server.webhooks import Webhook
from antiphon_mockserver.settings import SettingError, Settings
from mock_client import AUTHORIZED, Client

openai = pytest.importorskip("openai", reason="the SDK tests need the `openai` package: pip install openai")

SECRET = "whsec_YW50aXBob24gdGVzdHMgd2ViaG9va3M="
LONG = "Tell me a long story."


class Inbox:
    """A receiver: it answers with these statuses in turn, and with 204 after the last one."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.deliveries: list[tuple[Mapping[str, str], bytes]] = []

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        self.deliveries.append((headers, body))
        return self.statuses.pop(0) if self.statuses else 204


def client(mock: MockServer) -> Any:
    return openai.OpenAI(
        base_url=mock.url, api_key="any", webhook_secret=mock.webhook_secret, max_retries=0, timeout=10
    )


def told(webhooks: list[Webhook]) -> set[str]:
    return {webhook.event["type"] for webhook in webhooks}


@pytest.fixture(scope="module")
def every_end() -> Iterator[tuple[MockServer, Inbox, list[Webhook]]]:
    """A server whose background responses have ended in every way; its receiver failed once."""
    inbox = Inbox(500)
    answers = [
        {
            "when": {"input": "fail"},
            "status": "failed",
            "failure": {"code": "server_error", "message": "No."},
        },
        {"when": {"input": "slow"}, "text": "This takes an hour.", "pace": 600},
    ]
    script = {"name": "ends", "answers": answers}
    with MockServer(dialect="openai", clock="real", webhook_secret=SECRET, scripts=[script]) as mock:
        mock.send_webhooks_to(inbox)
        sdk = client(mock)
        sdk.responses.create(model="gpt-5", input="Say hello.", background=True)
        sdk.responses.create(model="gpt-5", input=LONG, background=True, max_output_tokens=16)
        sdk.responses.cancel(sdk.responses.create(model="gpt-5", input="slow", background=True).id)
        sdk.responses.create(model="gpt-5", input="fail", background=True)
        sdk.responses.create(model="gpt-5", input="Nobody hears of this one.")
        list(sdk.responses.create(model="gpt-5", input="Say hello.", background=True, stream=True))
        yield mock, inbox, mock.webhooks.wait(5)


def test_the_sdk_unwraps_what_tells_how_a_response_ended(every_end: Any) -> None:
    mock, _, webhooks = every_end
    sdk = client(mock)
    for webhook in webhooks:
        event = sdk.webhooks.unwrap(webhook.body, webhook.headers)
        assert event.type == f"response.{sdk.responses.retrieve(event.data.id).status}"
        assert event.object == "event"
    ends = {"response.completed", "response.incomplete", "response.cancelled", "response.failed"}
    assert told(webhooks) == ends


def test_a_webhook_is_tried_again_under_its_id_until_it_has_arrived(every_end: Any) -> None:
    _, inbox, webhooks = every_end
    assert sorted(webhook.statuses for webhook in webhooks) == [[204], [204], [204], [204], [500, 204]]
    (first, body), *rest = inbox.deliveries
    assert [raw for headers, raw in rest if headers["webhook-id"] == first["webhook-id"]] == [body]
    assert len({headers["webhook-id"] for headers, _ in inbox.deliveries}) == len(webhooks) == 5


def test_a_webhook_with_another_secret_is_refused_by_the_sdk(every_end: Any) -> None:
    mock, _, [webhook, *_] = every_end
    with pytest.raises(openai.InvalidWebhookSignatureError):
        client(mock).webhooks.unwrap(webhook.body, webhook.headers, secret="whsec_b3RoZXI=")


def test_a_reset_forgets_webhooks_and_keeps_the_receiver() -> None:
    with MockServer(dialect="openai") as mock:
        mock.send_webhooks_to(Inbox())
        sdk = client(mock)
        assert mock.webhook_secret.startswith("whsec_")
        created = sdk.responses.create(model="gpt-5", input="Say hello.", background=True)
        while sdk.responses.retrieve(created.id).status != "completed":
            pass
        assert told(mock.webhooks.wait()) == {"response.completed"}
        mock.reset()
        assert len(mock.webhooks) == 0
        with pytest.raises(TimeoutError, match=r"expected 1 webhooks within 0\.01 s, got 0"):
            mock.webhooks.wait(seconds=0.01)
        sdk.responses.create(model="gpt-5", input="Say hello.", background=True, stream=True)
        [webhook] = mock.webhooks.wait()
        assert webhook.event["created_at"] == 1_767_225_600


class Redirect(BaseHTTPRequestHandler):
    """Sends the first two webhooks elsewhere, then answers 200; it notes the paths."""

    paths: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.paths.append(f"{self.path} {len(body) > 100}")  # type: ignore[attr-defined]
        self.send_response(307 if len(self.server.paths) < 3 else 200)  # type: ignore[attr-defined]
        self.send_header("location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


def test_over_the_network_a_redirect_is_a_failure_and_is_not_followed() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirect) as receiver:
        receiver.paths = []  # type: ignore[attr-defined]
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        address = f"http://localhost:{receiver.server_port}/hook?x=1"
        with MockServer(dialect="openai", webhooks=[address]) as mock:
            client(mock).responses.create(model="gpt-5", input="Say hello.", background=True, stream=True)
            [webhook] = mock.webhooks.wait()
        receiver.shutdown()
        assert webhook.statuses == [307, 307, 200]
        assert receiver.paths == ["/hook?x=1 True"] * 3  # type: ignore[attr-defined]


def test_a_webhook_that_nobody_takes_is_given_up_and_said(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antiphon_mockserver.behaviour.webhooks.SHORT_PAUSES", (0.0, 0.0))
    with MockServer(dialect="openai", webhooks=["http://127.0.0.1:9/?token=hidden"]) as mock:
        client(mock).responses.create(model="gpt-5", input="Say hello.", background=True, stream=True)
        [webhook] = mock.webhooks.wait()
    assert webhook.statuses == [0] * 3
    [message] = [record.getMessage() for record in caplog.records if record.name == "antiphon"]
    tries = "its tries were answered: 0, 0, 0 (0 is no answer)"
    assert message == f"a webhook for http://127.0.0.1:9/ was given up; {tries}"


def test_a_server_stops_although_nobody_takes_its_webhooks() -> None:
    before = set(threading.enumerate())
    with MockServer(dialect="openai", clock="real", webhooks=["http://127.0.0.1:9/"]) as mock:
        client(mock).responses.create(model="gpt-5", input="Say hello.", background=True)
        client(mock).responses.create(model="gpt-5", input="Say hello.", background=True, stream=True)
    assert {thread for thread in threading.enumerate() if thread not in before} == set()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (
            "https://example.com/hook",
            r"a receiver on this machine \(--allow-host example.com allows another\)",
        ),
        ("http://127.0.0.1.example.com/", "a receiver on this machine"),
        ("http://169.254.169.254/latest", "a receiver on this machine"),
        ("http://user:secret@localhost/", "the URL of a receiver, without a password"),
        ("ftp://localhost/", "the URL of a receiver"),
        ("http://localhost/a b", "the URL of a receiver"),
        ("http://[::1", "the URL of a receiver, got a malformed one"),
        ("localhost:8000", "the URL of a receiver"),
    ],
)
def test_webhooks_go_to_this_machine_alone(address: str, message: str) -> None:
    with pytest.raises(SettingError, match=rf"webhooks: expected {message}") as error:
        make_app(Settings(webhooks=(address,)))
    assert "secret" not in str(error.value)


def test_other_hosts_are_allowed_by_name_and_secrets_are_checked() -> None:
    hosts = ("hooks.internal",)
    app = make_app(
        Settings(webhooks=("https://hooks.internal/",), allowed_hosts=hosts, webhook_secret=SECRET)
    )
    assert app.webhooks is not None
    assert app.webhooks.secret == SECRET
    with pytest.raises(SettingError, match=r"^webhook_secret: expected whsec_ and base64, got another text$"):
        make_app(Settings(webhook_secret="whsec_%%%"))
    with pytest.raises(SettingError, match="webhooks: expected a dialect with webhooks"):
        make_app(Settings(dialect="openresponses", webhooks=("http://localhost/",)))
    assert SECRET not in repr(Settings(webhook_secret=SECRET))


def test_the_example_of_the_page_passes(responses_mock: ResponsesMock) -> None:
    page = (Path(__file__).parent.parent / "docs" / "webhooks.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    names["test_my_receiver_marks_the_job_as_done"](responses_mock)


@pytest.mark.parametrize(
    ("headers", "is_welcome"),
    [
        ({}, True),
        ({"host": "mock:4010"}, True),
        ({"origin": "http://localhost:3000"}, True),
        ({"origin": "https://hooks.internal"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"host": "evil.example", "origin": "http://evil.example:4010"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
    ],
)
def test_no_web_page_of_another_host_has_webhooks_sent(headers: dict[str, str], is_welcome: bool) -> None:
    client = Client(webhooks=("http://127.0.0.1:9/hook",), allowed_hosts=("hooks.internal",))
    reply = client.create("Hi", {**AUTHORIZED, **headers}, background=True)
    assert reply.status == (200 if is_welcome else 403)
