"""Custom tools with a grammar, in recordings of anybody: patterns and names that were made to do harm."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_conformance import engine
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load
from test_calibration import asked

GRAMMAR = "tool-calls.custom-input-follows-the-grammar"
ECHO = "echo-tools.the-grammar-of-a-custom-tool-comes-back"


def tool(pattern: str, name: Any = "query") -> dict[str, Any]:
    form = {"type": "grammar", "syntax": "regex", "definition": pattern}
    return {"type": "custom", "name": name, "description": "Runs a query.", "format": form}


def outcomes(pattern: str, text: str, *echoes: dict[str, Any]) -> dict[str, Outcome]:
    call = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "query", "input": text}
    tools = echoes or (tool(pattern),)
    answer = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "output": [call],
        "tools": [*tools],
    }
    exchange = asked({"tools": [tool(pattern)]}, {**answer, "tools": [*tools]})
    return {record.rule: record.outcome for record in engine.lint([exchange], load("openai"))}


@pytest.mark.parametrize(
    ("pattern", "text", "outcome"),
    [
        ("select [a-z]+", "select ships", Outcome.PASSED),
        ("select [a-z]+", "Ships!", Outcome.WARNED),
        ("^(a+)+$", "a" * 200, Outcome.PASSED),
        ("^(a+)+$", "a" * 200 + "!", Outcome.WARNED),
        ("^(a|a)*b$", "a" * 200, Outcome.WARNED),
    ],
)
def test_a_pattern_of_anybody_is_searched_in_linear_time(pattern: str, text: str, outcome: Outcome) -> None:
    assert outcomes(pattern, text)[GRAMMAR] is outcome


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "a{1000}{1000}", "(?=a)b"])
def test_a_pattern_that_our_engine_does_not_know_is_not_judged(pattern: str) -> None:
    assert outcomes(pattern, "text").get(GRAMMAR) not in (Outcome.PASSED, Outcome.WARNED, Outcome.BROKEN)


def test_an_echo_without_the_grammar_is_told_beside_names_that_are_none() -> None:
    plain = {"type": "custom", "name": "query", "format": {"type": "text"}}
    odd = [tool("a", name) for name in ([], {}, None)]
    assert outcomes("a", "a", plain, *odd)[ECHO] is Outcome.WARNED
    assert outcomes("a", "a", tool("a"), *odd)[ECHO] is Outcome.PASSED
