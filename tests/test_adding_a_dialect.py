"""`docs/adding-a-dialect.md` adds a dialect: its blocks make one, which is served, checked and linted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from antiphon_spec.dialect import load
from test_mock_server import ask, serve

PAGE = Path(__file__).parents[1] / "docs" / "adding-a-dialect.md"
BLOCK = re.compile(r"^```yaml\n# (parley/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of dialects that the page makes."""
    root = tmp_path_factory.mktemp("dialects")
    for name, content in BLOCK.findall(PAGE.read_text("utf-8")):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(content, "utf-8")
    return root


def antiphon(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "antiphon", *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    environment = {**environment, "PARLEY_API_KEY": "parley-key"}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


def test_the_page_makes_three_files_and_no_code(folder: Path) -> None:
    names = {path.name for path in (folder / "parley").iterdir()}
    assert names == {"dialect.yaml", "requirements.yaml", "stream.yaml"}


def test_it_inherits_and_differs(folder: Path) -> None:
    parley, parent = load("parley", folder), load("openresponses")
    assert parley.lineage == ("parley", "openresponses", "responses", "base")
    assert parley.document is parent.document or parley.document.root == parent.document.root
    assert (parley.mock.sentinel, parent.mock.sentinel) == ("absent", "required")
    assert parley.requirements["ENV-04"].excluded
    assert parley.requirements["ENV-04"].text == parent.requirements["ENV-04"].text
    assert "compact" not in parley.features
    assert "parley.heartbeat" in parley.grammar.events


def test_it_is_served_checked_and_linted(folder: Path, tmp_path: Path) -> None:
    options = ("--dialect-path", str(folder), "--dialect", "parley")
    with serve(*options, "--api-key", "parley-key") as (_, url):
        status, raw = ask(url)
        assert (status, json.loads(raw)["error"]["type"]) == (401, "invalid_request_error")
        check_run = antiphon("check", url, *options, "--api-key-env", "PARLEY_API_KEY", "--report", tmp_path)
    assert check_run.returncode == 0, check_run.stdout + check_run.stderr
    assert "\nconformant\n" in check_run.stdout
    lint_run = antiphon("lint", tmp_path / "transcript.jsonl", *options)
    assert lint_run.returncode == 0, lint_run.stdout
    header = json.loads((tmp_path / "report.jsonl").read_text().splitlines()[0])
    assert "parley" in json.dumps(header)


def test_a_server_of_another_dialect_does_not_pass(folder: Path) -> None:
    with serve("--dialect", "openresponses") as (_, url):
        check_run = antiphon("check", url, "--dialect-path", folder, "--dialect", "parley", "--no-properties")
    assert check_run.returncode == 1
    assert "stream-framing.no-sentinel-is-sent" in check_run.stdout


def test_it_is_served_by_several_processes(folder: Path, tmp_path: Path) -> None:
    options = ("--dialect-path", str(folder), "--dialect", "parley")
    with serve(*options, "--workers", "2", "--store", f"sqlite:{tmp_path / 'store'}") as (_, url):
        status, raw = ask(url)
        assert (status, json.loads(raw)["id"][:4]) == (200, "par_")


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("dialect.yaml", "title: X\nextends: nowhere\n", "expected one of"),
        ("dialect.yaml", "title: X\ntraits: {sentinels: absent}\n", "sentinels"),
        (
            "requirements.yaml",
            "- {id: ABC-01, excluded: there is no such row}\n",
            "the id of a row of the parent",
        ),
        ("stream.yaml", "unknown: refused\nlanes: {item: {within: nothing}}\n", "the name of a lane"),
    ],
)
def test_a_malformed_dialect_is_wrong_usage(tmp_path: Path, file: str, content: str, complaint: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "dialect.yaml").write_text("title: Mine\nextends: openresponses\n")
    (tmp_path / "mine" / file).write_text(content)
    result = antiphon("check", "http://127.0.0.1:1", "--dialect-path", tmp_path, "--dialect", "mine")
    assert result.returncode == 3
    assert complaint in result.stderr
