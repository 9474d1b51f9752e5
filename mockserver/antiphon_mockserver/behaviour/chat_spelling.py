"""Translates requests in the spelling of Chat Completions to the spelling of the Responses API.

Tools and a tool choice nested under `function`, parts of type `text` and `image_url`, `max_tokens`,
`response_format`, and `reasoning` as a boolean. Everything else stays unchanged for the checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

Json = dict[str, Any]

NEW_NAMES = {"max_tokens": "max_output_tokens"}
THINKING = {"effort": "medium", "summary": "auto"}
"""The meaning of `reasoning: true`."""
PARTS = frozenset({"text", "image_url", "input_text", "input_image", "input_audio", "input_file"})
"""The types of parts that may be in `input` without a message around them."""


def read_chat_spelling(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the body in the spelling of the Responses API; dialects that accept both spellings use it."""
    result: Json = dict(body)
    for name, new_name in NEW_NAMES.items():
        if name in result:
            result[new_name] = result.get(new_name) if result.get(new_name) is not None else result[name]
            del result[name]
    if isinstance(result.get("reasoning"), bool):
        result["reasoning"] = dict(THINKING) if result["reasoning"] else None
    elif isinstance(result.get("reasoning"), dict):
        result["reasoning"] = _reasoning(result["reasoning"])
    if isinstance(result.get("tools"), list):
        result["tools"] = [_flat(tool) for tool in result["tools"]]
    result |= {"tool_choice": _flat(result["tool_choice"])} if "tool_choice" in result else {}
    if isinstance(result.get("input"), list):
        result["input"] = _input(result["input"])
    return _with_format(result)


def _flat(tool: Any) -> Any:
    """A tool with the members of `function` beside its type."""
    inner = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(inner, dict):
        return tool
    return {**{name: value for name, value in tool.items() if name != "function"}, **inner}


def _reasoning(options: Json) -> Json:
    members = {name: value for name, value in options.items() if name != "reasoning_effort"}
    return {"effort": options["reasoning_effort"], **members} if "reasoning_effort" in options else members


def _with_format(body: Json) -> Json:
    form = body.pop("response_format", None)
    if isinstance(form, dict):
        inner = form.get("json_schema")
        flat = {"type": form.get("type"), **inner} if isinstance(inner, dict) else form
        body["text"] = {"format": flat} if body.get("text") is None else body["text"]
    return body


def _input(values: Sequence[Any]) -> list[Any]:
    """The items; a run of parts without a message becomes one user message."""
    items: list[Any] = []
    for bare, run in groupby(values, _is_part):
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
    return item | {name: [_part(part, text) for part in members] for name, members in parts.items()}


def _part(part: Any, text: str = "input_text") -> Any:
    """A part with its type in the Responses API."""
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        return {**part, "type": text}
    if kind == "image_url" and isinstance(part.get("image_url"), dict):
        image = part["image_url"]
        return {"type": "input_image", "image_url": image.get("url"), "detail": image.get("detail") or "auto"}
    return part
