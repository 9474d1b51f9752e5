"""Hostile values at every place of an answer: each run has its verdict, and all its files can be read."""

from __future__ import annotations

import pytest

from antiphon.main import run as antiphon
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.recordings.lint import lint
from antiphon_conformance.report import folder, records
from antiphon_conformance.report.model import compose
from antiphon_conformance.run import RunConfig, perform
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.result import judge
from hostile_target import PLACES, VALUES, HostileTarget

URL = "http://mock/v1"
SPOTS = [*PLACES, "header"]
PER_VALUE = 3
"""At so many places each value is tried, other ones for the next value; at the header always."""
CASES = [
    (value, SPOTS[(number * PER_VALUE + turn) % len(SPOTS)])
    for number, value in enumerate(VALUES)
    for turn in range(PER_VALUE)
]
CASES += [(value, "header") for value in VALUES if (value, "header") not in CASES]


@pytest.mark.parametrize(("value", "place"), CASES)
def test_a_run_keeps_its_verdict(value, place, tmp_path, capfd):
    scenarios = ("wrong_requests",) if place.startswith("error") else ("chaining",)
    config = RunConfig(URL, ("openai",), properties=False, scenarios=scenarios, seconds=5)
    run = perform(config, transport=AsgiTransport(HostileTarget(VALUES[value], place), URL))
    assert not [trace.stop_reason for trace in run.traces if trace.blame == "suite"]
    result = judge([run])
    folder.write(tmp_path, compose(result, folder.TRANSCRIPT), result.runs)
    again = lint(tmp_path / folder.TRANSCRIPT)
    for part in (result, again):
        assert not [record.note for record in part.records if record.outcome is Outcome.BROKEN]
    assert records.read(tmp_path / folder.RECORDS).verdicts.keys() == {"openai"}
    two = [str(tmp_path / folder.RECORDS)] * 2
    for form in folder.RENDERERS:
        assert antiphon(["report", *two[: 1 + (form in ("html", "markdown"))], "--to", form]) == 0
    assert "Traceback" not in capfd.readouterr().err
