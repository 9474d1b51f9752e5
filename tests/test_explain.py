"""`antiphon explain`: rules, requirements, mutants, and unknown names."""

from __future__ import annotations

import pytest

from antiphon.main import run


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("usage.total-is-the-sum", "RES-51"),
        ("ENV-08", "checked by stream-numbers.increase"),
        ("CG-FLT-12", "checked by filter-laws.equal-and-not-equal-divide-the-files-with-the-field"),
        ("CG-FLT-12", "CG-FLT-12 (contract, OPEN: no source says so; it is our interpretation) NotEqual"),
        ("events.repeats-a-sequence-number", "caught by stream-numbers.increase"),
    ],
)
def test_a_name_is_explained(name: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", name]) == 0
    assert expected in capsys.readouterr().out


def test_a_typo_gets_each_near_name_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "ENV-8"]) == 3
    errors = capsys.readouterr().err
    assert errors.count("ENV-08") == 1


def test_a_requirement_of_several_dialects_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "stream-numbers.increase"]) == 0
    shown = capsys.readouterr().out
    assert shown.count(" ENV-08 ") == 1
    assert "azure, bud, openai, openresponses: ENV-08 " in shown
