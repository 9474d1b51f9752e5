"""Several models in one run: side by side in every format, and the worst decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from antiphon.main import run
from antiphon_conformance.report.models import folder_names

GOOD, BAD = "gpt-4o-mini", "invalid-model"
"""The mock server has no model whose name looks invalid."""


@pytest.mark.responses_mock(dialect="openai")
def test_two_models_stand_side_by_side_and_the_worst_decides(
    responses_mock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--dialect", "openai", "--rule", "usage.total-is-the-sum", "--report", str(tmp_path)]
    status = run(["check", responses_mock.url, *options, "--model", GOOD, "--model", BAD])
    output = capsys.readouterr().out
    index = json.loads((tmp_path / "models.json").read_text())
    assert index["models"][GOOD]["status"] == 0
    assert index["models"][BAD]["status"] == status != 0
    assert (tmp_path / index["models"][BAD]["report"]).exists()
    table = output[output.rindex(f"model {BAD}") :]
    assert "openai: verdict" in table
    for page in ("summary.md", "report.html"):
        text = (tmp_path / page).read_text()
        assert GOOD in text
        assert BAD in text
    models = {entry.body["model"] for entry in responses_mock.journal if entry.body}
    assert {GOOD, BAD} <= models


def test_each_model_has_a_folder_of_its_own() -> None:
    names = folder_names(("a/b", "a_b", "..", "c"))
    assert names == {"a/b": "a_b", "a_b": "a_b-2", "..": "model", "c": "c"}


def test_a_baseline_is_of_one_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ["--model", "a", "--model", "b", "--baseline", str(tmp_path / "b.yaml"), "--baseline-update"]
    assert run(["check", "http://127.0.0.1:9/v1", *options]) == 3
    assert "--model: expected one model, got 2 models" in capsys.readouterr().err
