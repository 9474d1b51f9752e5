"""What can only be judged with the whole context at hand: tool calls and their outputs belong together."""

from __future__ import annotations

from itertools import zip_longest

import orjson

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.plan import Item
from antiphon_mockserver.record import Asked

ANSWERS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "local_shell_call": "local_shell_call_output",
    "computer_call": "computer_call_output",
}
"""Which item answers which; the client runs these tools, so it owes the output."""
LISTENERS = {"user", "system", "developer"}
"""The roles of those who do not reason."""
NOTHING: Item = {}
CALLS = {output: call for call, output in ANSWERS.items()}


def outputs_have_calls(asked: Asked) -> None:
    """An output answers a call that came before it."""
    called: set[object] = set()
    for item in asked.items:
        kind = item.get("type")
        if kind in ANSWERS:
            called.add(item.get("call_id"))
        elif kind in CALLS and item.get("call_id") not in called:
            message = f"No tool call found for the output with call_id '{item.get('call_id')}'."
            raise invalid(message, "input")


def triggers_come_last(asked: Asked) -> None:
    """A `compaction_trigger` ends the input (CMP-15)."""
    for index, item in enumerate(asked.items[:-1]):
        if item.get("type") == "compaction_trigger":
            message = f"Invalid 'input[{index}]': a compaction_trigger must be the last item of the input."
            raise invalid(message, f"input[{index}]", "invalid_value")


def calls_have_outputs(asked: Asked) -> None:
    """Every call has its output before the model goes on (STA-17)."""
    answered = {item.get("call_id") for item in asked.items if item.get("type") in CALLS}
    for item in asked.items:
        if item.get("type") in ANSWERS and item.get("call_id") not in answered:
            message = f"No tool output found for the call with call_id '{item.get('call_id')}'."
            raise invalid(message, "input")


def reasoning_has_its_item(asked: Asked) -> None:
    """Where the dialect insists on it, reasoning is sent back along with what it led to (RSN-13)."""
    if asked.dialect.traits.orphaned_reasoning != "refused":
        return
    for item, following in zip_longest(asked.own, asked.own[1:], fillvalue=NOTHING):
        alone = following is NOTHING or following.get("role") in LISTENERS
        if item.get("type") == "reasoning" and alone:
            message = (
                f"Item '{item.get('id')}' of type 'reasoning' came without the item that has to follow it."
            )
            raise invalid(message, "input")


def json_is_mentioned(asked: Asked) -> None:
    """A model that is to answer with any JSON object has to be told so, or it might never stop."""
    form = (asked.body.get("text") or {}).get("format") or {}
    if form.get("type") != "json_object":
        return
    told = orjson.dumps([asked.body.get("instructions"), *asked.items]).lower()
    if b"json" not in told:
        raise invalid(
            "With a text format of type 'json_object', the input has to contain the word 'json'.", "input"
        )
