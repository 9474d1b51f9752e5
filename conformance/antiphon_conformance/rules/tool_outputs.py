"""The turn after a call: the client's outputs are taken, matched and read."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import answered, text_of
from antiphon_conformance.oddities import odd
from antiphon_conformance.parity import CLIENT_ERROR, expect_status
from antiphon_conformance.prompts import TOOL_RESULT
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered, Scene
from antiphon_conformance.text import show


def _accepted(scene: Scene, step: str, expected: str) -> Iterator[Finding]:
    yield from expect_status(scene[step], (200,), expected)


@rule(Scene, scenario="tool_loop", cites=("ITM-28", "TOOL-18"), when=lambda scene: "continued" in scene)
def output_items_are_accepted_as_input(scene: Scene) -> Iterator[Finding]:
    """The items of an output are accepted as input, even with others between a call and its output."""
    yield from _accepted(scene, "continued", "200, since the server itself wrote these items")


def _continued(scene: Scene) -> bool:
    return "continued" in scene and scene["continued"].ok


@rule(Scene, scenario="tool_loop", cites="TOOL-20", when=_continued)
def model_reads_the_output(scene: Scene) -> Iterator[Finding]:
    """The answer after a call depends on the output that the tool gave."""
    said = text_of(answered(scene["continued"]))
    if TOOL_RESULT not in said:
        yield Finding(
            "reply.body/output", f"a text that contains {TOOL_RESULT}", show(said), scene["continued"].id
        )


@rule(Scene, scenario="parallel_calls", cites="TOOL-19")
def empty_outputs_and_parts_are_accepted(scene: Scene) -> Iterator[Finding]:
    """A tool output may be an empty string, or a list of content parts."""
    freely = "continued_freely" in scene
    step = "continued_freely" if freely else "continued"
    yield from _accepted(scene, step, "200, since empty strings and parts are legal outputs")


@rule(Answered, cites="TOOL-16", when=odd("an_output_without_a_call"), needs="an output without its call")
def output_without_a_call_is_refused(answer: Answered) -> Iterator[Finding]:
    """A `function_call_output` whose `call_id` no call in the context has is refused."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx, since no call has this call_id")


@rule(
    Answered, cites="TOOL-13", when=odd("an_output_matched_by_id"), needs="an output that names an item's id"
)
def outputs_are_matched_by_call_id_only(answer: Answered) -> Iterator[Finding]:
    """An output that names a call's item id as its `call_id` matches no call."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx, since the id is no call_id")


@rule(Answered, cites="TOOL-17", when=odd("a_call_without_an_output"), needs="a call without its output")
def call_without_an_output_is_refused(answer: Answered) -> Iterator[Finding]:
    """A context with a `function_call` that was left without an output is refused."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx, since the call has no output")


@rule(Scene, scenario="custom_tool", cites="TOOL-24")
def custom_output_is_accepted(scene: Scene) -> Iterator[Finding]:
    """A `custom_tool_call_output` answers a call of a custom tool."""
    yield from _accepted(scene, "continued", "200, since the output belongs to the call")


@rule(Answered, cites="TOOL-29", when=odd("two_functions_of_one_name"), needs="two functions of one name")
def same_name_twice_is_decided(answer: Answered) -> Iterator[Finding]:
    """Two functions of one name are either taken or refused: no document says which, but nothing breaks."""
    yield from expect_status(answer.exchange, (200, *CLIENT_ERROR), "200 or a 4xx")


@rule(Answered, cites="TOOL-27", when=odd("a_loose_strict_function"), needs="a strict function that is loose")
def strict_tool_with_a_loose_schema_is_refused(answer: Answered) -> Iterator[Finding]:
    """A strict function whose schema allows further properties is refused, even if it cannot be called."""
    refused = answer.exchange
    yield from expect_status(refused, (400,), "400, since a strict schema forbids further properties")
    error = refused.answer.fields.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if refused.answer.status == 400 and code != "invalid_function_parameters":
        yield Finding("reply.body/error/code", "invalid_function_parameters", show(code), refused.id)
