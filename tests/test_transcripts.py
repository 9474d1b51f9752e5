"""The shipped transcripts: `lint` finds the one bug of a wild one, and none in a good one."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from antiphon.main import run
from antiphon_conformance.verdict.outcome import Outcome
from wild_bugs import bugs
from write_transcripts import FOLDER, transcripts

WILD, GOOD = sorted(FOLDER.glob("wild/*/*.jsonl")), sorted(FOLDER.glob("good/*.jsonl"))
QUIET = {Outcome.PASSED, Outcome.INCONCLUSIVE}


def find_rules(path: Path, output: pytest.CaptureFixture[str]) -> set[str]:
    """The rules that report a transcript."""
    run(["lint", "--format", "json", str(path)])
    records = orjson.loads(output.readouterr().out)
    return {record["rule"] for record in records if Outcome(record["outcome"]) not in QUIET}


def test_there_are_transcripts() -> None:
    assert len(WILD) >= 10
    assert len(GOOD) >= 2


@pytest.mark.parametrize("path", WILD, ids=lambda path: path.stem)
def test_only_the_rule_of_its_folder_reports_a_wild_transcript(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert find_rules(path, capsys) == {path.parent.name}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_transcript_has_no_findings(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert find_rules(path, capsys) == set()


def test_wild_transcripts_are_named_for_a_bug_and_a_rule_that_reports_it() -> None:
    rules_by_bug = {bug.id: bug.rules for bug in bugs()}
    strange = [str(path) for path in WILD if path.parent.name not in rules_by_bug.get(path.stem, ())]
    assert not strange


def test_the_mock_server_still_sends_the_same_bytes() -> None:
    stale = [str(path) for path, text in transcripts() if not path.exists() or path.read_bytes() != text]
    assert not stale, "run tests/write_transcripts.py"
    assert {path for path, _ in transcripts()} == {*WILD, *GOOD}
