"""Clients and the rules that they need: the file has what runs showed, and reports use it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "clients"))

import derive

from antiphon_conformance.report import folder
from antiphon_conformance.report.answers import answers
from antiphon_conformance.report.model import compose
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.result import judge
from antiphon_spec.clients import load_clients
from antiphon_spec.dialect import load
from inprocess import run_suite

SAMPLE = 5
"""How many mutants of each client and dialect are tried again here; `derive.py --check` tries them all."""
ALL = {(subject.package, subject.registry): subject for subject in derive.SUBJECTS}
CLIENTS = {(client.package, client.registry): client for client in load_clients()}


def test_every_client_that_we_can_run_has_a_row():
    assert set(CLIENTS) == set(ALL)
    assert {dialect for client in CLIENTS.values() for dialect in client.breaks} == {
        dialect for subject in ALL.values() for dialect in subject.dialects
    }


@pytest.mark.parametrize("key", CLIENTS)
def test_every_rule_that_a_client_needs_applies_in_its_dialect(key):
    for dialect, rules in CLIENTS[key].breaks.items():
        assert set(rules) <= set(rules_for(load(dialect)))
        assert {mutant for mutants in rules.values() for mutant in mutants} <= set(derive.candidates(dialect))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", CLIENTS, ids="/".join)
def test_a_client_breaks_where_the_file_says(key):
    if key[1] == "npm" and shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    if key[1] == "PyPI":
        pytest.importorskip(key[0], reason=f"the client itself is needed: pip install {key[0]}")
    assert derive.unconfirmed(CLIENTS[key], ALL[key], SAMPLE) == []


def record(rule, outcome):
    return Record(rule, "R-1", ("R-1",), "MUST", "openai", "repeat", outcome)


@pytest.mark.parametrize(
    ("outcome", "state", "why"),
    [
        (Outcome.PASSED, "works", "rules that it needs hold"),
        (Outcome.FAILED, "breaks", "1 of the "),
        (Outcome.UNTESTABLE, "breaks", "1 of the "),
        (Outcome.INCONCLUSIVE, "unclear", "the others were not tested"),
        (Outcome.NOT_SUPPORTED, "unclear", "the others were not tested"),
    ],
)
def test_a_report_says_whether_a_client_works(outcome, state, why):
    client = CLIENTS["openai", "PyPI"]
    first, *rest = client.rules("openai")
    records = [record(first, outcome), *(record(rule, Outcome.PASSED) for rule in rest)]
    result = next(row for row in answers(records, "openai") if row.client is client)
    assert result.state == state
    assert why in result.why


def test_every_rendering_says_whether_clients_work():
    right = compose(judge([run_suite("openai")]))
    assert [row.state for row in answers(right.records, "openai")] == ["works", "works"]
    wrong = compose(judge([run_suite("openai", "events.never-ends", properties=False)]))
    assert {row.state for row in answers(wrong.records, "openai")} == {"breaks"}
    assert "OpenAI SDK for JavaScript" in folder.render("html", wrong)
    assert "(npm): breaks: " in folder.render("markdown", wrong)
