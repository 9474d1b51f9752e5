"""A list that begins with the oldest item breaks the rule on that; its ascending pages are still right."""

from __future__ import annotations

from antiphon_conformance import engine
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load
from inprocess import traces

UNTRUE = {"pagination.pages-partition-the-list-ascending", "pagination.a-page-begins-after-its-cursor"}
MUTANT = "state.ignores-the-order"


def test_ascending_pages_are_not_blamed_for_the_default_order() -> None:
    rules = {name: rule for name, rule in all_rules().items() if name.startswith("pagination.")}
    records = engine.judge(traces("openai", ("storage",), MUTANT), load("openai"), rules)
    failures = {record.rule for record in records if record.outcome is Outcome.FAILED}
    assert "pagination.descending-is-ascending-reversed" in failures
    assert not failures & UNTRUE
