"""The transcripts that ship as fixtures: `lint` finds the one bug of a wild one, and none in a good one."""

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


def found(path: Path, printed: pytest.CaptureFixture[str]) -> set[str]:
    """The rules that are not content with a transcript."""
    run(["lint", "--format", "json", str(path)])
    records = orjson.loads(printed.readouterr().out)
    return {record["rule"] for record in records if Outcome(record["outcome"]) not in QUIET}


def test_there_are_transcripts() -> None:
    assert len(WILD) >= 10
    assert len(GOOD) >= 2


@pytest.mark.parametrize("path", WILD, ids=lambda path: path.stem)
def test_a_wild_transcript_is_noticed_by_the_rule_of_its_folder_alone(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found(path, capsys) == {path.parent.name}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_nothing_is_found_in_a_good_transcript(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(path, capsys) == set()


def test_wild_transcripts_are_named_for_a_bug_and_a_rule_that_notices_it() -> None:
    noticed = {bug.id: bug.rules for bug in bugs()}
    strange = [str(path) for path in WILD if path.parent.name not in noticed.get(path.stem, ())]
    assert not strange


def test_the_mock_server_still_tells_the_same() -> None:
    stale = [str(path) for path, text in transcripts() if not path.exists() or path.read_bytes() != text]
    assert not stale, "run tests/write_transcripts.py"
    assert {path for path, _ in transcripts()} == {*WILD, *GOOD}
