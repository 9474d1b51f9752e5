"""The number of requests of a run: requests to a real model cost money and seconds."""

from __future__ import annotations

import pytest

from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.result import judge
from antiphon_spec.dialect import names
from inprocess import run_suite

MOST = {"azure": 235, "bud": 135, "openresponses": 106, "openai": 235, "cloudglue": 197}
"""The most requests of a run without generated ones; most requests to a library read its content.
The run has the key of another account, which costs some requests more."""


@pytest.mark.parametrize("dialect", names())
def test_a_run_without_generated_requests_is_short_and_says_what_it_left_out(dialect: str) -> None:
    result = run_suite(dialect, properties=False)
    assert result.metadata["requests"] <= MOST[dialect]
    assert {
        f"{record.rule}: {record.outcome}: {record.note}"
        for record in judge([result]).records
        if record.outcome is not Outcome.PASSED
        and not (record.outcome is Outcome.INCONCLUSIVE and "--no-properties" in record.note)
    } == set()
