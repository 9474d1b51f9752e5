"""The input of a custom tool's call: bare text, in the tool's grammar if it has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import show
from antiphon_conformance.rules.reading.comparison import expect_ok
from antiphon_conformance.rules.reading.output import member, parse_json
from antiphon_conformance.rules.reading.request import tools_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Item, ScenarioTrace
from antiphon_spec.loading.search import Search

WRAPPER = "input"
"""The parameter of the function that gateways put in the place of a custom tool."""


def _tool_of(item: Item) -> Mapping[str, Any]:
    """The custom tool that a call names; empty when the request does not show it."""
    name = item.object.get("name")
    return next((tool for tool in tools_of(item) if tool.get("name") == name), {})


def _calls_its_tool(item: Item) -> bool:
    is_call = item.type == "custom_tool_call" and isinstance(item.object.get("input"), str)
    return bool(is_call and _tool_of(item).get("type") == "custom")


def _takes_plain_text(item: Item) -> bool:
    return _calls_its_tool(item) and "json" not in str(_tool_of(item)).lower()


@rule(
    "tool-calls.custom-input-is-not-wrapped",
    Item,
    cites="TOOL-47",
    when=_takes_plain_text,
    needs="a call of a custom tool that does not ask for JSON",
    reads={Part.TEXTS},
)
def custom_input_is_not_wrapped(item: Item) -> Iterator[Finding]:
    """The `input` of a custom tool's call is the bare text, and no JSON object around it.

    Gateways offer the model a function with one parameter `input`, and pass its arguments on: the client runs
    them as the text.
    """
    text = item.object["input"]
    value = parse_json(text) if text.lstrip().startswith("{") else None
    if isinstance(value, dict) and [*value] == [WRAPPER] and isinstance(value[WRAPPER], str):
        yield Finding(f"{item.where}/input", f"the text {show(value[WRAPPER])}", show(text))


def _pattern_of(item: Item) -> str | None:
    """The regular expression of a call's tool; None where our engine might read it otherwise than the
    server's."""
    form = _tool_of(item).get("format")
    pattern = member(form, "definition") if member(form, "syntax") == "regex" else None
    if not isinstance(pattern, str) or "(?" in pattern or "\\" in pattern:
        return None
    return pattern if Search(pattern).is_known else None


def _follows_a_pattern(item: Item) -> bool:
    is_whole = item.response.get("status") == "completed" and item.object.get("status") != "incomplete"
    return is_whole and _calls_its_tool(item) and _pattern_of(item) is not None


@rule(
    "tool-calls.custom-input-follows-the-grammar",
    Item,
    cites="TOOL-48",
    when=_follows_a_pattern,
    needs="a call of a custom tool with a regular expression",
    reads={Part.TEXTS},
)
def custom_input_follows_the_grammar(item: Item) -> Iterator[Finding]:
    """The `input` of a call holds what the regular expression of its custom tool demands.

    A client parses the text by its grammar: one who drops the grammar sends it what it cannot read.
    """
    pattern = _pattern_of(item)
    if pattern is not None and not Search(pattern).finds(item.object["input"]):
        yield Finding(f"{item.where}/input", f"a text like {show(pattern)}", show(item.object["input"]))


def _answers_about_the_grammar(trace: ScenarioTrace) -> bool:
    """Whether the request was accepted, or rejected in words about the format: some servers take no custom
    tool at all."""
    if "by_a_grammar" not in trace:
        return False
    answer = trace["by_a_grammar"]
    return answer.ok or any(word in str(answer.answer.fields).lower() for word in ("grammar", "format"))


@rule(
    "tool-calls.a-grammar-is-accepted",
    ScenarioTrace,
    scenario="tries",
    cites="TOOL-49",
    when=_answers_about_the_grammar,
    needs="an answer to a request whose custom tool has a grammar",
)
def a_grammar_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A custom tool may have a grammar for its input.

    Codex describes its patches so; without the grammar it has no tool to edit files.
    """
    yield from expect_ok(trace["by_a_grammar"], "200, because a custom tool may have a grammar")
