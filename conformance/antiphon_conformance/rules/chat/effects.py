"""What the members of a chat do: it streams, calls the named tool, and keeps to a schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import show
from antiphon_conformance.rules.reading.chat import calls_of
from antiphon_conformance.rules.reading.client_schema import misfits, structure
from antiphon_conformance.rules.reading.comparison import expect_rejection, succeeded, took_place
from antiphon_conformance.rules.reading.output import member, objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace, completion_of

SCENARIO = "chat_completions"
CALLS = ("called", "called_in_a_stream")


def _answers(trace: ScenarioTrace, *names: str) -> Iterator[tuple[Exchange, Any]]:
    """(exchange, completion) of these steps, as far as they succeeded."""
    for name in names:
        if name in trace and trace[name].ok and (completion := completion_of(trace[name])):
            yield trace[name], completion


@rule(
    "chat.a-stream-is-streamed", ScenarioTrace, scenario=SCENARIO, cites="CHT-15", when=succeeded("streamed")
)
def a_stream_is_streamed(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat with `stream: true` is answered by a stream."""
    if trace["streamed"].answer.stream is None:
        yield Finding("reply.body", "a stream of chunks", "one document", trace["streamed"].id)


@rule(
    "chat.a-named-tool-is-called",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-16",
    when=lambda trace: any(_answers(trace, *CALLS)),
    needs="a chat whose `tool_choice` names a tool",
)
def a_named_tool_is_called(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat whose `tool_choice` names a function is answered by a call of it."""
    for exchange, completion in _answers(trace, *CALLS):
        wanted = member(exchange.request.body, "tool_choice", "function", "name")
        names = [member(call, "function", "name") for _, _, call in calls_of(completion)]
        if wanted not in names:
            yield Finding("reply", f"a call of {wanted}", f"calls of {show(names)}", exchange.id)


@rule(
    "chat.the-answer-to-a-call-is-accepted",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-17",
    when=took_place("answered"),
    needs="a call in a chat",
)
def the_answer_to_a_call_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat with a call and the answer of the tool to it is accepted."""
    answered = trace["answered"]
    if 400 <= answered.answer.status < 500:
        yield Finding("reply.status", "200", str(answered.answer.status), answered.id)


@rule(
    "chat.an-answer-keeps-to-its-schema",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-18",
    when=lambda trace: any(_texts(trace)),
    needs="a text by a strict schema",
)
def an_answer_keeps_to_its_schema(trace: ScenarioTrace) -> Iterator[Finding]:
    """A text by a strict schema is JSON that the schema allows."""
    for exchange, place, text in _texts(trace):
        schema = member(exchange.request.body, "response_format", "json_schema", "schema")
        try:
            faults = misfits(json.loads(text), structure(schema))
        except ValueError:
            faults = ["no JSON"]
        for fault in faults:
            yield Finding(f"reply.body/{place}", "JSON by the schema", f"{show(text)}: {fault}", exchange.id)


def _texts(trace: ScenarioTrace) -> Iterator[tuple[Exchange, str, str]]:
    """(exchange, place, text) of each whole answer by a schema."""
    for exchange, completion in _answers(trace, "structured"):
        for index, choice in objects(completion.get("choices")):
            text = member(choice, "message", "content")
            is_refusal = bool(member(choice, "message", "refusal"))
            if choice.get("finish_reason") == "stop" and isinstance(text, str) and not is_refusal:
                yield exchange, f"choices/{index}/message/content", text


@rule(
    "chat.messages-are-required",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-19",
    when=took_place("without_messages"),
)
def messages_are_required(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat without messages is rejected."""
    yield from expect_rejection(trace["without_messages"], "a 4xx, since `messages` is missing")
