"""The bugs that real servers have had: the suite notices each of them in a mutant with the same mistake."""

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
def test_a_wild_bug_is_noticed(bug: Bug) -> None:
    known = rules_for(load(bug.dialect))
    rules = [rule for rule in bug.rules if rule in known]
    missed = [
        mutant for mutant in bug.mutants if not any(noticed(mutant, rule, bug.dialect) for rule in rules)
    ]
    assert not missed, f"{bug.id} ({bug.symptom}): none of {rules} noticed {missed} in {bug.dialect}"


def test_nine_in_ten_of_the_bugs_are_noticed() -> None:
    about_responses = [bug for bug in bugs() if bug.scope == "responses"]
    found = [bug for bug in about_responses if not bug.not_detected]
    share = len(found) / len(about_responses)
    print(f"{len(found)} of {len(about_responses)} bugs of real servers are noticed: {share:.1%}")
    assert share >= AIM


def test_every_row_says_how_the_bug_is_noticed_or_why_not() -> None:
    halves = [bug.id for bug in bugs() if bool(bug.not_detected) == bool(bug.mutants and bug.rules)]
    assert not halves


def test_rows_name_what_exists() -> None:
    ids = [bug.id for bug in bugs()]
    assert len(set(ids)) == len(ids)
    assert {bug.dialect for bug in bugs()} <= set(names())
    assert {mutant for bug in bugs() for mutant in bug.mutants} <= set(all_mutants())
    assert {rule for bug in bugs() for rule in bug.rules} <= set(all_rules())


def test_the_page_about_them_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(GENERATE), "--check"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_on_the_page_reads_the_mutant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--port", "0", "--mutant", "events.no-such"]) == 3
    assert "'events.no-such'" in capsys.readouterr().err


def test_serve_lists_the_mutants(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--mutants"]) == 0
    listed = capsys.readouterr().out
    assert all(mutant in listed for mutant in all_mutants())
