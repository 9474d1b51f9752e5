"""The input reaches the model whole: every message and part, in no more tokens than it has bytes."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import named, show
from antiphon_conformance.requests.test_prompts import FIRST_WORD, NEW_COLOUR, SECOND_WORD, THIRD_WORD
from antiphon_conformance.rules.reading.comparison import MARGIN, knows
from antiphon_conformance.rules.reading.output import answered, member, number, text_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace

SCENARIO = "whole_input"
WORDS = {
    FIRST_WORD: "the system message",
    SECOND_WORD: "the first part",
    NEW_COLOUR: "the second part",
    THIRD_WORD: "the developer message",
}
"""A word -> where in the list it stands."""


def _knows(trace: ScenarioTrace, step: str) -> set[str]:
    """The words that the answer of a step repeats, or the answer to the same asked again."""
    return {word for word in WORDS if knows(trace, step, word)}


def _list(trace: ScenarioTrace) -> str:
    """The step that sends the list: without the developer's message, where the server rejects that role."""
    return "in_fewer_roles" if "in_fewer_roles" in trace else "in_parts"


def _repeats_a_text(trace: ScenarioTrace) -> bool:
    steps = ("one_text", _list(trace))
    return all(step in trace and trace[step].ok for step in steps) and bool(_knows(trace, "one_text"))


@rule(
    "requests.every-part-of-the-input-reaches-the-model",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="REQ-86",
    when=_repeats_a_text,
    needs="a model that repeats a fact of its input",
)
def every_part_of_the_input_reaches_the_model(trace: ScenarioTrace) -> Iterator[Finding]:
    """The model knows from a list of messages and parts what it knows from one text.

    Servers that read only the last message, only the first part, or only the user answer beside the point.
    """
    step = _list(trace)
    unsent = {THIRD_WORD} if step == "in_fewer_roles" else set()
    for word in sorted(_knows(trace, "one_text") - _knows(trace, step) - unsent):
        actual = named("text", text_of(answered(trace[step])))
        where = "reply.body/output"
        yield Finding(where, f"{word}, from {WORDS[word]} of the input", actual, trace[step].id)


def _tokens(trace: ScenarioTrace, step: str) -> int | float | None:
    return number(member(answered(trace[step]), "usage", "input_tokens"))


def _length(trace: ScenarioTrace, step: str) -> int:
    return len(str(trace[step].request.fields.get("input")).encode())


def _counts(trace: ScenarioTrace) -> bool:
    steps = ("short", "one_text")
    return all(step in trace and trace[step].ok and _tokens(trace, step) is not None for step in steps)


@rule(
    "usage.input-tokens-fit-the-input",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="RES-62",
    when=_counts,
    needs="answers with `usage.input_tokens`",
)
def input_tokens_fit_the_input(trace: ScenarioTrace) -> Iterator[Finding]:
    """A longer text counts more input tokens than a short one, and at most one for each byte.

    A constant is no count; and a server that sends each letter as a message pays for thousands.
    """
    short, long = _tokens(trace, "short") or 0, _tokens(trace, "one_text") or 0
    further = _length(trace, "one_text") - _length(trace, "short")
    where, identity = "reply.body/usage/input_tokens", trace["one_text"].id
    if long <= short:
        yield Finding(where, f"more than {show(short)}, for {further} bytes more", show(long), identity)
    if long > short + further + MARGIN:
        expected = f"at most {show(short + further + MARGIN)}, for {further} bytes more"
        yield Finding(where, expected, show(long), identity)
