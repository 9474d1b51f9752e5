"""Whole runs against targets that break HTTP below what a web server allows: each run ends and says why."""

from __future__ import annotations

import time
from pathlib import Path

import orjson
import pytest

from antiphon.main import run
from antiphon_conformance.report import folder
from hostile_sockets import target

BOUND = 60
"""Seconds, on a slow machine: the deadline of a run is 4 s, and judging takes its time."""
QUICK = ("--dialect", "openai", "--no-properties", "--scenario", "sampling", "--timeout", "1")
QUICK += ("--exchange-timeout", "2", "--deadline", "4", "--recovery", "1")
COMPARED = ("--dialect", "openai", "--scenario", "sampling", "--timeout", "1", "--recovery", "1")
FAILS, NOT_JUDGED = 1, 2
RUNS = {
    "half-a-chunk-size": (NOT_JUDGED, "TransferEncodingError"),
    "a-chunk-size-that-is-none": (NOT_JUDGED, "Invalid character in chunk size"),
    "a-flood-of-chunk-extensions": (NOT_JUDGED, ""),
    "endless-headers": (NOT_JUDGED, ""),
    "a-header-of-10-mb": (NOT_JUDGED, "more than 65536 bytes"),
    "endless-early-answers": (NOT_JUDGED, "stopped listening"),
    "no-status-line": (NOT_JUDGED, "Bad status line"),
    "bytes-of-tls": (NOT_JUDGED, "Bad status line"),
    "a-length-beyond-the-body": (NOT_JUDGED, "ContentLengthError"),
    "two-lengths": (NOT_JUDGED, "Duplicate Content-Length"),
    "trickled-bytes": (NOT_JUDGED, "stopped listening"),
    "a-reset-in-the-body": (NOT_JUDGED, "reset by peer"),
    "nul-in-a-header": (NOT_JUDGED, "Invalid HTTP header"),
    "a-gzip-bomb": (NOT_JUDGED, ""),
    "deep-json": (NOT_JUDGED, ""),
    "a-reset-in-a-stream": (FAILS, ""),
}
"""The exit status of a run against each life, and what its output says."""


@pytest.mark.parametrize("life", RUNS)
def test_a_run_ends_and_its_report_says_why(life: str, tmp_path: Path, capsys) -> None:
    expected, words = RUNS[life]
    start = time.monotonic()
    with target(life) as server:
        status = run(["check", server.url, *QUICK, "--report", str(tmp_path)])
    assert time.monotonic() - start < BOUND
    output, errors = capsys.readouterr()
    assert "Traceback" not in output + errors
    assert (status, words in " ".join(output.split())) == (expected, True), output
    assert "not judged: " in output or expected != NOT_JUDGED
    header = orjson.loads((tmp_path / folder.RECORDS).read_bytes().partition(b"\n")[0])
    assert header
    assert run(["report", "--verify", str(tmp_path)]) == 0
    transcript = str(tmp_path / folder.TRANSCRIPT)
    capsys.readouterr()
    assert run(["lint", transcript, "--dialect", "openai"]) in {0, FAILS, NOT_JUDGED}
    assert run(["compare", transcript, transcript, "--dialect", "openai"]) in {0, NOT_JUDGED}
    assert "Traceback" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("life", ["a-gzip-bomb", "deep-json", "a-reset-in-a-stream"])
def test_a_hostile_target_is_compared_or_named(life: str, capsys) -> None:
    with target(life) as one, target("a-reset-in-the-body") as other:
        status = run(["compare", one.url, other.url, *COMPARED])
    output = "".join(capsys.readouterr())
    assert "Traceback" not in output
    assert status in {FAILS, NOT_JUDGED}, output
    assert one.url in output or other.url in output
