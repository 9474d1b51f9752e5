"""Builds the plan of an entry of a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

import orjson

from antiphon_mockserver.model import message, with_logprobs
from antiphon_mockserver.model.skills import Refusal
from antiphon_mockserver.response.pace import read_pace
from antiphon_mockserver.response.plan import ApiError, Context, Item, Plan
from antiphon_mockserver.response.tokens import count_input, count_item

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "message": {"role": "assistant", "content": []},
    "reasoning": {"summary": []},
    "function_call": {"arguments": "{}", "call_id": None},
    "custom_tool_call": {"input": "", "call_id": None},
}
"""Members that items of a type need and that a script may omit."""

TEXT_PART = {"type": "output_text", "annotations": [], "logprobs": []}


def answer(entry: Mapping[str, Any], context: Context) -> Plan:
    """Returns the plan of an entry. Raises ApiError when the entry asks for an error."""
    if error := entry.get("error"):
        raise _rejection(error, entry.get("delay", 0.0))
    items = with_logprobs(tuple(_items(entry)), context)
    status = entry.get("status", "failed" if "failure" in entry else "completed")
    return Plan(
        items=items,
        status=status,
        reason=entry.get("reason", "max_output_tokens") if status == "incomplete" else None,
        error=entry.get("failure", FAILURE) if status == "failed" else None,
        delay=entry.get("delay", 0.0),
        pace=read_pace(entry["pace"]) if "pace" in entry else None,
        **_usage(items, context, entry.get("usage", {})),
    )


FAILURE = {"code": "server_error", "message": "The script asks for this failure."}


def _rejection(error: Mapping[str, Any], delay: float) -> ApiError:
    return ApiError(
        error.get("message", "The script rejects this request."),
        status=error["status"],
        code=error.get("code"),
        param=error.get("param"),
        kind=error.get("type"),
        headers=error.get("headers"),
        delay=delay,
    )


def _items(entry: Mapping[str, Any]) -> Iterator[Item]:
    """The items of an entry: reasoning, then `items`, then the message, then calls."""
    if "reasoning" in entry:
        yield _reasoning(entry["reasoning"])
    yield from map(_with_defaults, entry.get("items", ()))
    if "refusal" in entry:
        yield message(Refusal(entry["refusal"]))
    elif "text" in entry or "json" in entry:
        yield _message(entry)
    yield from map(_call, entry.get("calls", ()))


def _message(entry: Mapping[str, Any]) -> Item:
    item = message(entry["text"] if "text" in entry else orjson.dumps(entry["json"]).decode())
    item["content"][0]["annotations"] = list(entry.get("annotations", ()))
    return item


def _reasoning(source: str | Mapping[str, Any]) -> Item:
    if isinstance(source, str):
        source = {"summary": [source]}
    item: Item = {"type": "reasoning"}
    if "content" in source:
        item["content"] = [{"type": "reasoning_text", "text": text} for text in source["content"]]
    if "encrypted_content" in source:
        item["encrypted_content"] = source["encrypted_content"]
    item["summary"] = [{"type": "summary_text", "text": text} for text in source.get("summary", ())]
    return item


def _call(call: Mapping[str, Any]) -> Item:
    call_id = call.get("call_id")
    if "input" in call:
        return {"type": "custom_tool_call", "call_id": call_id, "input": call["input"], "name": call["name"]}
    arguments = call.get("arguments", {})
    text = arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
    return {"type": "function_call", "arguments": text, "call_id": call_id, "name": call["name"]}


def _with_defaults(item: Mapping[str, Any]) -> Item:
    """An item with the default members of its type."""
    whole = {**DEFAULTS.get(item["type"], {}), **item}
    if item["type"] == "message":
        whole["content"] = [
            {**TEXT_PART, **part} if part.get("type") == "output_text" else part for part in whole["content"]
        ]
    return whole


class Counts(TypedDict):
    """The counts of tokens of a plan."""

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int


def _usage(items: tuple[Item, ...], context: Context, overrides: Mapping[str, int]) -> Counts:
    """The token counts of the entry; the others are counted."""
    counts = {"input_tokens": count_input(context), "output_tokens": sum(map(count_item, items))}
    counts["reasoning_tokens"] = sum(count_item(item) for item in items if item["type"] == "reasoning")
    usage = {**counts, **overrides}
    return Counts(
        input_tokens=max(usage["input_tokens"], usage.get("cached_tokens", 0)),
        cached_tokens=usage.get("cached_tokens", 0),
        output_tokens=max(usage["output_tokens"], usage["reasoning_tokens"]),
        reasoning_tokens=usage["reasoning_tokens"],
    )
