"""Several models in one run: side by side in every format, and the worst decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from antiphon.main import run
from antiphon_conformance import check, check_models
from antiphon_conformance.options.error import OptionError
from antiphon_conformance.report.models import folder_names
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings

pytest_plugins = ["pytester"]
GOOD, OTHER, BAD = "gpt-4o-mini", "gpt-5", "invalid-model"
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


@pytest.fixture
def suite(pytester: pytest.Pytester, responses_mock, tmp_path: Path) -> Callable[..., pytest.RunResult]:
    """Runs the suite against the mock with several models, for one rule."""
    options = ("dialect=openai", "rule=usage.total-is-the-sum", f"report={tmp_path / 'report'}")

    def run_suite(*models: str, workers: int = 0) -> pytest.RunResult:
        values = (f"target={responses_mock.url}", *options, *(f"model={model}" for model in models))
        return pytester.runpytest_subprocess(
            *("--pyargs", "antiphon_conformance.suite", "-p", "no:cacheprovider", "-rA", f"-n{workers}"),
            *(f"--responses-{value}" for value in values),
            timeout=120,
        )

    return run_suite


@pytest.mark.responses_mock(dialect="openai")
def test_the_plugin_has_a_test_for_each_model(suite, tmp_path: Path) -> None:
    result = suite(GOOD, OTHER, workers=2)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines_random(
        [
            f"PASSED *test_rule?{OTHER}:openai:usage.total-is-the-sum?",
            f"{GOOD}: openai: *",
            f"{OTHER}: openai: *",
            f" *{GOOD} *{OTHER}",
        ]
    )
    assert set(json.loads((tmp_path / "report" / "models.json").read_text())["models"]) == {GOOD, OTHER}
    assert (tmp_path / "report" / OTHER / "report.html").exists()


@pytest.mark.responses_mock(dialect="openai")
def test_the_plugin_tells_what_it_judged_before_a_model_that_is_absent(suite) -> None:
    result = suite(GOOD, BAD)
    assert result.ret == 2
    result.stdout.fnmatch_lines([f"{GOOD}: openai: *", f"*could not be judged*{BAD}*"])


RULES = {"dialect": "openai", "rules": ["usage.total-is-the-sum"]}


def test_python_gets_a_result_for_each_model_and_a_report_of_all(tmp_path: Path) -> None:
    app = make_app(Settings(dialect="openai"))
    results = check_models(app, [GOOD, BAD], report=tmp_path, **RULES)
    assert [(name, result.status) for name, result in results.items()] == [(GOOD, 0), (BAD, 2)]
    assert GOOD in (tmp_path / "report.html").read_text()
    assert (tmp_path / BAD / "report.jsonl").exists()
    assert check(app, model=GOOD, report=tmp_path / "one", **RULES).conformant
    assert (tmp_path / "one" / "report.html").exists()


@pytest.mark.parametrize(
    ("models", "options", "error", "message"),
    [
        ([], {}, OptionError, "models: expected the name of a model, got none"),
        (GOOD, {}, TypeError, "models: expected a list of strings"),
        ([GOOD], {"model": BAD}, TypeError, "model: expected no such option"),
        ([GOOD], {"telepathy": 1}, TypeError, "unknown argument 'telepathy'"),
    ],
)
def test_a_wrong_list_of_models_is_an_error(models, options, error, message) -> None:
    with pytest.raises(error, match=message):
        check_models("http://h/v1", models, **options)
