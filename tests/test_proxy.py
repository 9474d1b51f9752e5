"""The proxy forwards traffic unchanged, records it and judges it."""

from __future__ import annotations

import signal
import subprocess
import sys

import openai
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from antiphon_conformance.recordings import reader
from antiphon_conformance.recordings.proxy import _below
from socket_client import socket, text_of

KEY = "sk-planted-4711"


@pytest.fixture
def proxy(responses_mock, tmp_path):
    """Starts the proxy in front of the mock; yields the base URL of a client and a function that ends it."""
    record = tmp_path / "traffic.jsonl"
    command = ["proxy", "--target", responses_mock.url, "--port", "0", "--record", str(record)]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "antiphon", *command], stdout=subprocess.PIPE, text=True
    )
    try:
        url = process.stdout.readline().split()[0]

        def end():
            process.send_signal(signal.SIGINT)
            output = process.communicate(timeout=30)[0]
            return process.returncode, output, reader.load(record).exchanges

        yield url, end
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def conversation(url):
    """Sends a plain and a streamed create; returns their texts."""
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        document = client.responses.create(model="gpt-4o-mini", input="Say hello.")
        stream = client.responses.create(model="gpt-4o-mini", input="Say hello.", stream=True)
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
    return document.output_text, text


@pytest.mark.responses_mock(dialect="openai")
def test_the_proxy_forwards_records_and_judges(proxy, responses_mock):
    url, end = proxy
    assert conversation(url) == conversation(responses_mock.url)
    status, output, exchanges = end()
    assert [exchange.request.path for exchange in exchanges] == ["/responses", "/responses"]
    assert exchanges[0].answer.body["object"] == "response"
    assert exchanges[1].answer.stream.events[-1].type == "response.completed"
    assert exchanges[0].request.headers.get("authorization") == "REDACTED"
    assert KEY not in output
    assert status == 0, output
    assert "2 exchanges: " in output


@pytest.mark.responses_mock(dialect="openai", mutants=["body.forgets-the-input-in-the-total"])
def test_a_breach_is_reported_at_once(proxy):
    url, end = proxy
    conversation(url)
    status, output, _ = end()
    assert status == 1
    assert "FAILED usage.total-is-the-sum (RES-51)" in output


@pytest.mark.parametrize(
    ("target", "path", "below"),
    [
        ("http://h/v1", "/v1/responses?x=y", "/responses?x=y"),
        ("http://h/v1", "/responses", "/responses"),
        ("http://h", "/v1/responses", "/v1/responses"),
        ("http://h/v1", "/v10/responses", "/v10/responses"),
    ],
)
def test_a_client_may_repeat_the_path_of_the_target(target, path, below):
    assert _below(target, path) == below


@pytest.mark.responses_mock(dialect="openresponses", api_keys=(KEY,))
def test_turns_over_websocket_pass_are_recorded_and_judged(proxy):
    url, end = proxy
    with socket(url, KEY) as client:
        first = client.end(input="My code word is heron.", store=False)["response"]["id"]
        assert "heron" in text_of(
            client.end(input="What is my code word?", store=False, previous_response_id=first)
        )
        assert client.end(input="Hi", previous_response_id="resp_invented")["status"] == 400
    with pytest.raises(InvalidStatus) as rejection, socket(url, "another"):
        pass
    assert rejection.value.response.status_code == 401
    status, output, exchanges = end()
    assert [exchange.id for exchange in exchanges] == ["proxy/1/1", "proxy/1/2", "proxy/1/3", "proxy/2"]
    told, asked, invented, rejected = exchanges
    assert told.is_turn
    assert told.request.fields == {"model": "gpt-5", "input": "My code word is heron.", "store": False}
    assert asked.answer.stream.events[-1].type == "response.completed"
    assert invented.answer.status == 400
    assert rejected.answer.status == 401
    assert KEY not in output
    assert status == 0, output


@pytest.mark.responses_mock(dialect="openai", mutants=["events.repeats-a-sequence-number"], faults=["cut=6"])
def test_breaches_over_websocket_are_reported(proxy):
    """The target repeats a number, and closes the connection in the middle of the turn."""
    url, end = proxy
    with pytest.raises(ConnectionClosed) as close, socket(url, KEY) as client:
        client.turn(input="Say hello.")
    assert close.value.rcvd.code == 1011
    status, output, (cut,) = end()
    assert cut.failure == "the connection was closed (1011)"
    assert cut.answer.stream.cut
    assert "FAILED stream-numbers.increase" in output
    assert "FAILED transport.a-stream-is-complete" in output
    assert status == 1
