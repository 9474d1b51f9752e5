"""Chat completions, at once and in chunks, that differ from those of our right server in a legal way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Change = Callable[[list[Json]], list[Json]]
"""Changes the completion, or the chunks; it may change them in place."""


def _choices(documents: list[Json]) -> Iterator[Json]:
    return (choice for document in documents for choice in document["choices"])


def _said(choice: Json) -> Json:
    """The message of a choice, or its piece."""
    return choice.get("message") or choice.setdefault("delta", {})


def _null_for_all_else(documents: list[Json]) -> list[Json]:
    for choice in _choices(documents):
        _said(choice).update(refusal=None, audio=None, annotations=None, function_call=None)
        choice |= {"logprobs": None, "content_filter_results": {}}
    return documents


def _a_thought_before_the_text(documents: list[Json]) -> list[Json]:
    first = next(_choices(documents))
    _said(first)["reasoning_content"] = "The user greets."
    return documents


def _the_role_in_each_piece(documents: list[Json]) -> list[Json]:
    for choice in _choices(documents):
        _said(choice)["role"] = "assistant"
    return documents


def _an_empty_reason_until_the_end(documents: list[Json]) -> list[Json]:
    for choice in _choices(documents):
        choice["finish_reason"] = choice["finish_reason"] or ""
    return documents


def _a_reason_of_its_own(documents: list[Json]) -> list[Json]:
    for choice in _choices(documents):
        if choice["finish_reason"] == "stop":
            choice["finish_reason"] = "eos"
    return documents


def _calls_that_end_with_stop(documents: list[Json]) -> list[Json]:
    for choice in _choices(documents):
        if choice["finish_reason"] == "tool_calls":
            choice["finish_reason"] = "stop"
    return documents


def _usage_in_each_chunk(documents: list[Json]) -> list[Json]:
    usage = next((document["usage"] for document in documents if document.get("usage")), None)
    return [{**document, "usage": usage} for document in documents]


def _thinking_counted_in_the_total_alone(documents: list[Json]) -> list[Json]:
    for document in documents:
        if document.get("usage"):
            document["usage"]["total_tokens"] += 40
    return documents


def _no_more_than_needed(documents: list[Json]) -> list[Json]:
    names = ("id", "object", "created", "model", "choices")
    return [
        {name: document[name] for name in names}
        | ({"usage": document["usage"]} if document.get("usage") else {})
        for document in documents
    ]


def _a_call_in_one_piece(documents: list[Json]) -> list[Json]:
    """Joins the pieces of each call into the first of them."""
    calls: dict[int, Json] = {}
    for choice in _choices(documents):
        for piece in choice.get("delta", {}).pop("tool_calls", None) or ():
            whole = calls.setdefault(piece["index"], piece)
            if whole is not piece:
                whole["function"]["arguments"] += piece["function"]["arguments"]
            else:
                choice["delta"].setdefault("tool_calls", []).append(piece)
    return documents


def _results_of_filters_first(documents: list[Json]) -> list[Json]:
    head = {**documents[0], "id": "", "model": "", "created": 0, "object": "", "choices": []}
    is_stream = documents[0]["object"].endswith("chunk")
    return [{**head, "prompt_filter_results": []}, *documents] if is_stream else documents


CHATS: dict[str, Change] = {
    "as it is": lambda documents: documents,
    "null for all else": _null_for_all_else,
    "a thought before the text": _a_thought_before_the_text,
    "the role in each piece": _the_role_in_each_piece,
    "an empty reason until the end": _an_empty_reason_until_the_end,
    "a reason of its own": _a_reason_of_its_own,
    "calls that end with stop": _calls_that_end_with_stop,
    "usage in each chunk": _usage_in_each_chunk,
    "thinking counted in the total alone": _thinking_counted_in_the_total_alone,
    "no more than needed": _no_more_than_needed,
    "a call in one piece": _a_call_in_one_piece,
    "results of filters first": _results_of_filters_first,
}
