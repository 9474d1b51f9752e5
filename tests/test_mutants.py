"""The kill matrix: the rules that a mutant names report it, and every rule reports a mutant."""

from __future__ import annotations

import pytest

from antiphon_conformance.rules.rule import all_rules, rules_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_mockserver.mutants import all_mutants
from antiphon_spec.dialect import load, names
from inprocess import noticed, verdicts

DIALECTS = names()


@pytest.fixture(autouse=True)
def _polls_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_right_server_passes_every_rule(dialect: str) -> None:
    findings = {
        f"{record.rule} in {record.scenario or 'no scenario'}: {record.outcome}: "
        f"{record.note or '; '.join(finding.message for finding in record.findings)}"
        for record in verdicts(dialect)
        if record.outcome is not Outcome.PASSED
    }
    assert not findings


@pytest.mark.parametrize("mutant", all_mutants())
def test_the_rules_that_a_mutant_names_catch_it(mutant: str) -> None:
    silent_rules = [rule for rule in all_mutants()[mutant].caught_by if not noticed(mutant, rule, *DIALECTS)]
    assert not silent_rules, f"{mutant} was not noticed by {silent_rules}"


def test_a_mutant_names_rules_that_exist() -> None:
    unknown = {rule for mutant in all_mutants().values() for rule in mutant.caught_by} - set(all_rules())
    assert not unknown


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_rule_has_a_mutant(dialect: str) -> None:
    caught = {rule for mutant in all_mutants().values() for rule in mutant.caught_by}
    assert not set(rules_for(load(dialect))) - caught
