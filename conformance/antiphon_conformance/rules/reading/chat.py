"""Puts the chunks of a chat completion together, and reads the calls of its choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antiphon_conformance.rules.reading.output import member, objects

Json = Mapping[str, Any]
CALLABLE = {"function": "arguments", "custom": "input"}
"""The types of calls -> the member with what the model wrote."""


def joined(chunks: Sequence[Json]) -> Json:
    """The completion that the chunks of a stream make, as clients put it together.

    A piece without an index belongs to the first choice or call: the missing member is another rule's matter.
    Without chunks there is no completion, and the result is empty.
    """
    if not chunks:
        return {}
    choices: dict[int, dict[str, Any]] = {}
    usage: Any = None
    for chunk in chunks:
        usage = chunk["usage"] if isinstance(chunk.get("usage"), dict) else usage
        for _, piece in objects(chunk.get("choices")):
            index = number_of(piece)
            choice = choices.setdefault(index, {"index": index, "message": {}, "finish_reason": None})
            choice["finish_reason"] = piece.get("finish_reason") or choice["finish_reason"]
            delta = piece.get("delta")
            _add(choice["message"], delta if isinstance(delta, dict) else {})
    for choice in choices.values():
        if pieces := choice["message"].get("tool_calls"):
            choice["message"]["tool_calls"] = [pieces[index] for index in sorted(pieces)]
    return {"choices": [choices[index] for index in sorted(choices)], "usage": usage}


def is_of_a_proxy(value: Json) -> bool:
    """Whether a message of a stream has a type and no choices: a proxy keeps the connection alive so."""
    return isinstance(value.get("type"), str) and "choices" not in value


def number_of(piece: Json) -> int:
    """The index of a choice or a call; 0 where it has none."""
    index = piece.get("index")
    return index if type(index) is int else 0


def _add(message: dict[str, Any], delta: Json) -> None:
    """Adds a delta: texts are appended, calls are told apart by their index."""
    for name, value in delta.items():
        if name == "tool_calls":
            calls = message.setdefault(name, {})
            for _, piece in objects(value):
                _add_to_call(calls.setdefault(number_of(piece), {}), piece)
        elif name in ("content", "refusal") and isinstance(value, str):
            message[name] = (message.get(name) or "") + value
        elif value is not None:
            message[name] = value


def _add_to_call(call: dict[str, Any], piece: Json) -> None:
    for name, value in piece.items():
        if name in CALLABLE and isinstance(value, dict):
            inner = call.setdefault(name, {})
            for key, text in value.items():
                is_more = key == CALLABLE[name] and isinstance(text, str)
                inner[key] = (inner.get(key) or "") + text if is_more else inner.get(key) or text
        elif name != "index":
            call[name] = call.get(name) or value


def calls_of(completion: Json) -> Iterator[tuple[str, Json, Json]]:
    """(place, choice, call) of each call of a completion."""
    for index, choice in objects(completion.get("choices")):
        for number, call in objects(member(choice, "message", "tool_calls")):
            yield f"choices/{index}/message/tool_calls/{number}", choice, call
