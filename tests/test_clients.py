"""Clients and the faults that break them: the file has what runs showed, and reports use it."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "clients"))

import derive

from antiphon_conformance.report import folder
from antiphon_conformance.report.answers import answers
from antiphon_conformance.report.features import FeatureRow
from antiphon_conformance.report.model import compose
from antiphon_conformance.report.overview import Overview
from antiphon_conformance.rules.rule import Finding, rules_for
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
def test_every_fault_of_a_client_is_told_by_a_rule_of_its_dialect(key):
    for dialect, features in CLIENTS[key].breaks.items():
        assert set(features) <= set(CLIENTS[key].features[dialect])
        assert set(CLIENTS[key].rules(dialect)) <= set(rules_for(load(dialect)))
        mutants = {
            mutant
            for rules in features.values()
            for faults in rules.values()
            for mutants in faults.values()
            for mutant in mutants
        }
        assert mutants <= set(derive.candidates(dialect))


def test_a_fault_that_leaves_a_feature_as_it_was_is_not_listed_for_it():
    outcomes = {"a": {"stream": "raises TypeError"}, "b": {}, "c": {"stream": "gets something else"}}
    wires = {
        "a": Counter({("r.s", "x absent"): 4, ("r.s", "y absent"): 4}),
        "b": Counter({("r.s", "x absent"): 4, ("r.s", "z wrong"): 1}),
        "c": Counter({("r.s", "z wrong"): 9}),
    }
    assert derive.claims(("create", "stream"), outcomes, wires) == {
        "stream": {"r.s": {"y absent": {"a": "raises TypeError"}, "z wrong": {"c": "gets something else"}}}
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", CLIENTS, ids="/".join)
def test_a_client_breaks_where_the_file_says(key):
    if key[1] == "npm" and shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    if not ALL[key].is_here():
        pytest.skip(f"{key[0]} is not installed; see docs/clients.md")
    if key[1] == "PyPI" and not ALL[key].topics:
        pytest.importorskip(key[0], reason=f"the client itself is needed: pip install {key[0]}")
    assert derive.unconfirmed(CLIENTS[key], ALL[key], SAMPLE) == []


CLIENT = CLIENTS["openai", "PyPI"]
RULE, WHAT = "requests.accepts-a-text-as-input", "status 4xx"
"""A rule and a fault at which `create` broke in a run."""


def record(rule, outcome, *findings):
    return Record(rule, "R-1", ("R-1",), "MUST", "openai", "repeat", outcome, findings)


def state_of(feature, *records, **states):
    rows = [FeatureRow(name, name, True, state) for name, state in states.items()]
    answer = next(row for row in answers(records, "openai", rows) if row.client is CLIENT)
    return next(row.state for row in answer.features if row.feature == feature)


def test_a_client_breaks_at_the_feature_and_fault_that_broke_it_in_a_run():
    assert WHAT in CLIENT.faults("openai", "create")[RULE]
    rejection = record(RULE, Outcome.FAILED, Finding("reply.status", "200", "400"))
    assert state_of("create", rejection, create="offered") == "breaks"
    other = record(RULE, Outcome.FAILED, Finding("reply.body/no_such_member", "a value", "5"))
    assert state_of("create", other, create="offered") == "works"


@pytest.mark.parametrize(
    ("outcome", "offer", "state"),
    [
        (Outcome.PASSED, "offered", "works"),
        (Outcome.PASSED, "not offered", "not offered"),
        (Outcome.PASSED, "not seen", "unclear"),
        (Outcome.INCONCLUSIVE, "offered", "unclear"),
    ],
)
def test_a_feature_of_a_client_works_where_the_run_saw_it(outcome, offer, state):
    assert state_of("create", record(RULE, outcome), create=offer) == state


def test_every_rendering_says_whether_clients_work():
    right = compose(judge([run_suite("openai", properties=False)]))
    assert {row.state for row in Overview(right, "openai").answers} == {"works"}
    wrong = compose(
        judge([run_suite("openai", "events.never-ends", properties=False, features=("no-websocket",))])
    )
    broken = {
        part.feature
        for row in Overview(wrong, "openai").answers
        for part in row.features
        if part.state == "breaks"
    }
    assert {"stream", "stream_helper"} <= broken
    assert "create" not in broken
    assert "openai-node" in folder.render("html", wrong)
    assert "breaks at: stream" in folder.render("markdown", wrong)
