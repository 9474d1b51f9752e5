"""The examples of `docs/ci.md` and `action.yml` work as shown."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from antiphon.commands.check import check
from antiphon_conformance.report import folder
from antiphon_conformance.verdict import baseline

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
OPTIONS = {name for option in check.params for name in (*option.opts, *option.secondary_opts)}


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def shell(script, where, **variables):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **variables}
    command = ["bash", "-c", script]
    return subprocess.run(
        command, cwd=where, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_the_shell_example_runs(tmp_path):
    (script,) = [block for block in blocks("sh") if block.startswith("set -eu")]
    result = shell(script, tmp_path, PORT=free_port(), OPENAI_API_KEY="")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "conformant"
    names = {path.name for path in (tmp_path / "antiphon-report").iterdir()}
    assert names == {"report.jsonl", "transcript.jsonl", "digests.json"} | {
        name for *_, name in folder.RENDERERS.values()
    }


def test_each_run_tells_the_drift_from_the_newest_sdk_and_fails_for_none():
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    job = tox["testenv:drift"]
    assert job["deps"] == "openai", "without a version, so that it is the newest"
    assert job["commands"] == "antiphon spec diff openai --sdk"
    assert tox["tox"]["env_list"].endswith(", drift")
    assert job["ignore_outcome"] == "true", "a release of theirs never stops a change of ours"


def test_every_option_on_the_page_exists():
    options = set(re.findall(r"(?<![\w-])--(?!responses|pyargs|port)[a-z-]+[a-z]", PAGE))
    assert options <= OPTIONS
    pytest_options = {f"--responses-{name.removeprefix('--')}" for name in OPTIONS if name.startswith("--")}
    assert set(re.findall(r"--responses-[a-z-]+[a-z]", PAGE)) - {"--responses-target"} <= pytest_options


def test_the_suite_has_every_option_of_the_command(pytestconfig):
    of_the_screen = {"--verbose", "--quiet", "--format", "--watch", "--watch-path"}
    options = {name for name in OPTIONS if name.startswith("--")} - of_the_screen
    here = {name.removeprefix("--").replace("-", "_") for name in options}
    assert {name for name in here if not hasattr(pytestconfig.option, f"responses_{name}")} == set()


def test_the_baseline_example_is_a_valid_baseline(tmp_path):
    example = next(block for block in blocks("yaml") if "rule:" in block)
    path = tmp_path / "known.yaml"
    path.write_text(example, encoding="utf-8")
    (entry,) = baseline.load(path).entries
    assert entry.link == "https://example.com/issues/7"


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if "rule:" not in block])
def test_the_workflows_are_yaml(block):
    assert isinstance(yaml.safe_load(block), dict)


@pytest.mark.responses_mock(dialect="openai", mutants=["body.forgets-the-input-in-the-total"])
def test_the_action_gates_and_leaves_its_outputs(responses_mock, tmp_path):
    """Runs the second step as a runner does; the first step installs this package."""
    step = ACTION["runs"]["steps"][1]
    substitutions = {
        f"${{{{ inputs.{name} }}}}": entry.get("default", "") for name, entry in ACTION["inputs"].items()
    }
    substitutions |= {"${{ inputs.url }}": responses_mock.url, "${{ inputs.dialect }}": "openai"}
    substitutions |= {
        "${{ inputs.arguments }}": "--no-properties",
        "${{ inputs.api-key }}": "sk-planted-4711",
    }
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    result = shell(
        step["run"], tmp_path, **{name: substitutions[value] for name, value in step["env"].items()}, **files
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == "status=1\n"
    assert "usage.total-is-the-sum" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    assert (tmp_path / "antiphon-report" / "report.sarif").exists()


def test_every_input_of_the_action_is_used():
    text = " ".join(ACTION["runs"]["steps"][1]["env"].values())
    assert all(f"inputs.{name} " in text for name in ACTION["inputs"])
    assert isinstance(check, click.Command)
    assert {
        word
        for word in shlex.split(ACTION["runs"]["steps"][1]["run"], comments=True)
        if word.startswith("--")
    } <= OPTIONS
