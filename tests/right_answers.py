"""Answers in one piece that differ from those of our right server in a legal way, each near to some rule."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
PART = {"type": "output_text", "text": "The sea is wide.", "annotations": [], "logprobs": []}
MESSAGE = {"type": "message", "id": "msg_b", "role": "assistant", "status": "completed", "content": [PART]}
THOUGHT = {"type": "reasoning", "id": "rs_b", "summary": []}

Change = Callable[[Json, Json], None]
"""Changes (request, response)."""


def _items(response: Json, *kinds: str) -> Iterator[Json]:
    return (item for item in response["output"] if item["type"] in kinds)


def _one_id_for_both(_request: Json, response: Json) -> None:
    for item in _items(response, "function_call", "custom_tool_call"):
        item["call_id"] = item["id"]


def _calls_that_wait(_request: Json, response: Json) -> None:
    for item in _items(response, "function_call"):
        item["status"] = "in_progress"


def _clocks_that_differ(_request: Json, response: Json) -> None:
    response["completed_at"] = response["created_at"] - 2


def _metadata_of_its_own(_request: Json, response: Json) -> None:
    response["metadata"] = {**response["metadata"], "system_fingerprint": "fp_1"}


def _no_choice_without_tools(request: Json, response: Json) -> None:
    if not response["tools"] and "tool_choice" not in request:
        response["tool_choice"] = "none"


def _shortened_instructions(_request: Json, response: Json) -> None:
    text = response["instructions"]
    if isinstance(text, str) and len(text) > 20:
        response["instructions"] = f"{text[:12]}..."


def _single_precision(_request: Json, response: Json) -> None:
    for name in ("temperature", "top_p"):
        (response[name],) = struct.unpack("f", struct.pack("f", response[name]))


def _a_lower_limit(request: Json, response: Json) -> None:
    if isinstance(request.get("max_output_tokens"), int) and request["max_output_tokens"] > 100:
        response["max_output_tokens"] = request["max_output_tokens"] - 1


def _tools_in_another_order(_request: Json, response: Json) -> None:
    response["tools"].reverse()


def _shortened_descriptions(_request: Json, response: Json) -> None:
    for tool in response["tools"]:
        if tool.get("description"):
            tool["description"] = tool["description"][:-1].rstrip()


def _count_more(response: Json) -> None:
    """Counts a text that was added."""
    usage = response["usage"]
    for name in ("output_tokens", "total_tokens"):
        usage[name] += 4


def _citations_in_bytes(_request: Json, response: Json) -> None:
    text = "é" * 20
    citation = {
        "type": "url_citation",
        "url": "https://a.example",
        "title": "A",
        "start_index": 20,
        "end_index": 40,
    }
    if "text" not in _request:
        part = {**PART, "text": text, "annotations": [citation]}
        response["output"].append({**MESSAGE, "content": [part]})
        _count_more(response)


def _only_thoughts(request: Json, response: Json) -> None:
    if request.get("tool_choice") in (None, "auto", "none") and not request.get("include"):
        response["output"] = [THOUGHT]
        response["reasoning"] = (
            None if response["reasoning"] is None else {**response["reasoning"], "effort": "low"}
        )
    if (request.get("reasoning") or {}).get("effort"):
        response["reasoning"] = {**response["reasoning"], "effort": request["reasoning"]["effort"]}


def _nothing_at_all(request: Json, response: Json) -> None:
    if (
        request.get("tool_choice") in (None, "auto", "none")
        and request["input"]
        and not request.get("include")
    ):
        response["output"] = []
        response["usage"]["output_tokens"] = response["usage"]["output_tokens_details"][
            "reasoning_tokens"
        ] = 0
        response["usage"]["total_tokens"] = response["usage"]["input_tokens"]


def _a_remark_first(request: Json, response: Json) -> None:
    remark = {**MESSAGE, "content": [{**PART, "text": "Let me see."}]}
    response["output"].insert(0, remark)
    _count_more(response)


def _a_refusal(request: Json, response: Json) -> None:
    refusal = {"type": "refusal", "refusal": "I will not."}
    if request.get("tool_choice") != "none" and not request.get("include"):
        response["output"] = [{**MESSAGE, "content": [refusal]}]


def _a_natural_end_at_the_limit(request: Json, response: Json) -> None:
    count = response["usage"]["output_tokens"]
    if count >= 16:
        request["max_output_tokens"] = response["max_output_tokens"] = count


def _a_summary_by_default(_request: Json, response: Json) -> None:
    if isinstance(response["reasoning"], dict):
        response["reasoning"] = {**response["reasoning"], "summary": "auto"}
        for item in _items(response, "reasoning"):
            item["summary"] = [{"type": "summary_text", "text": "I thought."}]


def _an_uncounted_thought(request: Json, response: Json) -> None:
    response["usage"]["output_tokens_details"]["reasoning_tokens"] = 0
    if (request.get("reasoning") or {}).get("effort") == "none":
        response["output"].insert(0, THOUGHT)


def _no_text_settings(request: Json, response: Json) -> None:
    if "text" not in request:
        del response["text"]


def _nulls_for_defaults(request: Json, response: Json) -> None:
    if "background" not in request:
        response["background"] = None


def _calls_without_ids(_request: Json, response: Json) -> None:
    for item in _items(response, "function_call"):
        del item["id"], item["status"]


def _other_forms(_request: Json, response: Json) -> None:
    """Calls numbered anew in each response, a model with prefix and date, cached input, unknown members."""
    for index, item in enumerate(_items(response, "function_call")):
        item["call_id"] = f"call_{index}"
    response["model"] = f"acme/{response['model']}-2026-01-01"
    response["service_tier"] = "priority"
    response["usage"]["input_tokens_details"]["cached_tokens"] = response["usage"]["input_tokens"]
    response["x_trace"] = {"hop": 1}


def _instructions_as_messages(_request: Json, response: Json) -> None:
    if isinstance(response["instructions"], str):
        part = {"type": "input_text", "text": response["instructions"]}
        response["instructions"] = [{"type": "message", "role": "developer", "content": [part]}]


def _strict_left_open(request: Json, response: Json) -> None:
    asked = (request.get("text") or {}).get("format") or {}
    if asked.get("type") == "json_schema" and asked.get("strict") is None:
        response["text"]["format"]["strict"] = False


BODIES: dict[str, Change] = {
    "as it is": lambda _request, _response: None,
    "one id for call and item": _one_id_for_both,
    "calls that wait for the client": _calls_that_wait,
    "clocks that differ": _clocks_that_differ,
    "metadata of its own": _metadata_of_its_own,
    "no choice without tools": _no_choice_without_tools,
    "shortened instructions": _shortened_instructions,
    "single precision": _single_precision,
    "a lower limit": _a_lower_limit,
    "tools in another order": _tools_in_another_order,
    "shortened descriptions": _shortened_descriptions,
    "citations in bytes": _citations_in_bytes,
    "only thoughts": _only_thoughts,
    "nothing at all": _nothing_at_all,
    "a remark first": _a_remark_first,
    "a refusal": _a_refusal,
    "a natural end at the limit": _a_natural_end_at_the_limit,
    "a summary by default": _a_summary_by_default,
    "an uncounted thought": _an_uncounted_thought,
    "strict left open": _strict_left_open,
    "other forms": _other_forms,
}
SPARSE: dict[str, Change] = {
    "instructions as messages": _instructions_as_messages,
    "no text settings": _no_text_settings,
    "nulls for defaults": _nulls_for_defaults,
    "calls without ids": _calls_without_ids,
}
"""Answers that only the document of OpenAI allows: without what it does not demand, and in other forms."""
