"""Whole runs against servers that die, hang, are busy, slow, or answer anything: each gets a fair report."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from antiphon.main import run
from antiphon_conformance.report.journal import UNFINISHED

SERVER = Path(__file__).parent / "hostile_lives.py"
QUICK = ("--dialect", "openai", "--no-properties", "--timeout", "1")


WORDS = {
    0: "conformant",
    1: "server.outlives-every-request",
    2: "as any path",
}
"""By exit status, what the report says of these lives."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command_of(life: str, port: int, seconds: float = 0) -> list[str]:
    return [sys.executable, str(SERVER), life, str(port), str(seconds)]


@contextmanager
def living(life: str, seconds: float = 0) -> Iterator[int]:
    """The port of a server of this life, in a process group of its own that ends with the block."""
    port = free_port()
    process = subprocess.Popen(
        command_of(life, port, seconds), stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_for(port)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens at port {port}")


def check(port: int, capsys, *options: str) -> tuple[int, list[str]]:
    """The exit status of a check, and the lines that it prints after the one about the key."""
    status = run(["check", f"http://127.0.0.1:{port}/v1", *QUICK, *options])
    lines = capsys.readouterr().out.splitlines()
    return status, [line for line in lines if "API key" not in line]


@pytest.mark.parametrize(
    ("life", "seconds", "options", "status", "first"),
    [
        pytest.param(
            "dies-without-key", 0, ("--recovery", "1"), 1,
            ["stopped answering at credentials/no_credentials", "did not come back within",
             "credentials/no_credentials stops it"],
            id="dies",
        ),
        pytest.param(
            "hangs-after-a-list", 6, ("--timeout", "2", "--recovery", "10"), 1,
            ["stopped answering at wrong_requests/array", "came back after",
             "wrong_requests/array stops it"],
            id="hangs",
        ),
        pytest.param("single-slot", 0.02, (), 0, [], id="one slot"),
        pytest.param(
            "restarts", 2, ("--recovery", "30"), 0,
            ["the target stopped answering at", "it came back after"],
            id="restarts",
        ),
        pytest.param(
            "answers-anything", 0, (), 2,
            [],
            id="answers anything",
        ),
    ],
)  # fmt: skip
def test_a_hostile_life(life, seconds, options, status, first, capsys) -> None:
    with living(life, seconds) as port:
        start = time.monotonic()
        actual, lines = check(port, capsys, *options)
        elapsed = time.monotonic() - start
    head = "\n".join(lines[:2])
    assert [text for text in first if text not in head] == []
    assert WORDS[status] in "\n".join(lines)
    assert actual == status
    assert elapsed < 60


def test_a_command_starts_a_dead_target_again_and_the_rest_is_judged(capsys) -> None:
    with living("dies-without-key") as port:
        restart = " ".join(command_of("dies-without-key", port))
        status, lines = check(port, capsys, "--restart", restart, "--recovery", "30")
    assert status == 1
    assert "credentials/no_credentials stops it" in lines[0]
    assert WORDS[1] in "\n".join(lines)
    assert "1 cause to mend" in "\n".join(lines)


def test_a_stream_that_goes_on_is_followed_past_the_time_out_for_a_pause(capsys, tmp_path) -> None:
    """14 words a second: a stream takes longer than the time-out, and each of its pauses is far shorter."""
    with living("slow") as port:
        check(port, capsys, "--timeout", "20", "--scenario", "legal_forms")  # the first answer is slower
        status, lines = check(port, capsys, "--scenario", "legal_forms", "--report", str(tmp_path))
    assert status == 0, "\n".join(lines)
    exchanges = map(orjson.loads, (tmp_path / "transcript.jsonl").read_bytes().splitlines())
    assert max(line["response"]["seconds"] for line in exchanges if line.get("response")) > 1


def test_a_server_that_answers_unknown_paths_offers_only_what_it_serves(capsys, tmp_path) -> None:
    with living("answers-unknown-paths") as port:
        check(port, capsys, "--report", str(tmp_path))
    lines = map(orjson.loads, (tmp_path / "report.jsonl").read_bytes().splitlines())
    failures = {line["rule"] for line in lines if line.get("outcome") == "failed"}
    assert {rule for rule in failures if not rule.startswith("background.")} == set()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda it: it.name)
def test_a_signal_ends_a_run_that_keeps_what_it_saw(sign, tmp_path) -> None:
    with living("slow") as port:
        process = _start(port, "--report", str(tmp_path))
        _wait_for_file(tmp_path / UNFINISHED, b'"episode"')
        process.send_signal(sign)
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 2, output
    assert "interrupted" in output
    assert "Traceback" not in output
    assert not (tmp_path / UNFINISHED).exists()
    assert run(["report", "--verify", str(tmp_path)]) == 0


def test_a_run_that_was_killed_is_never_taken_for_the_report_before_it(tmp_path, capsys) -> None:
    with living("slow") as port:
        run(
            ["check", f"http://127.0.0.1:{port}/v1", *QUICK, "--max-requests", "4", "--report", str(tmp_path)]
        )
        process = _start(port, "--report", str(tmp_path))
        _wait_for_file(tmp_path / UNFINISHED, b'"episode"')
        process.kill()
        process.communicate(timeout=60)
    assert run(["report", "--verify", str(tmp_path)]) == 1
    assert "unfinished" in capsys.readouterr().out


def test_a_reader_that_leaves_changes_neither_the_status_nor_the_report(tmp_path) -> None:
    with living("answers-anything") as port:
        process = _start(port, "--report", str(tmp_path))
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 2
    assert (tmp_path / "report.html").exists()


def _start(port: int, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "antiphon", "check", f"http://127.0.0.1:{port}/v1", *QUICK, *options]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs ignore it
    )


def _wait_for_file(path: Path, content: bytes) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if path.exists() and content in path.read_bytes():
            return
        time.sleep(0.05)
    raise TimeoutError(f"{path} never held {content!r}")


def test_a_program_that_is_interrupted_while_it_loads_prints_no_traceback(tmp_path: Path) -> None:
    slow = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)\n"
    (tmp_path / "click.py").write_text(slow)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = [sys.executable, "-m", "antiphon", "--version"]
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, b"", b"")
