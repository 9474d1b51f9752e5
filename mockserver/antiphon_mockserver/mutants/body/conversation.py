"""Servers that report the conversation behind a response, or its end, wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiphon_mockserver.mutants import Call, add

SEAM = "body"
Json = dict[str, Any]
LIST, CANCEL, CREATE = "listInputItems", "cancelResponse", "createResponse"


def _in(operation: str, change: Callable[[Json], object]) -> Callable[[Json, Call], Json]:
    def mutate(body: Json, call: Call) -> Json:
        if call.operation == operation:
            change(body)
        return body

    return mutate


def _without_system(body: Json) -> None:
    body["data"] = [item for item in body["data"] if item.get("role") != "system"]


def _last_turn(body: Json) -> None:
    body["data"] = body["data"][-1:]


def _short(body: Json) -> None:
    for name in [name for name in body if name not in ("id", "object", "status", "cancelled_at")]:
        del body[name]


def _user_first(body: Json) -> None:
    if isinstance(body.get("instructions"), list):
        body["instructions"].reverse()


def _unstrict(body: Json) -> None:
    for item in body["output"]:
        if item["type"] == "function_call":
            item["arguments"] = '{"city": 5}'


def _nested(body: Json) -> None:
    for tool in body["tools"]:
        if tool["type"] == "function" and "function" not in tool:
            tool["function"] = {name: tool.pop(name) for name in list(tool) if name != "type"}


MUTANTS: tuple[tuple[str, str, str, str, Callable[[Json], object]], ...] = (
    ("lists_no_instructions", "Leaves the instructions out of the conversation.",
     "input-items.instructions-are-listed-first", LIST, _without_system),
    ("lists_the_last_turn_only", "Leaves the earlier turns out of the list.",
     "input-items.earlier-turns-are-listed", LIST, _last_turn),
    ("leaves_has_more_out_of_lists", "Leaves `has_more` out of a list.",
     "input-items.a-page-has-first-id-last-id-and-has-more", LIST, lambda body: body.pop("has_more")),
    ("sends_no_time_of_a_cancel", "Leaves the time out of the answer to a cancel.",
     "cancel.a-cancel-has-its-time", CANCEL, lambda body: body.pop("cancelled_at", None)),
    ("answers_a_cancel_in_brief", "Answers a cancel with `id` and `status` only.",
     "cancel.a-cancel-answers-with-the-response", CANCEL, _short),
    ("repeats_the_input_before_the_instructions", "Lists the input before the instructions.",
     "instructions.come-back-before-the-input", CREATE, _user_first),
    ("calls_with_arguments_of_another_type",
     "Calls a function with arguments whose types do not match its schema.",
     "tool-calls.arguments-fit-their-parameters", CREATE, _unstrict),
    ("echoes_tools_nested", "Repeats functions nested under `function`, as Chat Completions does.",
     "response-members.tools-have-all-members", CREATE, _nested),
    ("reports_reasoning_as_a_boolean", "Sends `reasoning` as true.",
     "response-members.reasoning-has-a-documented-form", CREATE, lambda body: body.update(reasoning=True)),
    ("cancels_what_has_ended", "Reports a response that had already ended as cancelled.",
     "cancel.cancelling-an-ended-response-is-rejected-or-changes-nothing", CANCEL,
     lambda body: body.update(status="cancelled")),
)  # fmt: skip

for _name, _doc, _rule, _operation, _change in MUTANTS:
    add(SEAM, _name, _doc, _rule, _in(_operation, _change))
