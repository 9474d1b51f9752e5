"""The objects of the plain server: its responses, items and events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from plain_model import Piece

Json = dict[str, Any]
TOKEN_SECONDS = 0.0005
PREFIX = {"message": "msg_", "function_call": "fc_", "custom_tool_call": "ctc_", "reasoning": "rs_"}
ECHOES: Json = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""The members of a request that its response repeats, with their defaults."""


def blank(body: Json, identity: str) -> Json:
    echoes = {name: default if body.get(name) is None else body[name] for name, default in ECHOES.items()}
    text = body.get("text") or {}
    return {
        "id": identity,
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "model": body["model"],
        "output": [],
        **echoes,
        "tools": [echo_tool(tool) for tool in body.get("tools") or ()],
        "reasoning": {"effort": None, "summary": None} | (body.get("reasoning") or {}),
        "service_tier": "default",
        "text": {"format": echo_format(text.get("format")), "verbosity": text.get("verbosity") or "medium"},
        "usage": None,
        "metadata": body.get("metadata") or {},
    }


def echo_tool(tool: Json) -> Json:
    extra: Json = {"description": None}
    if tool["type"] == "function":
        extra |= {"parameters": None, "strict": True}
    return {**extra, **tool}


def echo_format(asked: Json | None) -> Json:
    if asked is None:
        return {"type": "text"}
    return {"description": None, "strict": False, **asked} if asked["type"] == "json_schema" else asked


def usage(read: int, made: int, thought: int) -> Json:
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": read + made,
    }


def begin(piece: Piece, identity: str, call_id: str) -> Json:
    """The item as it begins; `spell` fills it."""
    item: Json = {"id": identity, "type": piece.kind, "status": "in_progress"}
    if piece.kind == "message":
        return item | {"role": "assistant", "content": []}
    if piece.kind == "reasoning":
        return item | {"summary": []}
    place = "arguments" if piece.kind == "function_call" else "input"
    return item | {"call_id": call_id, "name": piece.name, place: ""}


@dataclass(frozen=True, slots=True)
class Lane:
    """How the text of an item is streamed."""

    event: str
    member: str
    part: Json | None = None
    """The part that holds the text, when it is empty; None where the item itself holds it."""
    place: str = "content"
    index: str = "content_index"
    prefix: str = "content_part"


LANES = {
    "message": Lane(
        "output_text", "text", {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    ),
    "reasoning": Lane("reasoning_text", "text", {"type": "reasoning_text", "text": ""}),
    "summary": Lane(
        "reasoning_summary_text",
        "text",
        {"type": "summary_text", "text": ""},
        "summary",
        "summary_index",
        "reasoning_summary_part",
    ),
    "function_call": Lane("function_call_arguments", "arguments"),
    "custom_tool_call": Lane("custom_tool_call_input", "input"),
}


def lane_of(piece: Piece, *, raw: str) -> Lane:
    """How an item is streamed; `raw` names the events of raw reasoning, for which dialects have two words."""
    if piece.kind == "reasoning":
        return LANES["summary"] if piece.name else replace(LANES["reasoning"], event=raw)
    return LANES[piece.kind]


async def spell(item: Json, lane: Lane, index: int, parts: list[str], whole: bool) -> AsyncIterator[Json]:
    """The events of one item, token by token; the item holds everything when they end."""
    yield {"type": "response.output_item.added", "output_index": index, "item": dict(item)}
    place: Json = {"item_id": item["id"], "output_index": index}
    text = "".join(parts)
    if lane.part is not None:
        place[lane.index] = 0
        yield {"type": f"response.{lane.prefix}.added", **place, "part": lane.part}
    extra: Json = {"logprobs": []} if item["type"] == "message" else {}
    for part in parts:
        await asyncio.sleep(TOKEN_SECONDS)
        yield {"type": f"response.{lane.event}.delta", **place, "delta": part, **extra}
    item["status"] = "completed" if whole else "incomplete"
    if item["type"] == "function_call":
        extra = {"name": item["name"]}
    yield {"type": f"response.{lane.event}.done", **place, lane.member: text, **extra}
    if lane.part is not None:
        full = {**lane.part, "text": text}
        item[lane.place] = [full]
        yield {"type": f"response.{lane.prefix}.done", **place, "part": full}
    else:
        item[lane.member] = text
    yield {"type": "response.output_item.done", "output_index": index, "item": dict(item)}
