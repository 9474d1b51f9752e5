"""Answers whose tool calls are malformed, missing or not allowed."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from antiphon_mockserver.mutants import Call, add
from antiphon_mockserver.mutants.edits import (
    DROPPED,
    Json,
    at,
    items,
    on_items,
    on_responses,
    setting,
)

SEAM = "body"

MEMBERS: tuple[tuple[str, str, str, str, Any, str], ...] = (
    ("leaves_out_call_ids", "Leaves `call_id` out of function calls.", "function_call", "call_id", DROPPED,
     "tool-calls.a-function-call-has-call-id-name-and-arguments"),
    ("sends_arguments_as_an_object", "Sends `arguments` as an object.", "function_call", "arguments", {},
     "tool-calls.a-function-call-has-call-id-name-and-arguments"),
    ("leaves_out_the_input", "Leaves `input` out of calls of custom tools.", "custom_tool_call", "input",
     DROPPED, "tool-calls.a-custom-call-has-call-id-name-and-input"),
    ("cuts_the_arguments", "Cuts the JSON of the arguments off in the middle.", "function_call", "arguments",
     '{"city": "Par',
     "tool-calls.arguments-are-json"),
    ("empties_the_arguments", "Sends `{}` as the arguments of every call.", "function_call", "arguments",
     "{}", "tool-calls.arguments-follow-a-strict-schema"),
    ("calls_a_function_that_was_not_offered", "Calls a function that the request did not offer.",
     "function_call", "name",
     "get_horoscope", "tool-calls.a-call-names-a-tool-of-the-request"),
    ("makes_call_ids_too_long", "Sends call ids of 100 characters.", "function_call", "call_id",
     "call_" + "0" * 95, "tool-calls.call-id-can-be-sent-back"),
    ("gives_every_call_the_same_call_id", "Gives every call the same `call_id`.", "function_call", "call_id",
     "call_0", "tool-calls.call-ids-are-unique"),
)  # fmt: skip

for _name, _sentence, _kind, _path, _value, _caught_by in MEMBERS:
    add(SEAM, _name, _sentence, _caught_by, on_items(_kind, change=setting(_path, _value)))


def _leave_out_identity(item: Json, _call: Call) -> None:
    for name in ("id", "status"):
        item.pop(name, None)  # not every dialect gives its calls a status


def _use_one_id_for_both(item: Json, _call: Call) -> None:
    item["call_id"] = item["id"]


def _wrap_the_input(item: Json, _call: Call) -> None:
    item["input"] = json.dumps({"input": item["input"]})


def _turn_into_a_function(item: Json, _call: Call) -> None:
    item.update(type="function_call", arguments=item.pop("input"))


add(
    SEAM,
    "leaves_out_id_and_status_of_calls",
    "Leaves `id` and `status` out of function calls.",
    ("items.have-an-id", "items.have-a-status"),
    on_items("function_call", change=_leave_out_identity),
)
add(
    SEAM,
    "uses_one_id_for_both",
    "Uses the id of a call as its `call_id`.",
    "tool-calls.call-id-is-not-the-item-id",
    on_items("function_call", change=_use_one_id_for_both),
)
add(
    SEAM,
    "wraps_custom_inputs",
    "Sends the input of a custom tool as a JSON object with one member.",
    "tool-calls.custom-input-is-not-wrapped",
    on_items("custom_tool_call", change=_wrap_the_input),
)
add(
    SEAM,
    "sends_custom_inputs_as_objects",
    "Sends the input of a custom tool as an object.",
    "tool-calls.a-custom-call-has-call-id-name-and-input",
    on_items("custom_tool_call", change=setting("input", {"input": ""})),
)
add(
    SEAM,
    "ignores_grammars",
    "Calls a custom tool with a text that is not in its grammar.",
    "tool-calls.custom-input-follows-the-grammar",
    on_items("custom_tool_call", change=setting("input", "All of them!")),
)
add(SEAM, "turns_custom_tools_into_functions", "Sends calls of custom tools as function calls.",
    "tool-calls.a-call-has-the-type-of-its-tool",
    on_items("custom_tool_call", change=_turn_into_a_function))  # fmt: skip

MESSAGE: Json = {
    "type": "message",
    "id": "msg_0",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "It is sunny.", "annotations": [], "logprobs": []}],
}
CALL: Json = {
    "type": "function_call",
    "id": "fc_0",
    "status": "completed",
    "call_id": "call_0",
    "name": "get_time",
    "arguments": '{"city": "Paris"}',
}


def _talk_instead(response: Json, _call: Call) -> None:
    if any(items(response, "function_call")):
        response["output"] = [deepcopy(MESSAGE)]


def _think_only(response: Json, _call: Call) -> None:
    if any(items(response, "function_call")):
        response["output"] = [{"type": "reasoning", "id": "rs_0", "summary": []}]


def _call_anyway(response: Json, call: Call) -> None:
    if at(call.body, "tool_choice") == "none":
        response["output"].append(deepcopy(CALL))


def _call_unasked(response: Json, call: Call) -> None:
    if at(call.body, "model") and not at(call.body, "tools"):
        response["output"].append(deepcopy(CALL))


def _call_without_approval(item: Json, _call: Call) -> None:
    item.update(type="mcp_call", status="completed", output="Done.", error=None, approval_request_id=None)


def _call_another(response: Json, call: Call) -> None:
    if at(call.body, "tool_choice.type") is not None:
        for item in items(response, "function_call"):
            item.update(name="get_time")


def _call_twice(response: Json, _call: Call) -> None:
    for item in list(items(response, "function_call")):
        response["output"].append({**item, "id": "fc_2", "call_id": "call_2"})


CHOICES = (
    ("answers_in_text_instead_of_calling", "Answers in text where the request demands a call.",
     ("tool-choice.required-makes-a-call", "tool-choice.a-named-tool-is-called",
      "tool-choice.required-allowed-tools-make-a-call"), _talk_instead),
    ("thinks_instead_of_calling", "Sends only a reasoning item where the request demands a call.",
     ("tool-choice.required-makes-a-call",), _think_only),
    ("calls_although_forbidden", "Calls a tool although `tool_choice` is `none`.",
     ("tool-choice.none-makes-no-call",), _call_anyway),
    ("calls_a_tool_that_nothing_offered", "Calls a tool although the request has none.",
     ("tool-calls.no-tools-no-calls",), _call_unasked),
    ("calls_another_tool", "Calls a different tool than `tool_choice` names or allows.",
     ("tool-choice.a-named-tool-is-called", "tool-choice.allowed-tools-is-a-hard-limit"),
     _call_another),
    ("calls_twice", "Makes every call twice, even when parallel calls are not allowed.",
     ("tool-calls.parallel-calls-can-be-forbidden", "tool-calls.max-tool-calls-limits-the-calls"),
     _call_twice),
)  # fmt: skip

for _name, _sentence, _rules, _change in CHOICES:
    add(SEAM, _name, _sentence, _rules, on_responses(_change))

add(
    SEAM,
    "calls_a_server_unasked",
    "Calls the tool of a server without the approval that the request demands.",
    "tool-servers.approval-is-asked-for-as-the-request-says",
    on_items("mcp_approval_request", change=_call_without_approval),
)
