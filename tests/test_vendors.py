"""The reports in docs/ are unedited, and the matrix agrees with them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))

import vendors

from antiphon_conformance.report import records
from antiphon_conformance.verdict.verdict import Exit
from antiphon_conformance.verdict.verification import verify

PLACES = {f"{place.parent.name}/{place.name}": place for place in vendors.places()}
OURS = {name for name, place in PLACES.items() if (place / "transcript.jsonl.gz").exists()}


@pytest.mark.parametrize("name", PLACES)
def test_a_report_follows_from_its_transcript(name):
    """Traffic that others recorded is not here, so that only the rest of such a report can be looked at.

    When a rule was changed, `python docs/vendors.py refresh` judges again.
    """
    verification = verify(PLACES[name])
    assert verification.problems == ()
    assert verification.status is (Exit.CONFORMANT if name in OURS else Exit.NOT_JUDGED)


def test_there_are_vendors_and_servers():
    assert len(PLACES) - len(OURS) >= 5
    assert len(OURS) >= 2


@pytest.mark.parametrize("name", sorted(set(PLACES) - OURS))
def test_reports_do_not_quote_foreign_traffic(name):
    report = records.read(PLACES[name] / "report.jsonl.gz")
    assert (report.excerpts, report.curls, report.metadata["quotes"]) == ({}, {}, False)
    longest = max(
        (len(finding.actual) for record in report.records for finding in record.findings), default=0
    )
    assert longest <= 500


def test_every_report_says_how_to_repeat_it():
    for place in PLACES.values():
        text = (place / "summary.md").read_text(encoding="utf-8")
        assert "## Reproduce" in text
        assert "antiphon report --verify" in text


def test_the_matrix_is_up_to_date():
    assert vendors.main(["matrix", "--check"]) == 0
