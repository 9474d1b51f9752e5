"""`antiphon check`: exit statuses, limits, interruption, reports."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading

import pytest

from antiphon.main import run
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request, Trace
from antiphon_conformance.recordings import reader
from antiphon_conformance.verdict.result import Run

KEY = "sk-planted-4711"


def check(*arguments):
    return run(["check", *map(str, arguments)])


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def footer(folder):
    return json.loads((folder / "report.jsonl").read_text().splitlines()[-1])["footer"]


@pytest.mark.responses_mock(dialect="openai")
def test_both_dialects_are_judged_from_one_conversation(responses_mock, tmp_path, capsys):
    options = ("--no-properties", "--feature", "no-websocket", "--report", tmp_path)
    check(responses_mock.url, "--dialect", "openai,openresponses", *options)
    request_count = len(responses_mock.journal)
    lines = (tmp_path / "transcript.jsonl").read_text().splitlines()
    assert sum('"request":' in line for line in lines) == request_count
    assert set(footer(tmp_path)["dialects"]) == {"openai", "openresponses"}
    output = capsys.readouterr().out
    assert "OpenAI Responses API 2.3.0 · profile compatible" in output
    assert "Open Responses 2026-04-24 · profile compatible" in output
    assert f"{request_count} requests" in output
    assert str(tmp_path / "report.html") in output
    assert all(KEY not in path.read_text() for path in tmp_path.iterdir())


@pytest.mark.responses_mock(dialect="openai", mutants=["body.forgets-the-input-in-the-total"])
def test_a_breach_of_a_must_exits_with_1(responses_mock, capsys):
    assert check(responses_mock.url, "--dialect", "openai", "--no-properties", "--verbose") == 1
    output = capsys.readouterr().out
    assert "rule usage.total-is-the-sum" in output
    assert "curl -sS" in output


def test_a_dead_port_exits_with_2(capsys):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert check(f"http://127.0.0.1:{probe.getsockname()[1]}/v1", "--no-properties") == 2
    output = capsys.readouterr().out
    assert "not judged: the target never answered" in output
    assert "passed" not in output


@pytest.mark.responses_mock(dialect="openai", api_keys=("another",))
def test_rejected_credentials_exit_with_2(responses_mock, capsys):
    assert check(responses_mock.url, "--dialect", "openai") == 2
    assert "rejected our credentials" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ftp://h"], "expected a URL that starts with http"),
        (["http://h", "--dialect", "klingon"], "klingon"),
        (["http://h", "--dialect", ","], "dialect"),
        (["http://h", "--dialect", "base"], "expected one of azure, bud, cloudglue, openai, openresponses"),
        (["http://me:secret@h"], "without credentials"),
        (["http://h", "--api-key-env", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE"),
        (["http://h", "--report", "/proc/no/such"], "a writable folder"),
        (["http://h", "--feature", "telepathy"], "telepathy"),
        (["http://h", "--concurrency", "0"], "concurrency"),
        (["http://h", "--baseline", "missing.yaml"], "missing.yaml"),
        ([], "URL"),
    ],
)
def test_wrong_usage_exits_with_3(arguments, message, capsys):
    assert check(*arguments) == 3
    assert message in capsys.readouterr().err


def test_a_target_that_is_always_busy_is_not_judged():
    busy = Reply(429, Headers(()), b"")
    last_exchange = Exchange("a/b", Request("POST", "/responses"), busy)
    assert "answered every request with 429" in Run((Trace("a", {"b": last_exchange}),), {}).why_not


@pytest.mark.responses_mock(dialect="openai", faults=["status=500"])
def test_the_screen_shows_a_bounded_number_of_lines(responses_mock, capsys):
    """The screen shows the first failures, the number of the others, and the next step last."""
    assert check(responses_mock.url, "--dialect", "openai", "--no-properties") == 1
    output = capsys.readouterr().out
    assert len(output.splitlines()) < 100
    assert "What next" in output
    assert "is the URL right?" in output


def test_a_malformed_baseline_exits_with_3(tmp_path, capsys):
    path = tmp_path / "baseline.yaml"
    path.write_text("- {rule: a.b}")
    assert check("http://h", "--baseline", path) == 3
    assert "reason is missing (required)" in capsys.readouterr().err


@pytest.mark.responses_mock(dialect="openai")
def test_the_number_of_requests_is_bounded(responses_mock, tmp_path):
    arguments = ("--dialect", "openai", "--max-requests", 5, "--report", tmp_path)
    assert check(responses_mock.url, *arguments) == 2
    requests = [entry for entry in responses_mock.journal if not entry.path.endswith("/cancel")]
    assert len(requests) == 5
    summary = footer(tmp_path)["dialects"]["openai"]
    assert "the limit of 5 requests is reached" in summary["why"]
    assert set(summary["outcomes"]) == {"passed", "inconclusive"}


@pytest.mark.responses_mock(dialect="openai")
def test_a_feature_that_is_declared_absent_is_not_supported(responses_mock, tmp_path):
    arguments = ("--dialect", "openai", "--feature", "no-background", "--no-properties")
    check(responses_mock.url, *arguments, "--report", tmp_path)
    outcomes = footer(tmp_path)["dialects"]["openai"]["outcomes"]
    assert outcomes["not-supported"] > 0


def test_an_interrupted_run_writes_what_there_was(tmp_path):
    """A server that answers two requests and then is silent; Ctrl-C."""
    listening = socket.create_server(("127.0.0.1", 0))
    connections = []

    def serve():
        while True:
            try:
                connection = listening.accept()[0]
            except OSError:
                return
            connections.append(connection)
            connection.recv(65536)
            if len(connections) <= 2:
                body = b'{"error":{"message":"no"}}'
                head = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\n"
                connection.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            else:
                silent.set()

    silent = threading.Event()
    threading.Thread(target=serve, daemon=True).start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    command = [
        sys.executable,
        "-m",
        "antiphon",
        "check",
        url,
        "--concurrency",
        "1",
        "--report",
        str(tmp_path),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs ignore it
    )
    try:
        assert silent.wait(60)
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=60)[0]
    finally:
        process.kill()
        listening.close()
        for connection in connections:
            connection.close()
    assert "Traceback" not in output
    assert (tmp_path / "report.html").exists()
    assert "interrupted" in footer(tmp_path)["unfinished"]
    traces = reader.load(tmp_path / "transcript.jsonl").traces
    replies = [entry for trace in traces for entry in trace.exchanges.values() if entry.reply]
    assert len(replies) == 2
    assert "interrupted" in {trace.stop_reason for trace in traces}


@pytest.mark.responses_mock(dialect="openai")
def test_a_repetition_says_what_it_repeated(responses_mock, capsys):
    arguments = ("--dialect", "openai", "--no-properties", "--scenario", "repeat", "--repeat", "2")
    assert check(responses_mock.url, *arguments) == 0
    assert "--repeat 2: the whole run was held 2 times, with " in capsys.readouterr().out
