"""The examples of the README work as shown."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from antiphon_conformance.scenarios.scenario import all_scenarios
from antiphon_conformance.verdict import baseline
from mock_client import Client

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_first_screen_has_the_two_commands() -> None:
    first_screen = README.splitlines()[:10]
    assert any("tox -e demo" in line for line in first_screen)
    assert any(line.split("#")[0].strip().endswith("tox") for line in first_screen)


def test_the_python_example_passes(pytester: pytest.Pytester) -> None:
    pytest.importorskip("openai")
    (example,) = blocks("python")
    pytester.makepyfile(example)
    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_question_to_a_library_is_answered_with_citations() -> None:
    (line,) = (line for line in blocks("sh") if "entity_backed_knowledge" in line)
    body = json.loads(shlex.split(line.replace("\\\n", " "), comments=True)[-1])
    answer = Client(dialect="cloudglue").post("/responses", body)
    assert answer.events[-1]["type"] == "response.completed"
    (part,) = answer.events[-1]["response"]["output"][0]["content"]
    assert len(part["annotations"]) > 1


def test_the_tool_reads_the_file_that_the_prompt_names() -> None:
    (line,) = (line for line in blocks("sh") if "file_assistant" in line)
    body = json.loads(shlex.split(line.replace("\\\n", " "), comments=True)[-1])
    (*_, last) = Client(dialect="bud").post("/responses", body).json["output"]
    assert "notes.txt holds 42 lines" in last["content"][0]["text"]


def test_the_baseline_example_is_a_valid_baseline(tmp_path: Path) -> None:
    (example,) = blocks("yaml")
    file = tmp_path / "known.yaml"
    file.write_text(example, encoding="utf-8")
    (entry,) = baseline.load(file).entries
    assert entry.scenario in all_scenarios()
