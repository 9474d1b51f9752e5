"""The context of a model: the input as items after earlier turns, its checks, and its length."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import orjson

from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.response.tokens import CONTEXT_WINDOW, count_input, count_item
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Record, RequestDetails

COMPLETED = frozenset({"message", "function_call", "function_call_output"})
"""Item types that get the status `completed` when a client sends them without one."""


def normalise(source: Any) -> list[Item]:
    """Returns any `input` as items in resource form; a string is one user message (REQ-06)."""
    if source is None:
        return []
    if isinstance(source, str):
        part = {"type": "input_text", "text": source}
        return [{"role": "user", "content": [part], "type": "message", "status": "completed"}]
    return [_item(item) for item in source]


def instruction_messages(request: Mapping[str, Any]) -> list[Item]:
    """The messages of a request itself: its instructions as a system message, then those of its input."""
    instructions = request.get("instructions")
    system = [_message({"role": "system", "content": instructions})] if instructions else []
    items = normalise(request.get("input"))
    return [*system, *(item for item in items if item["type"] == "message")]


def carry(body: Mapping[str, Any], chain: Sequence[Record]) -> Mapping[str, Any]:
    """Returns the request as the model sees it: earlier turns change nothing in it (STA-05)."""
    return body


def join(chain: Sequence[Record], items: Sequence[Item]) -> tuple[Item, ...]:
    """Returns each turn's input and output, oldest turn first, then the new input (STA-02)."""
    if not chain:
        return tuple(items)
    earlier = (item for record in chain for item in (*record.input, *record.response["output"]))
    return (*earlier, *items)


def resolve(reference: Item, target: Item | None) -> Item:
    """Returns the item that a reference names (STA-26). Rejects a reference without a target with 400."""
    if target is None:
        item_id = str(reference.get("id"))[:128]
        message = f"Item with id '{item_id}' not found."
        hint = "Items are not kept when `store` is false; send the item itself."
        raise invalid(f"{message} {hint}", "input")
    return target


def is_reference(item: Item) -> bool:
    """Whether an input item refers to another one; its type may be missing (REQ-24)."""
    return item.get("type") == "item_reference"


def _item(item: Mapping[str, Any]) -> Item:
    kind = item.get("type")
    if kind is None:
        kind = "message" if "role" in item else "item_reference"
    if kind == "message":
        return _message(item)
    complete: Item = {**item, "type": kind}
    if kind in COMPLETED and complete.get("status") is None:
        complete["status"] = "completed"
    return complete


def _message(item: Mapping[str, Any]) -> Item:
    content = item.get("content")
    if isinstance(content, str) and len(item) == len(USUAL_MEMBERS):
        parts = [_text_part(item["role"], content)]
        return {**item, "type": "message", "status": "completed", "content": parts}
    if isinstance(content, str):
        content = [{"type": "output_text" if item["role"] == "assistant" else "input_text", "text": content}]
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        # With an id, such a message is valid as a reference to an item.
        raise invalid("Invalid 'input': a message needs a 'content' of text or parts.", "input")
    members = {name: value for name, value in item.items() if value is not None}
    parts = [_part(part) for part in content]
    return {**members, "type": "message", "status": members.get("status", "completed"), "content": parts}


USUAL_MEMBERS = ("role", "content")
"""The members of most messages that clients send."""


def _text_part(role: str, text: str) -> Item:
    if role == "assistant":
        return {"annotations": [], "logprobs": [], "type": "output_text", "text": text}
    return {"type": "input_text", "text": text}


def _part(part: Mapping[str, Any]) -> Item:
    if part.get("type") == "output_text":
        return {"annotations": [], "logprobs": [], **part}
    if part.get("type") == "input_image" and part.get("detail") is None:
        return {**part, "detail": "auto"}
    return dict(part)


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
    """Every tool output that names a call follows it."""
    call_ids: set[object] = set()
    for item in details.items:
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


def triggers_come_last(details: RequestDetails) -> None:
    """A `compaction_trigger` is the last item of the input (CMP-15)."""
    for index, item in enumerate(details.items[:-1]):
        if item.get("type") == "compaction_trigger":
            message = f"Invalid 'input[{index}]': a compaction_trigger must be the last item of the input."
            raise invalid(message, f"input[{index}]", "invalid_value")


def calls_have_outputs(details: RequestDetails) -> None:
    """Every tool call has an output before the model continues (STA-17), unless it is asynchronous."""
    outputs = [_names_of(item) for item in details.items if item.get("type") in CALL_TYPES]
    answers = set[object]().union(*outputs)
    for item in details.items:
        needs_output = item.get("type") in OUTPUT_TYPES and not item.get("async")
        if needs_output and not _names_of(item) & answers:
            message = f"No tool output found for the call with call_id '{item.get('call_id')}'."
            raise invalid(message, "input")


def approvals_have_requests(details: RequestDetails) -> None:
    """Every approval answers a request for one that came before it (TOOL-26)."""
    requests: set[object] = set()
    for item in details.items:
        if item.get("type") == "mcp_approval_request":
            requests.add(item.get("id"))
        elif item.get("type") == "mcp_approval_response" and item.get("approval_request_id") not in requests:
            message = f"No approval request with id '{item.get('approval_request_id')}' was found."
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


LOOKS_AT: Mapping[Callable[[RequestDetails], None], frozenset[str]] = {
    outputs_have_calls: frozenset(CALL_TYPES),
    calls_have_outputs: frozenset(OUTPUT_TYPES),
    approvals_have_requests: frozenset({"mcp_approval_response"}),
    reasoning_has_its_item: frozenset({"reasoning"}),
    json_is_mentioned: frozenset({"text"}),
    triggers_come_last: frozenset({"compaction_trigger"}),
}
"""The members of a request and the types of items without all of which a check passes."""

INSTRUCTION_ROLES = frozenset({"system", "developer"})


def truncate(context: Context, tokens: int) -> Context:
    """Returns the context when it fits; with `truncation: auto`, without its oldest items (STA-21).

    Rejects a context that is still too long, with 400.
    """
    if tokens <= CONTEXT_WINDOW:
        return context
    if context.request.get("truncation") != "auto":
        message = f"The input has {tokens} tokens, and the model takes {CONTEXT_WINDOW}; shorten it."
        raise invalid(message, "input", "context_length_exceeded")
    shorter = replace(context, items=_drop_oldest(context.items, tokens - CONTEXT_WINDOW))
    if count_input(shorter) > CONTEXT_WINDOW:
        message = (
            f"Even the newest item alone is longer than the {CONTEXT_WINDOW} tokens that the model takes."
        )
        raise invalid(message, "input", "context_length_exceeded")
    return shorter


def _drop_oldest(items: tuple[Item, ...], excess: int) -> tuple[Item, ...]:
    """Drops the oldest items, at least `excess` tokens; instructions and the newest item stay."""
    rest = []
    for index, item in enumerate(items):
        if excess > 0 and item.get("role") not in INSTRUCTION_ROLES and index < len(items) - 1:
            excess -= count_item(item)
        else:
            rest.append(item)
    return tuple(rest)
