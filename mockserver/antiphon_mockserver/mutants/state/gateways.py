"""Servers in front of another API that lose parameters on the way, or add demands of that API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import with_check
from antiphon_mockserver.response.plan import Context, Item, Plan
from antiphon_mockserver.response.tokens import CONTEXT_WINDOW
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Record, RequestDetails

SEAM = "state"
LOST: tuple[tuple[str, str, str], ...] = (
    ("instructions", "instructions", "instructions.affect-the-answer echo.instructions-comes-back"),
    ("tools", "tools tool_choice", "tool-choice.required-makes-a-call echo-tools.tools-come-back"),
    ("tool_choice", "tool_choice", "tool-choice.none-makes-no-call echo.tool-choice-comes-back"),
    ("parallel_tool_calls", "parallel_tool_calls", "echo.parallel-tool-calls-comes-back"),
)
"""Name, the parameters that the server loses, the rules that notice."""


def _losing(*names: str) -> Callable[[Behaviour], Behaviour]:
    """The server behaves as if these parameters had not been sent."""

    def mutate(behaviour: Behaviour) -> Behaviour:
        def ignore_unknown(details: RequestDetails) -> Mapping[str, Any]:
            return {
                name: value
                for name, value in behaviour.requests.ignore_unknown(details).items()
                if name not in names
            }

        return replace(behaviour, requests=replace(behaviour.requests, ignore_unknown=ignore_unknown))

    return mutate


for _name, _names, _rules in LOST:
    add(
        SEAM,
        f"forgets_{_name}_on_the_way",
        f"Does not send `{_name}` to the model and does not repeat it.",
        tuple(_rules.split()),
        _losing(*_names.split()),
    )


@mutant("state.rejects-requests-without-stream", caught_by="requests.accepts-stream-null")
def rejects_requests_without_stream(behaviour: Behaviour) -> Behaviour:
    """Rejects a request without `stream`."""

    def check(details: RequestDetails) -> None:
        if details.body.get("stream") is None:
            raise invalid("stream should be a boolean.", "stream")

    return with_check(behaviour, check)


@mutant("state.rejects-empty-lists", caught_by="requests.accepts-empty-lists")
def rejects_empty_lists(behaviour: Behaviour) -> Behaviour:
    """Rejects a request with a list that holds nothing, such as `tools: []`."""

    def check(details: RequestDetails) -> None:
        for name, value in details.body.items():
            if value == [] and name != "input":
                raise invalid(f"{name} must have at least one entry.", name)

    return with_check(behaviour, check)


@mutant("state.repeats-the-question", caught_by="tool-choice.required-makes-a-call")
def repeats_the_question(behaviour: Behaviour) -> Behaviour:
    """Answers with the text of the user."""

    def plan(context: Context) -> Plan:
        part = {"type": "output_text", "text": _question(context), "annotations": [], "logprobs": []}
        message = {"type": "message", "role": "assistant", "content": [part]}
        return replace(behaviour.model.plan(context), items=(message,), status="completed", reason=None)

    return replace(behaviour, model=replace(behaviour.model, plan=plan))


def _question(context: Context) -> str:
    """The last text among the input."""
    contents = [item["content"] for item in context.items if isinstance(item.get("content"), list)]
    texts = [part["text"] for content in contents for part in content if part.get("text")]
    return texts[-1] if texts else "?"


@mutant("state.stops-short-at-long-contexts", caught_by="truncation.an-overlong-context-fails")
def stops_short_at_long_contexts(behaviour: Behaviour) -> Behaviour:
    """Answers a context beyond its window with a few tokens, as incomplete."""

    def truncate(context: Context, tokens: int) -> Context:
        if tokens <= CONTEXT_WINDOW:
            return behaviour.context.truncate(context, tokens)
        return replace(context, request={**context.request, "max_output_tokens": 4})

    return replace(behaviour, context=replace(behaviour.context, truncate=truncate))


@mutant("state.cannot-continue-streams", caught_by="chaining.a-call-with-its-output-is-accepted")
def cannot_continue_streams(behaviour: Behaviour) -> Behaviour:
    """Does not find a response that was streamed when it is continued."""

    def may_continue(record: Record) -> bool:
        return behaviour.context.may_continue(record) and not record.request.get("stream")

    return replace(behaviour, context=replace(behaviour.context, may_continue=may_continue))


@mutant("state.sends-instructions-in-place-of-answers", caught_by="chaining.a-chain-counts-its-whole-history")
def sends_instructions_in_place_of_answers(behaviour: Behaviour) -> Behaviour:
    """Puts the instructions of a turn where the model's answer belongs in a chain."""

    def join(chain: Sequence[Record], items: Sequence[Item]) -> tuple[Item, ...]:
        turns = ((*record.input, _as_system(record.request.get("instructions"))) for record in chain)
        return (*(item for turn in turns for item in turn), *items)

    return replace(behaviour, context=replace(behaviour.context, join=join))


@mutant("state.forgets-what-tools-said", caught_by="chaining.outputs-of-tools-stay-in-the-context")
def forgets_what_tools_said(behaviour: Behaviour) -> Behaviour:
    """Drops answered calls, and their outputs, from the earlier turns of a chain."""

    def join(chain: Sequence[Record], items: Sequence[Item]) -> tuple[Item, ...]:
        earlier = behaviour.context.join(chain, ())
        ends = {item.get("call_id") for item in earlier if item["type"] == "function_call_output"}
        return (*(item for item in earlier if item.get("call_id", "") not in ends), *items)

    return replace(behaviour, context=replace(behaviour.context, join=join))


def _as_system(text: Any) -> Item:
    part = {"type": "input_text", "text": str(text or "")}
    return {"type": "message", "role": "system", "status": "completed", "content": [part]}


def _with_empty_messages(item: Item) -> Item:
    if item.get("type", "message") == "message":
        return item
    return {**_as_system(""), "role": "user"}


@mutant("state.reads-items-as-empty-messages", caught_by="tool-outputs.the-answer-uses-the-output")
def reads_items_as_empty_messages(behaviour: Behaviour) -> Behaviour:
    """Takes every item of the input that is no message for a message of the user without text."""

    def plan(context: Context) -> Plan:
        items = tuple(map(_with_empty_messages, context.items))
        return behaviour.model.plan(replace(context, items=items))

    return replace(behaviour, model=replace(behaviour.model, plan=plan))


FOREIGN: tuple[tuple[str, str, str, Callable[[RequestDetails], bool]], ...] = (
    ("rejects_max_output_tokens", "Rejects `max_output_tokens`.", "max_output_tokens",
     lambda details: details.body.get("max_output_tokens") is not None),
    ("rejects_to_stream", "Rejects `stream: true`.", "stream",
     lambda details: details.body.get("stream") is True),
    ("rejects_prompt_cache_keys", "Rejects `prompt_cache_key`.", "prompt_cache_key",
     lambda details: details.body.get("prompt_cache_key") is not None),
)  # fmt: skip


def _rejecting(param: str, is_foreign: Callable[[RequestDetails], bool]) -> Callable[[Behaviour], Behaviour]:
    def check(details: RequestDetails) -> None:
        if is_foreign(details):
            raise invalid(f"Unsupported parameter: {param}", param)

    return lambda behaviour: with_check(behaviour, check)


for _name, _sentence, _param, _is_foreign in FOREIGN:
    add(
        SEAM,
        _name,
        _sentence,
        "requests.a-create-that-others-depend-on-is-accepted",
        _rejecting(_param, _is_foreign),
    )


add(
    SEAM,
    "rejects_to_store",
    "Rejects `store: true`, and says that it stores responses.",
    "requests.accepts-booleans",
    _rejecting("store", lambda details: details.body.get("store") is True),
)
