"""The base install is light: the wheel in an empty environment serves and lints, and names what it lacks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest

import antiphon_fixtures
from antiphon_spec.extras import EXTRAS, MissingExtraError, require

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RECORDINGS = Path(antiphon_fixtures.__file__).parent / "transcripts" / "good"
MOST_DISTRIBUTIONS = 20
MOST_BYTES = 34_000_000
OFFLINE = re.compile(r"No matching distribution|Max retries|Name or service|NewConnectionError|unreachable")
CENSUS = """
import json
from importlib.metadata import distributions
found = [d for d in distributions() if d.name not in ("pip", "setuptools")]
paths = [d.locate_file(file) for d in found for file in d.files]
print(json.dumps({
    "distributions": sorted(d.name for d in found),
    "bytes": sum(path.stat().st_size for path in paths if path.exists()),
    "plugins": sorted(e.value for d in found for e in d.entry_points if e.group == "pytest11"),
}))
"""
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def run(*command: str | Path, where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)),
        cwd=where,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def pip(*arguments: str | Path, python: Path, where: Path) -> None:
    result = run(python, "-m", "pip", *arguments, where=where)
    if result.returncode and OFFLINE.search(result.stderr):
        pytest.skip("offline: pip reaches no index")
    assert result.returncode == 0, result.stderr


def first_answer(command: Path, where: Path) -> str:
    """What a server that the command starts says to its first request."""
    process = subprocess.Popen(
        [command, "serve", "--port", "0"], cwd=where, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        url = next(match[0] for line in process.stderr if (match := re.search(r"http://[\d.:]+/v1", line)))
        body = json.dumps({"model": "gpt-5", "input": "Reply with exactly: pong"}).encode()
        headers = {"authorization": "Bearer any", "content-type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{url}/responses", body, headers)) as answer:
            text: str = json.load(answer)["output"][-1]["content"][0]["text"]
            return text
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.mark.slow
def test_the_base_is_light_and_names_what_it_lacks(tmp_path: Path) -> None:
    pip("wheel", "--no-deps", "-w", tmp_path, ROOT, python=Path(sys.executable), where=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    run(sys.executable, "-m", "venv", "light", where=tmp_path)
    python, antiphon = (tmp_path / "light" / "bin" / name for name in ("python", "antiphon"))
    pip("install", wheel, python=python, where=tmp_path)

    census = json.loads(run(python, "-c", CENSUS, where=tmp_path).stdout)
    assert len(census["distributions"]) <= MOST_DISTRIBUTIONS
    assert census["bytes"] <= MOST_BYTES
    assert census["plugins"] == ["antiphon_conformance.plugin", "antiphon_mockserver.testing"]

    assert first_answer(antiphon, tmp_path) == "pong"

    (recording, *_) = sorted(RECORDINGS.iterdir())
    lint = run(antiphon, "lint", recording, "--dialect", "openai", where=tmp_path)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    assert re.search(r"\d+ passed", lint.stdout)

    for command in ("check", "demo", "proxy"):
        result = run(antiphon, command, where=tmp_path)
        line = f"Error: antiphon {command} needs the judge's engines: pip install 'antiphon[check]'\n"
        assert (result.returncode, result.stdout, result.stderr) == (3, "", line)
    report = run(antiphon, "lint", recording, "--report", tmp_path / "report", where=tmp_path)
    line = "Error: the HTML report needs the judge's engines: pip install 'antiphon[check]'"
    assert report.stderr.splitlines()[-1] == line
    bud = run(antiphon, "serve", "--dialect", "bud", "--port", "0", where=tmp_path)
    line = "a dialect with prompt templates needs the template engine: pip install 'antiphon[templates]'"
    assert bud.stderr == f"Error: {line}\n"

    pip("install", "pytest", python=python, where=tmp_path)
    suite = ("--pyargs", "antiphon_conformance.suite", "--responses-target", "http://127.0.0.1:1/v1")
    result = run(python, "-m", "pytest", *suite, where=tmp_path)
    assert result.stderr == (
        "ERROR: the conformance suite needs the judge's engines: pip install 'antiphon[check]'\n\n"
    )


def test_every_extra_is_part_of_all() -> None:
    extras = dict(PROJECT["optional-dependencies"])
    (all_extras,) = extras.pop("all")
    assert all_extras == f"antiphon[{','.join(sorted(extras))}]"


@pytest.mark.parametrize("extra", EXTRAS.values(), ids=EXTRAS)
def test_an_extra_brings_the_modules_that_the_code_asks_for(extra) -> None:
    requirements = PROJECT["optional-dependencies"][extra.name]
    packages = {re.split(r"[>=;\[]", requirement)[0] for requirement in requirements}
    assert set(extra.modules) <= packages
    base = {re.split(r"[>=;\[]", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert not set(extra.modules) & base


def test_a_missing_extra_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    require("check", "antiphon check")
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    with pytest.raises(MissingExtraError) as missing:
        require("check", "antiphon check")
    assert str(missing.value) == "antiphon check needs the judge's engines: pip install 'antiphon[check]'"


HEAVY = {
    "aiohttp",
    "asyncio",
    "click",
    "hypothesis",
    "jinja2",
    "jsonschema_rs",
    "orjson",
    "rich",
    "schemathesis",
    "uvicorn",
    "yaml",
}
"""What takes more than a few milliseconds to import."""


@pytest.mark.parametrize("plugin", ["antiphon_conformance.plugin", "antiphon_mockserver.testing"])
def test_every_pytest_run_imports_our_plugins_at_no_cost(plugin: str, tmp_path: Path) -> None:
    code = (
        f"import sys, pytest; before = set(sys.modules); import {plugin}\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    modules = set(result.stdout.split())
    assert not modules & HEAVY
    assert plugin.partition(".")[0] in modules
