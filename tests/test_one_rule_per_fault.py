"""One rule reports one root cause: a named one, or else the rule on the whole document."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request
from antiphon_conformance.http.text import show
from antiphon_conformance.rules.rule import Rule, rules_for
from antiphon_conformance.scenarios.scenario import all_scenarios
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load, names
from inprocess import traces

Json = dict[str, Any]

INVALID = {"never": "seen"}
"""A value that hardly any member of a response or an item may have."""
BY_PLACE = ("response.", "response-members.", "item-members.", "items.", "tool-calls.")
"""Rules that look at one place of an answer and not at the request."""
ABOUT_STATES = ("response-status.", "items.none-is", "items.are-completed", "items.incomplete")


@cache
def rules(dialect: str) -> dict[str, Rule]:
    rows = rules_for(load(dialect)).items()
    return {key: rule for key, rule in rows if key.startswith(BY_PLACE) and not key.startswith(ABOUT_STATES)}


@cache
def answers(dialect: str) -> tuple[Json, ...]:
    """The response objects of some scenarios: messages, calls, reasoning, refusals, log probabilities,
    citations."""
    scenario_names = ("echoes", "sampling", "tool_loop", "reasoning", "grounded")
    selection = [name for name in scenario_names if name in all_scenarios()]
    exchanges = [exchange for trace in traces(dialect, selection) for exchange in trace.exchanges.values()]
    creations = [exchange for exchange in exchanges if exchange.ok and exchange.request.path == "/responses"]
    return tuple(dict(exchange.response) for exchange in creations)


def report_on(dialect: str, body: Json) -> set[str]:
    """The rules that report an answer to an unknown request."""
    exchange = Exchange("answer", Request("POST", "/responses"), Reply(200, Headers(), b"", body))
    records = lint([exchange], load(dialect), rules(dialect))
    return {record.rule for record in records if record.outcome is not Outcome.PASSED and record.findings}


def spoil(body: Json) -> Iterator[tuple[str, Json]]:
    """The answer with one member wrong or absent, each in turn; members of its items too."""
    for holder, name in places(body):
        for value in (INVALID, None):
            copy = deepcopy(body)
            inner = copy if holder is None else copy["output"][holder]
            if value is None:
                del inner[name]
            else:
                inner[name] = value
            yield f"{'output' if holder is not None else 'body'} {name} {show(value)}", copy


def places(body: Json) -> Iterator[tuple[int | None, str]]:
    yield from ((None, name) for name in body)
    yield from ((index, name) for index, item in enumerate(body["output"]) for name in item if name != "type")


@pytest.mark.parametrize("dialect", names())
def test_no_rule_reports_a_right_member(dialect: str) -> None:
    assert not [red_rules for body in answers(dialect) if (red_rules := report_on(dialect, body))]


@pytest.mark.parametrize("dialect", names())
def test_at_most_one_rule_reports_a_wrong_member(dialect: str) -> None:
    cases = [case for body in answers(dialect) for case in spoil(body)]
    assert len(cases) > 100
    twice = {case: red_rules for case, body in cases if len(red_rules := report_on(dialect, body)) > 1}
    assert not twice
