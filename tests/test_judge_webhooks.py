"""The judge receives webhooks: over the network, with and without a secret, and from a silent target."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from antiphon.main import run
from antiphon_conformance import check, engine
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Target
from antiphon_conformance.http.delivery import Signature
from antiphon_conformance.http.exchange import Headers, Trace
from antiphon_conformance.http.mailbox import Mailbox
from antiphon_conformance.http.receiver import receiving
from antiphon_conformance.options.error import OptionError
from antiphon_conformance.recordings import reader as recordings
from antiphon_conformance.recordings import transcript
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.scenarios import runner, webhooks
from antiphon_conformance.scenarios.scenario import all_scenarios
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.server.posting import post
from antiphon_mockserver.server.webhooks import Receiver
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import load

SECRET = "whsec_YW50aXBob24gdGVzdHMgd2ViaG9va3M="
RULES = {name: rule for name, rule in all_rules().items() if rule.scenario == "webhooks"}


def judge(trace: Trace) -> Counter[Outcome]:
    return Counter(record.outcome for record in engine.judge([trace], load("openai"), RULES))


async def converse(mailbox: Mailbox | None, *receivers: Receiver, **settings: Any) -> Trace:
    """The conversation with a mock server in this process."""
    app = make_app(Settings(dialect="openai", webhook_secret=SECRET, **settings))
    assert app.webhooks is not None
    app.webhooks.receivers.extend(receivers)
    target = Target(AsgiTransport(app, "http://mock/v1"), "key", mailbox=mailbox)
    plan = runner.Plan((all_scenarios()["webhooks"],), (load("openai"),))
    [trace] = await runner.run(plan, target)
    await app.webhooks.close()
    return trace


async def over_the_network(secret: str) -> Trace:
    async with receiving(0, secret, ("key",)) as mailbox:
        return await converse(mailbox, Receiver(f"{mailbox.place}hook", post))


def test_every_rule_judges_what_comes_over_the_network_and_a_transcript_holds_it(tmp_path: Path) -> None:
    trace = asyncio.run(over_the_network(SECRET))
    assert judge(trace) == {Outcome.PASSED: 9}
    assert [delivery.status for delivery in trace.deliveries[:2]] == [500, 200]
    assert {delivery.signature for delivery in trace.deliveries} == {Signature.RIGHT}
    lines = b"".join(transcript.lines({"target": "http://mock/v1"}, [trace], (SECRET,)))
    assert SECRET.encode() not in lines
    file = tmp_path / "transcript.jsonl"
    file.write_bytes(lines)
    [again] = recordings.load(file).traces
    assert again.deliveries == trace.deliveries
    assert judge(again) == {Outcome.PASSED: 9}


def test_a_malformed_webhook_is_rejected_and_its_key_is_logged_nowhere(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async def send() -> bytes:
        async with receiving(0, "", (SECRET,)) as mailbox:
            port = int(mailbox.place.rstrip("/").rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"POST /{SECRET} HTTP/1.1\r\nbad\0: {SECRET}\r\n\r\n".encode())
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            return answer

    assert asyncio.run(send()).startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert SECRET not in caplog.text + "".join(capfd.readouterr())


def test_without_the_secret_signatures_are_not_judged() -> None:
    trace = asyncio.run(over_the_network(""))
    assert judge(trace) == {Outcome.PASSED: 8, Outcome.INCONCLUSIVE: 1}


def test_with_another_secret_the_signature_is_wrong() -> None:
    trace = asyncio.run(over_the_network("whsec_b3RoZXI="))
    assert judge(trace) == {Outcome.PASSED: 8, Outcome.FAILED: 1}


def test_nothing_is_asked_without_a_port() -> None:
    trace = asyncio.run(converse(None))
    assert (trace.exchanges, trace.deliveries) == ({}, ())
    assert judge(trace) == {Outcome.INCONCLUSIVE: 9}


def test_a_target_that_sends_nothing_is_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "WAIT", 0)
    trace = asyncio.run(converse(Mailbox(SECRET)))
    assert "ended" in trace
    assert "shortened" not in trace
    assert judge(trace) == {Outcome.INCONCLUSIVE: 9}
    [record, *_] = engine.judge([trace], load("openai"), RULES)
    assert "--webhook-port N, and a target that was told http://127.0.0.1:N/" in record.note


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe ID",
        b'"ID"',
        b'["ID"]',
        b'{"data": ["ID"], "type": ["response.completed"], "id": {}, "created_at": true}',
        b'{"data": {"id": {"id": "ID"}}, "type": {"a": 1}, "id": null, "created_at": "now"}',
        b'{"data": {"id": "ID"}, "type": "response.completed", "id": "evt", "created_at": 1e400}',
    ],
)
def test_a_hostile_webhook_breaks_no_rule(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "WAIT", 0)
    trace = asyncio.run(converse(Mailbox(SECRET)))
    names = (("webhook-id", "\u202e"), ("webhook-timestamp", "9" * 400), ("webhook-signature", " , v1 v1,,"))
    identity = trace["started"].response["id"].encode()
    mailbox = Mailbox(SECRET)
    for pairs in ((), names, names[:1], names[1:]):
        mailbox.take("/", Headers(pairs), body.replace(b"ID", identity))
    hostile = replace(trace, deliveries=mailbox.about(identity.decode()))
    assert len(hostile.deliveries) == 4
    assert Outcome.BROKEN not in judge(hostile)


def test_a_port_that_is_in_use_is_an_error_before_the_first_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OptionError, match=rf"webhook_port {port}: expected a free port of 127\.0\.0\.1"):
            check("http://127.0.0.1:9/v1", dialect="openai", webhook_port=port)


def test_a_port_needs_a_dialect_with_webhooks() -> None:
    expected = "webhook_port: expected a dialect with webhooks, such as openai, got openresponses"
    with pytest.raises(OptionError, match=expected):
        check("http://127.0.0.1:9/v1", webhook_port=4999)


def test_a_run_about_webhooks_needs_a_port(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "http://127.0.0.1:9/v1", "--dialect", "openai", "--scenario", "webhooks"]) == 3
    assert "--scenario webhooks: expected --webhook-port beside it, got none" in capsys.readouterr().err
