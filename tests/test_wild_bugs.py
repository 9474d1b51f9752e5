"""Bugs of real servers: the suite reports each of them in a mutant with the same bug."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from antiphon.main import run
from antiphon_conformance.rules.rule import all_rules, rules_for
from antiphon_mockserver.mutants import all_mutants
from antiphon_spec.dialect import load, names
from inprocess import noticed
from wild_bugs import Bug, bugs

AIM = 0.9
GENERATE = Path(__file__).parent.parent / "docs" / "generate.py"
NOTICED = [bug for bug in bugs() if not bug.not_detected]


@pytest.fixture(autouse=True)
def _polls_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)


@pytest.mark.parametrize("bug", NOTICED, ids=lambda bug: bug.id)
def test_a_wild_bug_is_reported(bug: Bug) -> None:
    rules_of_dialect = rules_for(load(bug.dialect))
    rules = [rule for rule in bug.rules if rule in rules_of_dialect]
    silent_mutants = [
        mutant for mutant in bug.mutants if not any(noticed(mutant, rule, bug.dialect) for rule in rules)
    ]
    assert not silent_mutants, (
        f"{bug.id} ({bug.symptom}): none of {rules} noticed {silent_mutants} in {bug.dialect}"
    )


def test_nine_in_ten_of_the_bugs_are_reported() -> None:
    about_responses = [bug for bug in bugs() if bug.scope == "responses"]
    detections = [bug for bug in about_responses if not bug.not_detected]
    share = len(detections) / len(about_responses)
    print(f"{len(detections)} of {len(about_responses)} bugs of real servers are noticed: {share:.1%}")
    assert share >= AIM


def test_every_row_names_its_mutants_and_rules_or_a_reason() -> None:
    halves = [bug.id for bug in bugs() if bool(bug.not_detected) == bool(bug.mutants and bug.rules)]
    assert not halves


def test_rows_name_existing_dialects_mutants_and_rules() -> None:
    ids = [bug.id for bug in bugs()]
    assert len(set(ids)) == len(ids)
    assert {bug.dialect for bug in bugs()} <= set(names())
    assert {mutant for bug in bugs() for mutant in bug.mutants} <= set(all_mutants())
    assert {rule for bug in bugs() for rule in bug.rules} <= set(all_rules())


def test_the_page_about_them_is_current() -> None:
    process = subprocess.run(
        [sys.executable, str(GENERATE), "--check"], capture_output=True, text=True, timeout=60
    )
    assert process.returncode == 0, process.stdout + process.stderr


def test_the_command_on_the_page_reads_the_mutant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--port", "0", "--mutant", "events.no-such"]) == 3
    assert "'events.no-such'" in capsys.readouterr().err


def test_serve_lists_the_mutants(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--mutants"]) == 0
    output = capsys.readouterr().out
    assert all(mutant in output for mutant in all_mutants())
