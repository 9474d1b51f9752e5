"""Servers that send the model too little, or change its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.response.plan import Context, Plan

SEAM = "state"
TEXT = {"type": "output_text", "annotations": [], "logprobs": [], "text": "Sure! Here is Paris: a city."}


def _before(change: Callable[[Context], Context]) -> Callable[[Behaviour], Behaviour]:
    """Changes the context that the model sees."""

    def mutate(behaviour: Behaviour) -> Behaviour:
        right = behaviour.model.plan
        return replace(behaviour, model=replace(behaviour.model, plan=lambda context: right(change(context))))

    return mutate


def _after(change: Callable[[Plan, Context], Plan]) -> Callable[[Behaviour], Behaviour]:
    """Changes the answer of the model."""

    def mutate(behaviour: Behaviour) -> Behaviour:
        right = behaviour.model.plan
        return replace(
            behaviour, model=replace(behaviour.model, plan=lambda context: change(right(context), context))
        )

    return mutate


def _asking_without(context: Context, *names: str) -> Context:
    request = {name: value for name, value in context.request.items() if name not in names}
    return replace(context, request=request)


def _without_outputs(context: Context) -> Context:
    return replace(context, items=tuple(item for item in context.items if "output" not in item))


def _formatted(context: Context) -> Any:
    return ((context.request.get("text") or {}).get("format") or {}).get("type")


def _chatty(plan: Plan, context: Context) -> Plan:
    if _formatted(context) not in ("json_schema", "json_object"):
        return plan
    return replace(plan, items=tuple(_in_prose(item) for item in plan.items))


def _in_prose(item: dict[str, Any]) -> dict[str, Any]:
    is_text = item["type"] == "message" and item["content"][0]["type"] == "output_text"
    return {**item, "content": [TEXT]} if is_text else item


add(
    SEAM,
    "keeps_instructions_from_the_model",
    "Repeats `instructions` but does not send them to the model.",
    "instructions.affect-the-answer",
    _before(lambda context: _asking_without(context, "instructions")),
)
add(
    SEAM,
    "keeps_outputs_from_the_model",
    "Accepts tool outputs but does not send them to the model.",
    "tool-outputs.the-answer-uses-the-output",
    _before(_without_outputs),
)
add(
    SEAM,
    "answers_in_prose_instead_of_json",
    "Answers in prose where the request demands JSON.",
    ("structured-output.text-follows-a-strict-schema", "structured-output.text-is-a-json-object"),
    _after(_chatty),
)
add(SEAM, "ignores_max_output_tokens", "Ignores `max_output_tokens`.",
    "usage.output-is-within-the-limit",
    _before(lambda context: _asking_without(context, "max_output_tokens")))  # fmt: skip


@mutant("state.keeps-tools-from-the-model", caught_by="tool-choice.required-makes-a-call")
def keeps_tools_from_the_model(behaviour: Behaviour) -> Behaviour:
    """Repeats `tools` but does not send them to the model."""
    return _before(lambda context: _asking_without(context, "tools", "tool_choice"))(behaviour)


@mutant("state.keeps-all-but-functions-from-the-model", caught_by="hosted-tools.a-forced-tool-is-used")
def keeps_all_but_functions_from_the_model(behaviour: Behaviour) -> Behaviour:
    """Repeats `tools` but sends only functions to the model, as Chat Completions knows them."""

    def change(context: Context) -> Context:
        tools = context.request.get("tools") or ()
        functions = [tool for tool in tools if tool.get("type") == "function"]
        if len(functions) == len(tools):
            return context
        lost = () if functions else ("tool_choice",)
        left = _asking_without(context, "tools", *lost)
        return replace(left, request={**left.request, "tools": functions}) if functions else left

    return _before(change)(behaviour)


def _each_text(change: Callable[[str], list[str]]) -> Callable[[Context], Context]:
    """Sends each text of the user to the model as other messages."""

    def split(item: dict[str, Any]) -> list[dict[str, Any]]:
        content = item.get("content")
        if item.get("role") != "user" or not content:
            return [item]
        whole = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
        parts = ([{"type": "input_text", "text": text}] for text in change(whole))
        return [{**item, "content": part} for part in parts]

    return lambda context: replace(context, items=tuple(new for item in context.items for new in split(item)))


def _with_one_part(context: Context) -> Context:
    def cut(item: dict[str, Any]) -> dict[str, Any]:
        content = item.get("content")
        return {**item, "content": content[:1]} if isinstance(content, list) else item

    return replace(context, items=tuple(cut(item) for item in context.items))


INPUTS: tuple[tuple[str, str, str, Callable[[Context], Context]], ...] = (
    ("reads_the_first_part_only", "Sends only the first part of each message to the model.",
     "requests.every-part-of-the-input-reaches-the-model", _with_one_part),
    ("reads_the_last_message_only", "Sends only the last item of the input to the model.",
     "requests.every-part-of-the-input-reaches-the-model",
     lambda context: replace(context, items=context.items[-1:])),
    ("keeps_system_messages_from_the_model", "Sends no system message to the model.",
     "requests.every-part-of-the-input-reaches-the-model",
     lambda context: replace(context, items=tuple(
         item for item in context.items if item.get("role") != "system"))),
    ("keeps_developer_messages_from_the_model", "Sends no developer message to the model.",
     "requests.every-part-of-the-input-reaches-the-model",
     lambda context: replace(context, items=tuple(
         item for item in context.items if item.get("role") != "developer"))),
    ("sends_letters_to_the_model", "Sends each character of a text to the model as a message.",
     "usage.input-tokens-fit-the-input", _each_text(lambda text: [*text])),
)  # fmt: skip

for _name, _sentence, _rule, _change in INPUTS:
    add(SEAM, _name, _sentence, _rule, _before(_change))


def _failing(plan: Plan, _context: Context) -> Plan:
    """The answer of a gateway that wraps the error of its upstream into a text."""
    text = {**TEXT, "text": "Error code: 503 - {'error': {'message': 'The model is overloaded.'}}"}
    items = ({**item, "content": [text]} if item["type"] == "message" else item for item in plan.items)
    return replace(plan, items=tuple(items))


add(
    SEAM,
    "answers_with_the_text_of_an_error",
    "Completes with the message of a failure as the text.",
    "response-status.a-failure-is-not-an-answer",
    _after(_failing),
)


def _numbered_calls(plan: Plan, _context: Context) -> Plan:
    items = (
        {**item, "call_id": f"call_{index}"} if "call_id" in item else item
        for index, item in enumerate(plan.items)
    )
    return replace(plan, items=tuple(items))


add(
    SEAM,
    "numbers_calls_anew_in_each_turn",
    "Counts the calls of each response from `call_0`.",
    "tool-calls.call-ids-are-unique-in-a-conversation",
    _after(_numbered_calls),
)


def _without_parts(kind: str, name: str) -> Callable[[Context], Context]:
    def change(context: Context) -> Context:
        return replace(context, items=tuple(_without_part(item, kind, name) for item in context.items))

    return change


def _without_part(item: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    content = item.get(name)
    if not isinstance(content, list):
        return item
    return {**item, name: [part for part in content if part.get("type") != kind]}


for _name, _kind, _member in (
    ("picture", "input_image", "content"),
    ("file", "input_file", "content"),
    ("picture_in_an_output", "input_image", "output"),
):
    _words = _name.replace("_", " ")
    add(
        SEAM,
        f"drops_a_{_name}" if _member == "output" else f"drops_{_name}s",
        f"Accepts a {_words} and sends the model only the text beside it.",
        f"requests.a-{_words.replace(' ', '-')}-reaches-the-model",
        _before(_without_parts(_kind, _member)),
    )
