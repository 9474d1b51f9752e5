"""The turn after a call: the server accepts, matches and uses the client's outputs."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import answered, text_of, value_at
from antiphon_conformance.oddities import odd
from antiphon_conformance.parity import CLIENT_ERROR, expect_status
from antiphon_conformance.prompts import TOOL_RESULT
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered, Scene
from antiphon_conformance.text import show


def _expect_ok(scene: Scene, step: str, expected: str) -> Iterator[Finding]:
    yield from expect_status(scene[step], (200,), expected)


@rule(Scene, scenario="tool_loop", cites=("ITM-28", "TOOL-18"), when=lambda scene: "continued" in scene)
def output_items_are_accepted_as_input(scene: Scene) -> Iterator[Finding]:
    """A server accepts its output items as input, also with items between a call and its output."""
    yield from _expect_ok(scene, "continued", "200, because the server itself wrote these items")


def _has_continuation(scene: Scene) -> bool:
    return "continued" in scene and scene["continued"].ok


@rule(Scene, scenario="tool_loop", cites="TOOL-20", when=_has_continuation)
def model_reads_the_output(scene: Scene) -> Iterator[Finding]:
    """The answer after a call uses the output of the tool."""
    text = text_of(answered(scene["continued"]))
    if TOOL_RESULT not in text:
        expected = f"a text that contains {TOOL_RESULT}"
        yield Finding("reply.body/output", expected, show(text), scene["continued"].id)


@rule(Scene, scenario="parallel_calls", cites="TOOL-19")
def empty_outputs_and_parts_are_accepted(scene: Scene) -> Iterator[Finding]:
    """A server accepts an empty string and a list of content parts as the output of a tool."""
    step = "continued_freely" if "continued_freely" in scene else "continued"
    yield from _expect_ok(scene, step, "200, because empty strings and parts are valid outputs")


@rule(
    Answered,
    cites="TOOL-16",
    when=odd("an_output_without_a_call"),
    needs="a request with an output without its call",
)
def output_without_a_call_is_refused(answer: Answered) -> Iterator[Finding]:
    """A `function_call_output` whose `call_id` matches no call in the context is rejected."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx status, because no call has this call_id")


@rule(
    Answered,
    cites="TOOL-13",
    when=odd("an_output_matched_by_id"),
    needs="a request with an output that names an item id",
)
def outputs_are_matched_by_call_id_only(answer: Answered) -> Iterator[Finding]:
    """An output with the item id of a call as its `call_id` is rejected."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx status, because the id is no call_id")


@rule(
    Answered,
    cites="TOOL-17",
    when=odd("a_call_without_an_output"),
    needs="a request with a call without its output",
)
def call_without_an_output_is_refused(answer: Answered) -> Iterator[Finding]:
    """A context with a `function_call` that has no output is rejected."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx status, because the call has no output")


@rule(Scene, scenario="custom_tool", cites="TOOL-24")
def custom_output_is_accepted(scene: Scene) -> Iterator[Finding]:
    """A server accepts a `custom_tool_call_output` for a call of a custom tool."""
    yield from _expect_ok(scene, "continued", "200, because the output belongs to the call")


@rule(
    Answered,
    cites="TOOL-29",
    when=odd("two_functions_of_one_name"),
    needs="a request with two functions of one name",
)
def same_name_twice_is_decided(answer: Answered) -> Iterator[Finding]:
    """A server accepts or rejects two functions of one name, and does not break.

    No document says which of both it does.
    """
    yield from expect_status(answer.exchange, (200, *CLIENT_ERROR), "200 or a 4xx status")


@rule(
    Answered,
    cites="TOOL-27",
    when=odd("a_loose_strict_function"),
    needs="a request with a strict function whose schema allows further properties",
)
def strict_tool_with_a_loose_schema_is_refused(answer: Answered) -> Iterator[Finding]:
    """A strict function whose schema allows further properties is rejected.

    The server checks the schema even when `tool_choice` forbids all calls.
    """
    exchange = answer.exchange
    yield from expect_status(exchange, (400,), "400, because a strict schema forbids further properties")
    code = value_at(exchange.answer.fields, "error", "code")
    if exchange.answer.status == 400 and code != "invalid_function_parameters":
        yield Finding("reply.body/error/code", "invalid_function_parameters", show(code), exchange.id)
