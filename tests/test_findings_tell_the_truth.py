"""No finding about any mutant prints a value that does not stand at its place in the quoted exchange."""

from __future__ import annotations

import os

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.text import show_apart
from antiphon_conformance.rules.reading.place import at_nearest
from antiphon_conformance.rules.rule import Finding, rules_for
from antiphon_mockserver.mutants import all_mutants
from antiphon_spec.dialect import load
from evidence import untruth
from inprocess import NOTICES, traces, verdicts
from scripted_transport import exchange, response

DIALECTS = ("openai", "openresponses", "cloudglue", "bud")
MOST_SCENARIOS = 2
EVERY = int(os.environ.get("EVERY_NTH_MUTANT", "4"))
"""Every fourth mutant is tried, since neighbours are alike; 1 tries all of them, in four minutes."""


@pytest.fixture(autouse=True)
def _polls_without_pauses(monkeypatch):
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)


def home(mutant):
    """The first dialect in which a rule that catches the mutant applies, and conversations that show it."""
    for dialect in DIALECTS:
        rules = [rule for rule in mutant.caught_by if rule in rules_for(load(dialect))]
        records = [record for record in verdicts(dialect) if record.rule in rules and record.scenario]
        if rules:
            return dialect, sorted({record.scenario for record in records})[:MOST_SCENARIOS]
    return None


@pytest.mark.parametrize("mutant", list(all_mutants())[::EVERY])
def test_findings_print_what_was_sent(mutant):
    place = home(all_mutants()[mutant])
    if place is None:
        pytest.skip("no rule of these dialects catches it")
    dialect, scenarios = place
    run = traces(dialect, scenarios, mutant)
    exchanges = {item.id: item for trace in run for item in trace.exchanges.values()}
    findings = [
        (record.rule, finding)
        for record in engine.judge(run, load(dialect), None, NOTICES)
        for finding in record.findings
    ]
    assert all(finding.exchange in exchanges for _, finding in findings)
    lies = {f"{rule}: {untruth(finding, exchanges[finding.exchange])}" for rule, finding in findings
            if untruth(finding, exchanges[finding.exchange])}  # fmt: skip
    assert not lies


BODY = response(error=None, output=[{"type": "message", "content": []}], usage={})


@pytest.mark.parametrize(
    ("where", "expected", "told"),
    [
        pytest.param(
            "reply.body/error/message",
            "a sentence",
            ("reply.body/error", "an object with `message`: a sentence", "null"),
            id="in null",
        ),
        pytest.param(
            "reply.body/payload/a/b",
            "1",
            ("reply.body/payload", "an object with `a.b`: 1", "absent"),
            id="in what is absent",
        ),
        pytest.param(
            "reply.body/status/code",
            "a value (required)",
            ("reply.body/status", "an object with `code`", '"completed"'),
            id="in a string",
        ),
        pytest.param(
            "reply.body/output/1/id",
            "an id",
            ("reply.body/output/1", "an object with `id`: an id", "absent"),
            id="in an item that is not there",
        ),
        pytest.param(
            "reply.body/usage/total", "1", ("reply.body/usage/total", "1", "absent"), id="in an object"
        ),
        pytest.param(
            "reply.body/model", "a name", ("reply.body/model", "a name", "absent"), id="in the body"
        ),
    ],
)
def test_a_member_of_what_is_no_object_is_told_at_that_value(where, expected, told):
    assert at_nearest(Finding(where, expected, "absent"), exchange("repeat/first", BODY)) == told


@pytest.mark.parametrize(
    ("where", "actual", "is_true"),
    [
        ("reply.body/error", "null", True),
        ("reply.body/error", "absent", False),
        ("reply.body/model", "absent", True),
        ("reply.body/model", "null", False),
        ("reply.body/status", '"completed"', True),
        ("reply.body/status", '"failed"', False),
        ("reply.body/error/code", "absent", False),
        ("reply.status", "200", True),
        ("reply.status", "500", False),
        ("reply.headers/content-type", '"application/json"', True),
        ("reply.body/output", 'the text "Hello."', True),
    ],
)
def test_the_check_of_this_file_can_fail(where, actual, is_true):
    finding = Finding(where, "something else", actual)
    assert (not untruth(finding, exchange("repeat/first", BODY))) is is_true


def test_two_long_texts_are_shown_from_where_they_differ():
    text = "so far they are alike, word by word and letter by letter, and then comes one end"
    other = text.replace("one end", "another end")
    assert show_apart(text, other) == '"…ter, and then comes one end"'
    assert show_apart(other, text) == '"…ter, and then comes another end"'
    assert (show_apart("one", "other"), show_apart(None, text)) == ('"one"', "null")
