"""Checks that need the whole context: tool calls and their outputs belong together."""

from __future__ import annotations

from itertools import zip_longest

import orjson

from antiphon_mockserver.response.plan import Item
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails

OUTPUT_TYPES = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "local_shell_call": "local_shell_call_output",
    "computer_call": "computer_call_output",
}
"""The output type of each call type; the client runs these tools and has to send their outputs."""
INPUT_ROLES = {"user", "system", "developer"}
"""The roles whose messages do not follow from reasoning."""
NOTHING: Item = {}
CALL_TYPES = {output: call for call, output in OUTPUT_TYPES.items()}


def outputs_have_calls(details: RequestDetails) -> None:
    """Every tool output follows its call."""
    call_ids: set[object] = set()
    for item in details.items:
        kind = item.get("type")
        if kind in OUTPUT_TYPES:
            call_ids.add(item.get("call_id"))
        elif kind in CALL_TYPES and item.get("call_id") not in call_ids:
            message = f"No tool call found for the output with call_id '{item.get('call_id')}'."
            raise invalid(message, "input")


def triggers_come_last(details: RequestDetails) -> None:
    """A `compaction_trigger` is the last item of the input (CMP-15)."""
    for index, item in enumerate(details.items[:-1]):
        if item.get("type") == "compaction_trigger":
            message = f"Invalid 'input[{index}]': a compaction_trigger must be the last item of the input."
            raise invalid(message, f"input[{index}]", "invalid_value")


def calls_have_outputs(details: RequestDetails) -> None:
    """Every tool call has an output before the model continues (STA-17)."""
    output_ids = {item.get("call_id") for item in details.items if item.get("type") in CALL_TYPES}
    for item in details.items:
        if item.get("type") in OUTPUT_TYPES and item.get("call_id") not in output_ids:
            message = f"No tool output found for the call with call_id '{item.get('call_id')}'."
            raise invalid(message, "input")


def reasoning_has_its_item(details: RequestDetails) -> None:
    """Where the dialect requires it, the item that a reasoning item led to follows it (RSN-13)."""
    if details.dialect.mock.orphaned_reasoning != "refused":
        return
    for item, following in zip_longest(details.new_items, details.new_items[1:], fillvalue=NOTHING):
        alone = following is NOTHING or following.get("role") in INPUT_ROLES
        if item.get("type") == "reasoning" and alone:
            message = (
                f"Item '{item.get('id')}' of type 'reasoning' came without the item that has to follow it."
            )
            raise invalid(message, "input")


def json_is_mentioned(details: RequestDetails) -> None:
    """With the format `json_object`, the context mentions JSON; otherwise a model might never stop."""
    form = (details.body.get("text") or {}).get("format") or {}
    if form.get("type") != "json_object":
        return
    words = orjson.dumps([details.body.get("instructions"), *details.items]).lower()
    if b"json" not in words:
        raise invalid(
            "With a text format of type 'json_object', the input has to contain the word 'json'.", "input"
        )
