"""One root cause is reported by one rule: a named one, or else the one that takes in the whole document."""

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
"""What hardly any member of a response or an item may be."""
BY_PLACE = ("response.", "response-members.", "item-members.", "items.", "tool-calls.")
"""Rules that look at one place of an answer, whatever was asked."""
ABOUT_STATES = ("response-status.", "items.none-is", "items.are-completed", "items.incomplete")


@cache
def rules(dialect: str) -> dict[str, Rule]:
    known = rules_for(load(dialect)).items()
    return {key: rule for key, rule in known if key.startswith(BY_PLACE) and not key.startswith(ABOUT_STATES)}


@cache
def answers(dialect: str) -> tuple[Json, ...]:
    """The response objects of some scenarios: messages, calls, reasoning, refusals, log probabilities,
    citations."""
    wanted = ("echoes", "sampling", "tool_loop", "reasoning", "grounded")
    chosen = [name for name in wanted if name in all_scenarios()]
    exchanges = [exchange for trace in traces(dialect, chosen) for exchange in trace.exchanges.values()]
    created = [exchange for exchange in exchanges if exchange.ok and exchange.request.path == "/responses"]
    return tuple(dict(exchange.response) for exchange in created)


def reported(dialect: str, body: Json) -> set[str]:
    """The rules that find something in an answer of which nobody knows what was asked."""
    exchange = Exchange("answer", Request("POST", "/responses"), Reply(200, Headers(), b"", body))
    records = lint([exchange], load(dialect), rules(dialect))
    return {record.rule for record in records if record.outcome is not Outcome.PASSED and record.findings}


def spoilt(body: Json) -> Iterator[tuple[str, Json]]:
    """The answer with one member wrong, or missing, each in turn; its items' members too."""
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
def test_a_right_answer_is_reported_by_no_rule(dialect: str) -> None:
    assert not [found for body in answers(dialect) if (found := reported(dialect, body))]


@pytest.mark.parametrize("dialect", names())
def test_a_wrong_member_is_reported_by_one_rule_at_most(dialect: str) -> None:
    cases = [case for body in answers(dialect) for case in spoilt(body)]
    assert len(cases) > 100
    twice = {what: found for what, body in cases if len(found := reported(dialect, body)) > 1}
    assert not twice
