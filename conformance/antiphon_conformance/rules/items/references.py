"""`item_reference`: the input names a stored item instead of its content."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import named
from antiphon_conformance.requests.test_prompts import FIRST_WORD
from antiphon_conformance.requests.unusual import odd
from antiphon_conformance.rules.reading.comparison import (
    expect_ok,
    expect_rejection,
    knows,
    says,
    took_place,
)
from antiphon_conformance.rules.reading.output import text_of
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import AnyReply, ScenarioTrace


def _step(trace: ScenarioTrace) -> str:
    """The create with an `item_reference`: with `type` if the short form without it was rejected."""
    return "referenced_by_type" if "referenced_by_type" in trace else "referenced"


@rule(
    "item-references.a-stored-item-is-accepted",
    ScenarioTrace,
    scenario="chaining",
    cites="STA-26",
    when=took_place("referenced"),
)
def a_stored_item_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """An `item_reference` to an output item of a stored response is accepted as input."""
    yield from expect_ok(trace[_step(trace)], "200, since the server has just stored the item")


def _has_told(trace: ScenarioTrace) -> bool:
    """Whether the referenced item has the code word."""
    return any(step in trace and says(trace[step], FIRST_WORD) for step in ("told", "recalled"))


@rule(
    "item-references.the-model-sees-the-item",
    ScenarioTrace,
    scenario="chaining",
    cites="STA-26",
    when=lambda trace: took_place("referenced")(trace) and trace[_step(trace)].ok and _has_told(trace),
    needs="a model that repeats the code word in the referenced item",
)
def the_model_sees_the_item(trace: ScenarioTrace) -> Iterator[Finding]:
    """The model sees the content of the item that an `item_reference` names.

    What it does not know from the text of the item either says nothing about the reference.
    """
    exchange = trace[_step(trace)]
    is_known_in_full = "told_in_full" not in trace or says(trace["told_in_full"], FIRST_WORD)
    if is_known_in_full and not knows(trace, _step(trace), FIRST_WORD):
        expected = f"the code word {FIRST_WORD}, as in the referenced item"
        yield Finding("reply.body/output", expected, named("text", text_of(exchange.response)), exchange.id)


@rule(
    "item-references.an-unknown-item-is-rejected",
    AnyReply,
    cites=("REQ-83", "REQ-25"),
    when=odd("a_reference_to_nothing"),
    needs="an `item_reference` to an unknown item",
    reads=REJECTION,
)
def an_unknown_item_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """An `item_reference` that names no stored item is rejected with a 4xx status.

    A server that drops it changes the conversation; a 5xx makes clients repeat the request.
    """
    yield from expect_rejection(answer.exchange, "a 4xx, since no item has this id")
