"""The turn after a call: the server accepts, matches and uses the client's outputs."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import named, show
from antiphon_conformance.requests.test_prompts import TOOL_RESULT
from antiphon_conformance.requests.unusual import odd
from antiphon_conformance.rules.reading.chains import unless_run_forgets
from antiphon_conformance.rules.reading.comparison import (
    CLIENT_ERROR,
    SUCCESS,
    expect_ok,
    expect_status,
    says,
    succeeded,
)
from antiphon_conformance.rules.reading.output import answered, refusals, text_of, value_at
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import AnyReply, ScenarioTrace


@rule(
    "tool-outputs.output-items-are-accepted-as-input",
    ScenarioTrace,
    scenario="tool_loop",
    cites=("ITM-28", "TOOL-18"),
    when=lambda trace: "continued" in trace,
)
def output_items_are_accepted_as_input(trace: ScenarioTrace) -> Iterator[Finding]:
    """A server accepts its output items as input, also with items between a call and its output."""
    yield from expect_ok(trace["continued"], "200, because the server itself wrote these items")


CONTINUATIONS = ("continued", "continued_simply")
"""The steps that send an output which no model knows without it."""


def _can_tell(trace: ScenarioTrace) -> bool:
    """Whether an answer uses the output, or the model tells the same fact when a message tells it."""
    answers = [trace[step] for step in (*CONTINUATIONS, "told") if step in trace]
    return succeeded("continued")(trace) and any(says(answer, TOOL_RESULT) for answer in answers)


@rule(
    "tool-outputs.the-answer-uses-the-output",
    ScenarioTrace,
    scenario="tool_loop",
    cites="TOOL-20",
    when=_can_tell,
    needs="a model that repeats a fact that it was told",
)
def the_answer_uses_the_output(trace: ScenarioTrace) -> Iterator[Finding]:
    """The answer after a call uses the output of the tool."""
    answers = [trace[step] for step in CONTINUATIONS if succeeded(step)(trace)]
    if any(says(answer, TOOL_RESULT) for answer in answers):
        return
    response = answered(answers[-1])
    text = text_of(response)
    if text or not any(refusals(response)):
        expected = f"a text that contains {TOOL_RESULT}"
        yield Finding("reply.body/output", expected, named("text", text), answers[-1].id)


@rule(
    "tool-outputs.empty-outputs-and-parts-are-accepted",
    ScenarioTrace,
    scenario="parallel_calls",
    cites="TOOL-19",
    when=unless_run_forgets(lambda _trace: True),
)
def empty_outputs_and_parts_are_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A server accepts an empty string and a list of content parts as the output of a tool."""
    if "continued_plainly" in trace and "continued_whole" not in trace and not trace["continued_plainly"].ok:
        return
    step = next(filter(trace.__contains__, ("continued_whole", "continued_freely")), "continued")
    yield from expect_ok(trace[step], "200, because empty strings and parts are valid outputs")


@rule(
    "tool-outputs.an-output-without-a-call-is-rejected",
    AnyReply,
    cites="TOOL-16",
    when=odd("an_output_without_a_call"),
    needs="a request with an output without its call",
    reads=REJECTION,
)
def an_output_without_a_call_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """A `function_call_output` whose `call_id` matches no call in the context is rejected."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx status, because no call has this call_id")


@rule(
    "tool-outputs.outputs-are-matched-by-call-id-only",
    AnyReply,
    cites="TOOL-30",
    when=odd("an_output_matched_by_id"),
    needs="a request with an output that names an item id",
    reads=REJECTION,
)
def outputs_are_matched_by_call_id_only(answer: AnyReply) -> Iterator[Finding]:
    """An output with the item id of a call as its `call_id` is rejected."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx status, because the id is no call_id")


@rule(
    "tool-outputs.a-call-without-an-output-is-rejected",
    AnyReply,
    cites="TOOL-17",
    when=odd("a_call_without_an_output"),
    needs="a request with a call without its output",
    reads=REJECTION,
)
def a_call_without_an_output_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """A context with a `function_call` that has no output is rejected."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx status, because the call has no output")


@rule("tool-outputs.custom-output-is-accepted", ScenarioTrace, scenario="custom_tool", cites="TOOL-24")
def custom_output_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A server accepts a `custom_tool_call_output` for a call of a custom tool."""
    yield from expect_ok(trace["continued"], "200, because the output belongs to the call")


@rule(
    "tool-outputs.two-functions-of-one-name-break-nothing",
    AnyReply,
    cites="TOOL-29",
    when=odd("two_functions_of_one_name"),
    needs="a request with two functions of one name",
)
def two_functions_of_one_name_break_nothing(answer: AnyReply) -> Iterator[Finding]:
    """A server accepts or rejects two functions of one name, and does not break.

    No document says which of both it does.
    """
    yield from expect_status(answer.exchange, (*SUCCESS, *CLIENT_ERROR), "200 or a 4xx status")


@rule(
    "tool-outputs.a-strict-tool-with-further-properties-is-rejected",
    AnyReply,
    cites="TOOL-27",
    when=odd("a_loose_strict_function"),
    needs="a request with a strict function whose schema allows further properties",
    reads=REJECTION,
)
def a_strict_tool_with_further_properties_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """A strict function whose schema allows further properties is rejected.

    The server checks the schema even when `tool_choice` forbids all calls.
    """
    exchange = answer.exchange
    yield from expect_status(exchange, (400,), "400, because a strict schema forbids further properties")
    code = value_at(exchange.answer.fields, "error", "code")
    if exchange.answer.status == 400 and code != "invalid_function_parameters":
        yield Finding("reply.body/error/code", "invalid_function_parameters", show(code), exchange.id)
