"""A full disk, and a folder that may not be written: the verdict is told, and an older report stays."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import orjson
import pytest

from antiphon_conformance.recordings import transcript
from antiphon_conformance.report import folder
from antiphon_conformance.report.journal import UNFINISHED
from inprocess import run_suite

APP = "full_disk_app:app"
ROOM = 20_000
"""So many bytes fit into one file: less than a transcript has."""


def limited():
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))


def antiphon(tmp_path, *arguments, full=True):
    program = "from antiphon_mockserver.server.app import make_app as make\n"
    program += "from antiphon_mockserver.settings import Settings\n"
    (tmp_path / "full_disk_app.py").write_text(f"{program}app = make(Settings(dialect='openai'))\n")
    paths = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    return subprocess.run(
        [sys.executable, "-m", "antiphon", *map(str, arguments)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=limited if full else None,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def recording(tmp_path):
    run = run_suite("openai", properties=False, scenarios=("chaining",))
    path = tmp_path / "recording.jsonl"
    path.write_bytes(b"".join(transcript.lines(run.metadata, run.traces)))
    return path


def test_a_check_on_a_full_disk_tells_its_verdict_and_keeps_the_older_report(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / folder.RECORDS).write_text("older")
    done = antiphon(tmp_path, "check", APP, "--dialect", "openai", "--scenario", "chaining", "--report", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "could not be written" in done.stdout
    assert (out / folder.RECORDS).read_text() == "older"
    assert (out / UNFINISHED).exists()
    verified = antiphon(tmp_path, "report", "--verify", out, full=False)
    assert verified.returncode == 1
    assert "unfinished" in verified.stdout


def test_a_lint_on_a_full_disk_tells_its_verdict(tmp_path, recording):
    done = antiphon(tmp_path, "lint", recording, "--report", tmp_path / "out")
    usual = antiphon(tmp_path, "lint", recording, full=False)
    assert (done.returncode, done.stdout) == (usual.returncode, usual.stdout)
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_rendering_on_a_full_disk_is_no_wrong_usage(tmp_path, recording):
    antiphon(tmp_path, "lint", recording, "--report", tmp_path / "out", full=False)
    source = tmp_path / "out" / folder.RECORDS
    done = antiphon(tmp_path, "report", source, "--to", "html", "-o", tmp_path / "page.html")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr


def test_a_place_that_is_no_folder_ends_without_a_traceback(tmp_path, recording):
    done = antiphon(tmp_path, "lint", recording, "--report", recording / "below")
    assert "Traceback" not in done.stderr
    assert "could not be written" in done.stderr


def test_a_second_run_leaves_no_file_of_the_first(tmp_path):
    check = ("check", APP, "--dialect", "openai", "--scenario", "chaining", "--report", tmp_path / "out")
    assert antiphon(tmp_path, *check, "--repeat", "2", full=False).returncode == 0
    assert (tmp_path / "out" / "transcript-2.jsonl").exists()
    assert antiphon(tmp_path, *check, full=False).returncode == 0
    assert not (tmp_path / "out" / "transcript-2.jsonl").exists()
    header = orjson.loads((tmp_path / "out" / folder.RECORDS).read_bytes().splitlines()[0])
    assert list(header["digests"]) == ["transcript.jsonl"]
