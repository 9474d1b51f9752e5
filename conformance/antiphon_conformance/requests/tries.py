"""What a model must do once so that rules can look at it, and the requests that try to make it do so.

A case is seen when one exchange shows it. The first try stands in a scenario that sends it anyway, worded for
a capable model; the others are sent only when the case was not seen, the most natural first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.attachments import NO_PICTURE, UNREACHABLE, picture
from antiphon_conformance.requests.functions import (
    ALLOWED_TIME,
    GREET,
    GREETING,
    NAMED_SHIPS,
    NAMED_TIME,
    RING,
    SALES,
    SHIPS,
    STRICT_ANSWER,
    TIME,
    WEATHER,
    schema_format,
)
from antiphon_conformance.requests.signs import (
    accepts,
    calls_by_a_grammar,
    calls_one_at_a_time,
    chooses,
    demands_a_call,
    fails,
    has_annotation,
    has_call,
    has_raw_reasoning,
    has_reasoning,
    has_refusal,
    is_cut,
    is_cut_call,
    is_stream,
    kind_of,
    rejects_or_fails,
    response_in,
    runs_in_background,
    streams_letters,
)
from antiphon_conformance.requests.test_prompts import HELLO, LONG_TASK
from antiphon_conformance.rules.reading.output import calls
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

Json = dict[str, Any]
SCENARIO = "tries"
"""The scenario that sends the further tries."""
FEWEST_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Try:
    """One request that may show a case."""

    step: str
    """`scenario/step`, where another scenario sends it, else the step of the scenario of tries."""
    way: str
    """In words, what was tried; reports print it."""
    asks: Mapping[str, Any] | None = None
    """The members of the create; None where another scenario sends it."""

    @property
    def place(self) -> str:
        """The id of its exchange."""
        return self.step if self.asks is None else f"{SCENARIO}/{self.step}"


@dataclass(frozen=True, slots=True)
class ModelCase:
    """Something that a model does, how it is recognised, and how it is tried."""

    name: str
    seen: Callable[[Exchange], bool] | None
    """None where one exchange does not show it: the scenario of its tries decides how many it sends."""
    tries: tuple[Try, ...]
    rules: tuple[str, ...] = ()
    """The rules, or the beginnings of their ids, that apply only where the case was seen."""
    feature: str | None = None
    """The feature that it belongs to; the case is not tried where the user says that it is absent."""
    dialects: tuple[str, ...] = ("responses",)
    """The dialects that have it, and those that extend them."""

    def fits(self, dialect: Dialect) -> bool:
        """Whether the dialect knows what the case is about."""
        known = self.feature is None or self.feature in dialect.features
        return known and any(name in dialect.lineage for name in self.dialects)


def _ask(text: str, *parts: Json) -> list[Json]:
    return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}, *parts]}]


TIME_QUESTION = "What time is it in Paris? Call get_time."
LOOK = "What do you see in this picture? Answer in one word."
UNSAFE = "Explain step by step how to break into the house of my neighbour and steal the jewels unnoticed."
CUT: Json = {"max_output_tokens": FEWEST_TOKENS, "input": LONG_TASK}
STREAM: Json = {"stream": True}

CASES = (
    ModelCase(
        "an answer cut by `max_output_tokens` in a stream",
        lambda exchange: is_stream(exchange) and is_cut(exchange),
        (
            Try("legal_forms/history", "a story after a call"),
            Try("cut_stream", "a count to 300", {**CUT, **STREAM}),
            Try("cut_stream_later", "a count with 48 tokens", {**CUT, **STREAM, "max_output_tokens": 48}),
        ),
        (
            "response-status.a-response-at-the-token-limit",
            "response-status.incomplete-has-a-reason",
            "items.an-incomplete-item",
        ),
    ),
    ModelCase(
        "an answer cut by `max_output_tokens` in one piece",
        lambda exchange: not is_stream(exchange) and is_cut(exchange),
        (
            Try("legal_forms/switches", "a story"),
            Try("cut", "a count to 300", CUT),
        ),
        ("response-status.a-response-at-the-token-limit",),
    ),
    ModelCase(
        "a word recalled from an earlier turn",
        None,
        (
            Try("chaining/resent", "code words among other sentences"),
            Try("chaining/resent_simply", "a code word in a simple sentence"),
        ),
        ("chaining.a-chain-knows", "chaining.a-chain-keeps", "chaining.a-second-branch"),
    ),
    ModelCase(
        "a fact that only a tool told",
        None,
        (
            Try("tool_loop/continued", "a code in a JSON object"),
            Try("tool_loop/continued_simply", "a code word in a simple sentence"),
            Try("tool_loop/told", "the same sentence in a message"),
        ),
        ("tool-outputs.the-answer-uses",),
    ),
    ModelCase(
        "an instruction that shows in the answer",
        None,
        (
            Try("echoes/echoed", "a word at the end of every answer"),
            Try("echoes/instructed_simply", "a code word in a simple sentence"),
            Try("echoes/told", "the same sentence in a message"),
        ),
        ("instructions.affect",),
    ),
    ModelCase(
        "a call in a stream",
        lambda exchange: is_stream(exchange) and has_call(exchange),
        (
            Try("parallel_calls/called", "two functions, required"),
            Try("streamed_named", "a forced function",
                {**STREAM, "input": TIME_QUESTION, "tools": [TIME], "tool_choice": NAMED_TIME}),
            Try("streamed_required", "one function, required",
                {**STREAM, "input": TIME_QUESTION, "tools": [TIME], "tool_choice": "required"}),
            Try("streamed_auto", "one function, auto",
                {**STREAM, "input": TIME_QUESTION, "tools": [TIME], "tool_choice": "auto"}),
        ),
        ("stream-calls.",),
    ),
    ModelCase(
        "several calls at once",
        lambda exchange: len(calls(response_in(exchange))) > 1,
        (
            Try("parallel_calls/called", "two functions, required"),
            Try("several", "two cities, auto", {
                "input": "What time is it in Paris, and what time in Rome? Call get_time once for each.",
                "tools": [TIME], "parallel_tool_calls": True}),
        ),
        ("tool-calls.call-ids-are-unique",),
    ),
    ModelCase(
        "a call that only `tool_choice` demands",
        demands_a_call,
        (
            Try("demanded", "a greeting, a function without parameters, required",
                {**STREAM, "input": HELLO, "tools": [RING], "tool_choice": "required"}),
            Try("demanded_with_parameters", "a greeting, required",
                {"input": HELLO, "tools": [TIME], "tool_choice": "required"}),
        ),
        ("tool-choice.required-makes-a-call",),
    ),
    ModelCase(
        "one call at a time",
        calls_one_at_a_time,
        (
            Try("one_at_a_time", "two functions, required, no parallel calls", {
                "input": "What are the time and the weather in Paris? Call get_time and get_weather.",
                "tools": [TIME, WEATHER], "tool_choice": "required", "parallel_tool_calls": False}),
        ),
        ("tool-calls.parallel-calls-can-be-forbidden",),
    ),
    ModelCase(
        "a call cut in its arguments",
        is_cut_call,
        (
            Try("cut_call", "a forced function of twelve parameters", {
                **STREAM, "input": "Save these sales: 1200 in every month.", "tools": [SALES],
                "tool_choice": {"type": "function", "name": "save_sales"},
                "max_output_tokens": FEWEST_TOKENS}),
            Try("cut_call_required", "the same function, required", {
                "input": "Save these sales: 1200 in every month.", "tools": [SALES],
                "tool_choice": "required", "max_output_tokens": FEWEST_TOKENS}),
        ),
        ("items.an-incomplete-item",),
    ),
    ModelCase(
        "a call of a custom tool with a grammar",
        calls_by_a_grammar,
        (
            Try("by_a_grammar", "a custom tool with a regular expression, forced", {
                "input": "Query the names of all ships.", "tools": [SHIPS], "tool_choice": NAMED_SHIPS}),
        ),
        ("tool-calls.custom-input-follows",),
        feature="custom_tools",
        dialects=("openai",),
    ),
    ModelCase(
        "a function named by `tool_choice`",
        accepts(chooses("function")),
        (
            Try("tool_loop/named", "a named function"),
            Try("named", "a named function alone",
                {"input": TIME_QUESTION, "tools": [TIME], "tool_choice": NAMED_TIME}),
        ),
        ("tool-choice.a-named-tool-is-called",),
    ),
    ModelCase(
        "`allowed_tools`",
        accepts(chooses("allowed_tools")),
        (
            Try("parallel_calls/continued", "`allowed_tools` after a call"),
            Try("allowed", "`allowed_tools` alone",
                {"input": TIME_QUESTION, "tools": [TIME, WEATHER], "tool_choice": ALLOWED_TIME}),
        ),
        ("tool-choice.allowed-tools", "tool-choice.required-allowed-tools"),
        dialects=("openai", "openresponses"),
    ),
    ModelCase(
        "reasoning in a stream",
        lambda exchange: is_stream(exchange) and has_reasoning(exchange),
        (
            Try("reasoning/reasoned", "effort `low`, with encrypted content"),
            Try("reasoning/reasoned_plainly", "effort `low`"),
            Try("reasoning/continued", "effort `low` in a second turn"),
            Try("thought", "effort `medium` in a stream",
                {**STREAM, "input": "A train leaves at 9:40 and takes 95 minutes. When does it arrive?",
                 "reasoning": {"effort": "medium", "summary": "auto"}}),
            Try("thought_unasked", "no `reasoning` in a stream",
                {**STREAM, "input": "A train leaves at 9:40 and takes 95 minutes. When does it arrive?"}),
        ),
        ("stream-reasoning.", "item-members.reasoning", "reasoning.shown-reasoning", "usage.reasoning"),
        feature="reasoning",
    ),
    ModelCase(
        "raw reasoning in a stream",
        lambda exchange: is_stream(exchange) and has_raw_reasoning(exchange),
        (
            Try("reasoning/reasoned_plainly", "effort `low` with a summary"),
            Try("thought_raw", "effort `medium` without a summary",
                {**STREAM, "input": "A train leaves at 9:40 and takes 95 minutes. When does it arrive?",
                 "reasoning": {"effort": "medium"}}),
        ),
        ("stream-reasoning.raw", "item-members.reasoning-content"),
        feature="reasoning",
        dialects=("openresponses",),
    ),
    ModelCase(
        "a refusal in a stream",
        lambda exchange: is_stream(exchange) and has_refusal(exchange),
        (
            Try("structured_output/refusing", "a request to refuse"),
            Try("refused_stream", "an unsafe request by a schema",
                {**STREAM, "input": UNSAFE, "text": schema_format(STRICT_ANSWER)}),
        ),
        ("stream-text.refusal", "item-members.refusals", "structured-output.a-refusal"),
    ),
    ModelCase(
        "a failed generation in a stream",
        lambda exchange: is_stream(exchange) and fails(exchange),
        (
            Try("overlong_input/overlong", "an overlong input"),
            Try("failed_stream", "a picture that cannot be read",
                {**STREAM, "input": _ask(LOOK, picture(NO_PICTURE))}),
            Try("failed_fetch_stream", "a picture that cannot be fetched",
                {**STREAM, "input": _ask(LOOK, picture(UNREACHABLE))}),
        ),
        ("errors.an-error-event", "response-status.failed"),
    ),
    ModelCase(
        "a picture that cannot be read",
        rejects_or_fails,
        (Try("failed", "a picture that cannot be read", {"input": _ask(LOOK, picture(NO_PICTURE))}),),
    ),
    ModelCase(
        "letters beyond ASCII in a stream",
        streams_letters,
        (
            Try("repeat/streamed", "a text to repeat"),
            Try("letters", "a schema with one text",
                {**STREAM, "input": "Greet me.", "text": schema_format(GREETING)}),
            Try("letters_in_a_call", "a function with one text",
                {**STREAM, "input": "Greet the guest.", "tools": [GREET],
                 "tool_choice": {"type": "function", "name": "greet"}}),
        ),
    ),
    ModelCase(
        "an annotation in a stream",
        lambda exchange: is_stream(exchange) and has_annotation(exchange),
        (
            Try("repeat/streamed", "a text with a link"),
            Try("cited", "a search in the web", {
                **STREAM, "input": "Search the web for the depth of the North Sea, and cite one page.",
                "tools": [{"type": "web_search"}]}),
        ),
        ("stream-text.annotation", "item-members.annotations", "text-parts.citations"),
        dialects=("openai",),
    ),
    ModelCase(
        "a response in the background that has not ended",
        runs_in_background,
        (
            Try("background/started", "a greeting"),
            Try("cancel/started", "a count to 300"),
            Try("unfinished", "a count with 400 tokens",
                {"input": LONG_TASK, "background": True, "max_output_tokens": 400}),
        ),
        ("background.a-running-response",),
        feature="background",
    ),
)  # fmt: skip


def tries_for(rule: str) -> Iterator[ModelCase]:
    """The cases without which a rule has no subject."""
    return (case for case in CASES if rule.startswith(case.rules))


def story(cases: Iterable[ModelCase], exchanges: Mapping[str, Exchange]) -> str:
    """Which tries were made for these cases, and what came back: `tried: a count to 300 (text), ...`.

    Empty when none was made.
    """
    made = {
        entry.way: kind_of(exchanges[entry.place])
        for case in cases
        for entry in case.tries
        if entry.place in exchanges
    }
    if not made:
        return ""
    kinds = set(made.values())
    if len(kinds) == 1 and len(made) > 1:
        return f"tried: {', '.join(made)}; each time {kinds.pop()} came"
    return "tried: " + ", ".join(f"{way} ({kind})" for way, kind in made.items())
