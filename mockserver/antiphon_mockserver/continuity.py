"""Checks that need the whole context: tool calls and their outputs belong together."""

from __future__ import annotations

from itertools import zip_longest

import orjson

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.plan import Item
from antiphon_mockserver.record import Asked

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


def outputs_have_calls(asked: Asked) -> None:
    """Every tool output that names a call follows it."""
    call_ids: set[object] = set()
    for item in asked.items:
        kind = item.get("type")
        if kind in OUTPUT_TYPES:
            call_ids |= _names_of(item)
        elif kind in CALL_TYPES and _is_named(item) and not call_ids & _names_of(item):
            message = f"No tool call found for the output with call_id '{item.get('call_id')}'."
            raise invalid(message, "input")


def _names_of(item: Item) -> set[object]:
    """The names by which a call and its output find each other: `call_id`, and `id` for a local shell."""
    members = ("call_id", "id") if str(item.get("type")).startswith("local_shell") else ("call_id",)
    return {item[name] for name in members if item.get(name) is not None}


def _is_named(item: Item) -> bool:
    """Whether an output names its call; the output of a function may come without (openai-python 3.5.0)."""
    return item.get("type") != "function_call_output" or item.get("call_id") is not None


def triggers_come_last(asked: Asked) -> None:
    """A `compaction_trigger` is the last item of the input (CMP-15)."""
    for index, item in enumerate(asked.items[:-1]):
        if item.get("type") == "compaction_trigger":
            message = f"Invalid 'input[{index}]': a compaction_trigger must be the last item of the input."
            raise invalid(message, f"input[{index}]", "invalid_value")


def calls_have_outputs(asked: Asked) -> None:
    """Every tool call has an output before the model continues (STA-17), unless it is asynchronous."""
    outputs = [_names_of(item) for item in asked.items if item.get("type") in CALL_TYPES]
    answered = set[object]().union(*outputs)
    for item in asked.items:
        waits = item.get("type") in OUTPUT_TYPES and not item.get("async")
        if waits and not _names_of(item) & answered:
            message = f"No tool output found for the call with call_id '{item.get('call_id')}'."
            raise invalid(message, "input")


def reasoning_has_its_item(asked: Asked) -> None:
    """Where the dialect requires it, the item that a reasoning item led to follows it (RSN-13)."""
    if asked.dialect.traits.orphaned_reasoning != "refused":
        return
    for item, following in zip_longest(asked.new_items, asked.new_items[1:], fillvalue=NOTHING):
        alone = following is NOTHING or following.get("role") in INPUT_ROLES
        if item.get("type") == "reasoning" and alone:
            message = (
                f"Item '{item.get('id')}' of type 'reasoning' came without the item that has to follow it."
            )
            raise invalid(message, "input")


def json_is_mentioned(asked: Asked) -> None:
    """With the format `json_object`, the context mentions JSON; otherwise a model might never stop."""
    form = (asked.body.get("text") or {}).get("format") or {}
    if form.get("type") != "json_object":
        return
    words = orjson.dumps([asked.body.get("instructions"), *asked.items]).lower()
    if b"json" not in words:
        raise invalid(
            "With a text format of type 'json_object', the input has to contain the word 'json'.", "input"
        )
