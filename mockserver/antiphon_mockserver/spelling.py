"""Requests in the spelling of Chat Completions, said as the Responses API says it.

Tools and a tool choice nested under `function`, parts of type `text` and `image_url`, `max_tokens`,
`response_format`, and `reasoning` as a boolean. What has neither spelling is left for the checks to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from antiphon_spec.dialect import Traits

Json = dict[str, Any]

RENAMED = {"max_tokens": "max_output_tokens"}
THINKING = {"effort": "medium", "summary": "auto"}
"""What `reasoning: true` comes to."""
PARTS = frozenset({"text", "image_url", "input_text", "input_image", "input_audio", "input_file"})
"""The types of parts that may stand in a list of input without a message around them."""


def respell(body: Mapping[str, Any], traits: Traits) -> Mapping[str, Any]:
    """The body of a request, said in one way."""
    if not traits.chat_spellings:
        return body
    told: Json = dict(body)
    for name, other in RENAMED.items():
        if name in told:
            told[other] = told.get(other) if told.get(other) is not None else told[name]
            del told[name]
    if isinstance(told.get("reasoning"), bool):
        told["reasoning"] = dict(THINKING) if told["reasoning"] else None
    elif isinstance(told.get("reasoning"), dict):
        told["reasoning"] = _reasoning(told["reasoning"])
    if isinstance(told.get("tools"), list):
        told["tools"] = [_flat(tool) for tool in told["tools"]]
    told |= {"tool_choice": _flat(told["tool_choice"])} if "tool_choice" in told else {}
    if isinstance(told.get("input"), list):
        told["input"] = _input(told["input"])
    return _with_format(told)


def _flat(tool: Any) -> Any:
    """A function with its members beside its type."""
    inner = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(inner, dict):
        return tool
    return {**{name: value for name, value in tool.items() if name != "function"}, **inner}


def _reasoning(given: Json) -> Json:
    told = {name: value for name, value in given.items() if name != "reasoning_effort"}
    return {"effort": given["reasoning_effort"], **told} if "reasoning_effort" in given else told


def _with_format(told: Json) -> Json:
    form = told.pop("response_format", None)
    if isinstance(form, dict):
        inner = form.get("json_schema")
        flat = {"type": form.get("type"), **inner} if isinstance(inner, dict) else form
        told["text"] = {"format": flat} if told.get("text") is None else told["text"]
    return told


def _input(given: Sequence[Any]) -> list[Any]:
    """The items; parts without a message around them become one of the user."""
    items: list[Any] = []
    for bare, run in groupby(given, _is_part):
        if bare:
            items.append({"type": "message", "role": "user", "content": [_part(part) for part in run]})
        else:
            items += map(_item, run)
    return items


def _is_part(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind in PARTS


def _item(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    parts = {name: item[name] for name in ("content", "output") if isinstance(item.get(name), list)}
    text = "output_text" if item.get("role") == "assistant" else "input_text"
    return item | {name: [_part(part, text) for part in found] for name, found in parts.items()}


def _part(part: Any, text: str = "input_text") -> Any:
    """A part with the name that the Responses API has for it."""
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        return {**part, "type": text}
    if kind == "image_url" and isinstance(part.get("image_url"), dict):
        image = part["image_url"]
        return {"type": "input_image", "image_url": image.get("url"), "detail": image.get("detail") or "auto"}
    return part
