"""The proxy: what passes is unchanged, recorded and judged."""

from __future__ import annotations

import signal
import subprocess
import sys

import openai
import pytest

from antiphon.proxy import _below
from antiphon_conformance.recordings import reader

KEY = "sk-planted-4711"


@pytest.fixture
def proxied(responses_mock, tmp_path):
    """Starts the proxy before the mock; yields a client's base URL and what ends it."""
    record = tmp_path / "traffic.jsonl"
    command = ["proxy", "--target", responses_mock.url, "--port", "0", "--record", str(record)]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "antiphon", *command], stdout=subprocess.PIPE, text=True
    )
    try:
        url = process.stdout.readline().split()[0]

        def ended():
            process.send_signal(signal.SIGINT)
            output = process.communicate(timeout=30)[0]
            return process.returncode, output, reader.load(record).exchanges

        yield url, ended
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def conversation(url):
    """What one client asks for: a document and a stream; returns their texts."""
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        document = client.responses.create(model="gpt-4o-mini", input="Say hello.")
        stream = client.responses.create(model="gpt-4o-mini", input="Say hello.", stream=True)
        streamed = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
    return document.output_text, streamed


@pytest.mark.responses_mock(dialect="openai")
def test_what_passes_is_unchanged_recorded_and_judged(proxied, responses_mock):
    url, ended = proxied
    assert conversation(url) == conversation(responses_mock.url)
    status, output, exchanges = ended()
    assert [one.request.path for one in exchanges] == ["/responses", "/responses"]
    assert exchanges[0].answer.body["object"] == "response"
    assert exchanges[1].answer.stream.events[-1].type == "response.completed"
    assert exchanges[0].request.headers.get("authorization") == "REDACTED"
    assert KEY not in output
    assert status == 0, output
    assert "2 exchanges: " in output


@pytest.mark.responses_mock(dialect="openai", mutants=["body.forgets-the-input-in-the-total"])
def test_a_breach_is_told_at_once(proxied):
    url, ended = proxied
    conversation(url)
    status, output, _ = ended()
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
