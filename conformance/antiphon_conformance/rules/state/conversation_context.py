"""A conversation is the same context as the whole history in one request: its order, its tokens, its calls.

`rules/state/chaining.py` says the same of chains, so that a chain, a conversation and a history agree.
"""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import named, show
from antiphon_conformance.rules.reading.chains import ORDERS
from antiphon_conformance.rules.reading.comparison import (
    answers,
    expect_ok,
    input_tokens,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import answered, text_of, value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.state.conversations import SCENARIO, unless_forgotten
from antiphon_conformance.rules.state.input_items import page_items, roles_and_texts
from antiphon_conformance.rules.views import ScenarioTrace


def _history_was_sent(trace: ScenarioTrace) -> bool:
    return unless_forgotten(trace, "asked", "resent")


def _knows_the_order(trace: ScenarioTrace) -> bool:
    """Whether the model names the newer colour alone when it gets the whole history."""
    return _history_was_sent(trace) and ORDERS[0].shows(trace["resent"])


@rule(
    "conversations.a-conversation-keeps-the-order-of-its-turns",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("CNV-08", "STA-19"),
    when=_knows_the_order,
    needs="a model that names the newer colour when it gets the whole history",
)
def a_conversation_keeps_the_order_of_its_turns(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response in a conversation reads its items, oldest first, then the new input."""
    question, order = trace["asked"], ORDERS[0]
    if not any(map(order.shows, answers(trace, "asked"))):
        expected = f"{order.newer}, from the later turn, and not {order.older}"
        yield Finding("reply.body/output", expected, named("text", text_of(question.response)), question.id)


@rule(
    "conversations.a-conversation-counts-its-whole-history",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CNV-15",
    when=_history_was_sent,
)
def a_conversation_counts_its_whole_history(trace: ScenarioTrace) -> Iterator[Finding]:
    """`usage.input_tokens` of a response in a conversation is about that of the whole history.

    The count shows whether the conversation reached the model, whatever the model says.
    """
    within, whole = input_tokens(trace["asked"]), input_tokens(trace["resent"])
    if 2 * within < whole:
        expected = f"about {whole}, as for the whole history"
        actual = show(value_at(answered(trace["asked"]), "usage", "input_tokens"))
        yield Finding("reply.body/usage/input_tokens", expected, actual, trace["asked"].id)


@rule(
    "conversations.input-items-agree-with-the-history",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="INP-24",
    when=succeeded("asked", "resent", "asked_items"),
    needs="a list of the input items of a response in a conversation",
)
def input_items_agree_with_the_history(trace: ScenarioTrace) -> Iterator[Finding]:
    """Input items in a conversation have the new input, in the order of the history.

    They may be the new input alone, or have earlier items, too; what is not of the history is not compared.
    """
    page = trace["asked_items"]
    history = roles_and_texts(trace["resent"].request.fields["input"])
    items = [item for item in roles_and_texts(page_items(page)) if item in history]
    places = iter(history)
    is_in_order = all(item in places for item in items)
    if not is_in_order or history[-1] not in items:
        expected = f"{show(history[-1])}, after what is shown of {show(history[:-1])}"
        yield Finding("reply.body/data", expected, named("messages", items), page.id)


@rule(
    "conversations.a-call-is-continued-by-its-output-alone",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CNV-16",
    when=took_place("answered"),
    needs="a model that calls the tool that it is forced to call",
)
def a_call_is_continued_by_its_output_alone(trace: ScenarioTrace) -> Iterator[Finding]:
    """In a conversation the output of a call is accepted alone, without the call.

    The conversation has the call already; agent loops send only what is new.
    """
    yield from expect_ok(trace["answered"], "200, since the conversation has the call")
