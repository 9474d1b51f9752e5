"""Rules and scenarios of one's own: an installed distribution names their modules in entry points."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RULES = '''
"""Rules of Acme."""

from antiphon_conformance import Finding, rule
from antiphon_conformance.rules.views import ResponseObject


@rule("acme.models-are-ours", ResponseObject, cites="RES-51")
def models_are_ours(response):
    """A response names a model of Acme."""
    model = response.object.get("model")
    if not str(model).startswith("acme-"):
        yield Finding(f"{response.where}/model", "a name that starts with acme-", repr(model))
'''
SCENARIOS = '''
"""Scenarios of Acme."""

from antiphon_conformance import scenario


@scenario()
async def acme_greeting(conversation):
    """Greets Acme."""
    await conversation.create("greeted", input="Good morning, Acme.")
'''
EXCHANGE = {
    "id": "one",
    "request": {"method": "POST", "path": "/v1/responses", "headers": {}, "body": {"input": "Hello."}},
    "response": {
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"id": "resp_1", "object": "response", "model": "other-1", "output": []},
    },
}


@pytest.fixture
def distribution(tmp_path: Path):
    """Installs a distribution into a folder, and runs the command line with that folder on the path."""
    site = tmp_path / "site"
    metadata = site / "acme_antiphon-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-antiphon\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[antiphon.rules]\nacme = acme_rules\n\n[antiphon.scenarios]\nacme = acme_scenarios\n"
    )
    (site / "acme_rules.py").write_text(RULES)
    (site / "acme_scenarios.py").write_text(SCENARIOS)

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(site), *filter(None, sys.path)])
        return subprocess.run(
            [sys.executable, "-m", "antiphon", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
            timeout=120,
            check=False,
        )

    command.site = site
    return command


def test_a_rule_of_others_judges(distribution, tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text(json.dumps(EXCHANGE) + "\n")
    result = distribution("lint", str(path), "--rule", "acme.models-are-ours")
    assert result.returncode == 1, result.stderr
    assert "antiphon explain acme.models-are-ours" in result.stdout
    assert "Fix first" in result.stdout
    assert "acme.models-are-ours" in result.stdout.partition("Fix first")[2]


@pytest.mark.responses_mock(dialect="openresponses")
def test_a_scenario_of_others_runs(distribution, responses_mock, tmp_path: Path) -> None:
    result = distribution("check", responses_mock.url, "--no-properties", "--report", str(tmp_path / "out"))
    assert result.returncode == 1, result.stderr
    lines = (tmp_path / "out" / "transcript.jsonl").read_text().splitlines()
    assert "acme_greeting/greeted" in {json.loads(line).get("id") for line in lines}


@pytest.mark.parametrize("broken", ["acme_rules", "acme_scenarios"])
def test_a_broken_module_is_named(distribution, broken: str) -> None:
    (distribution.site / f"{broken}.py").write_text("import telepathy\n")
    result = distribution("check", "http://127.0.0.1:1/v1")
    assert result.returncode == 3
    group = broken.replace("acme_", "antiphon.")
    assert (
        f"entry point `acme = {broken}` of acme-antiphon ({group}): expected a module that can be imported, "
        "got ModuleNotFoundError: No module named 'telepathy'"
    ) in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_lint_names_a_broken_module_as_well(distribution, tmp_path: Path) -> None:
    (distribution.site / "acme_rules.py").write_text("import telepathy\n")
    path = tmp_path / "traffic.jsonl"
    path.write_text(json.dumps(EXCHANGE) + "\n")
    result = distribution("lint", str(path))
    assert result.returncode == 3
    assert "entry point `acme = acme_rules` of acme-antiphon" in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
