"""Reads a request for a chat completion as the create of a response: one model answers both.

as_create({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9})
-> {"model": "m", "input": [{"type": "message", "role": "user", ...}], "max_output_tokens": 9}
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from antiphon_mockserver.server.errors import invalid

Message = Mapping[str, Any]

SAME = (
    "model",
    "parallel_tool_calls",
    "temperature",
    "top_p",
    "top_logprobs",
    "service_tier",
    "user",
    "seed",
)
"""The members that both operations have."""
LENGTHS = ("max_completion_tokens", "max_tokens")
"""The members that limit the output, the newer one first."""
CALLABLE = ("function", "custom")
PARAMS = (
    ("text.format.schema", "response_format.json_schema.schema"),
    ("text.format", "response_format"),
    ("text", "response_format"),
    ("input", "messages"),
    ("max_output_tokens", "max_completion_tokens"),
)
"""The names of members in errors: of a create, and of a chat."""


def as_create(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a create that means the same. Rejects messages that nobody can read, with 400."""
    create: dict[str, Any] = {name: body[name] for name in SAME if body.get(name) is not None}
    custom = _custom_calls(body["messages"])
    create["input"] = [item for message in body["messages"] for item in _items(message, custom)]
    limit = next((body[name] for name in LENGTHS if body.get(name) is not None), None)
    if limit is not None:
        create["max_output_tokens"] = limit
    if tools := [*(body.get("tools") or ()), *map(_wrap, body.get("functions") or ())]:
        create["tools"] = [_flat(tool) for tool in tools]
    choice = body.get("tool_choice") or body.get("function_call")
    if choice is not None:
        create["tool_choice"] = choice if isinstance(choice, str) else _choice(choice)
    if body.get("response_format") is not None:
        create["text"] = {"format": _format(body["response_format"])}
    if body.get("reasoning_effort") is not None:
        create["reasoning"] = {"effort": body["reasoning_effort"]}
    if body.get("logprobs") is True:
        create["include"] = ["message.output_text.logprobs"]
    return create


def param_of_chat(param: str | None) -> str | None:
    """The name of a member in a chat, where an error names it as a create has it."""
    if param is None:
        return None
    for ours, theirs in PARAMS:
        if param == ours or param.startswith((f"{ours}.", f"{ours}[")):
            return theirs + param[len(ours) :]
    return param


def _items(message: Message, custom: Container[Any]) -> Iterator[dict[str, Any]]:
    role, content = message["role"], message.get("content")
    if role in ("tool", "function"):
        kind = "custom_tool_call" if message.get("tool_call_id") in custom else "function_call"
        call_id = message.get("tool_call_id") or f"call_{message.get('name')}"
        yield {"type": f"{kind}_output", "call_id": call_id, "output": _text(content)}
        return
    if role == "assistant":
        parts = [{"type": "output_text", "text": _text(content)}] if _text(content) else []
        if message.get("refusal"):
            parts.append({"type": "refusal", "refusal": message["refusal"]})
        if parts:
            yield {"type": "message", "role": "assistant", "content": parts}
        yield from map(_call, message.get("tool_calls") or ())
        if message.get("function_call"):
            call = message["function_call"]
            yield _call({"id": f"call_{call['name']}", "type": "function", "function": call})
        return
    yield {"type": "message", "role": role, "content": list(_parts(content))}


def _custom_calls(messages: Sequence[Message]) -> set[Any]:
    """The ids of the calls of custom tools."""
    calls = (call for message in messages for call in message.get("tool_calls") or ())
    return {call["id"] for call in calls if "custom" in call}


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    if "custom" in call:
        custom = call["custom"]
        head = {"type": "custom_tool_call", "call_id": call["id"]}
        return {**head, "name": custom["name"], "input": custom["input"]}
    function = _member(call, "function", "a call")
    head = {"type": "function_call", "call_id": call["id"]}
    return {**head, "name": function["name"], "arguments": function["arguments"]}


def _text(content: Any) -> str:
    """The text of a message without its other parts."""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text") or part.get("refusal") or "") for part in content or ())


def _member(value: Mapping[str, Any], name: str, owner: str, param: str = "messages") -> Any:
    """A member that the document leaves open, because other types of its owner lack it. Rejects a value
    without it, with 400."""
    member, kind = value.get(name), str if name == "text" else Mapping
    if not isinstance(member, kind):
        words = "a text" if kind is str else "an object"
        raise invalid(f"Invalid '{param}': {owner} needs {words} '{name}'.", param)
    return member


def _parts(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, str):
        yield {"type": "input_text", "text": content}
        return
    for part in content or ():
        kind = part["type"]
        if kind == "text":
            yield {"type": "input_text", "text": _member(part, "text", "a part of type text")}
        elif kind == "image_url":
            image = _member(part, "image_url", "a part of type image_url")
            detail = image.get("detail") or "auto"
            yield {"type": "input_image", "image_url": image.get("url"), "detail": detail}
        elif kind == "file":
            yield {"type": "input_file", **_member(part, "file", "a part of type file")}
        elif kind == "input_audio":
            audio = _member(part, "input_audio", "a part of type input_audio")
            yield {"type": "input_audio", "input_audio": audio}
        else:
            raise invalid(f"Invalid value: '{str(kind)[:64]}' is no part of a message.", "messages")


def _wrap(function: Mapping[str, Any]) -> dict[str, Any]:
    """A function of the older spelling as a tool."""
    return {"type": "function", "function": function}


def _flat(tool: Mapping[str, Any]) -> dict[str, Any]:
    kind = tool.get("type")
    inner = _inner(tool, kind)
    if not isinstance(inner.get("name"), str):
        raise invalid(
            f"Invalid 'tools': a tool of type {str(kind)[:64]} needs a 'name' in that object.", "tools"
        )
    return {"type": kind, **inner}


def _inner(tool: Mapping[str, Any], kind: Any) -> Mapping[str, Any]:
    """The object that has the name of the tool's type; empty when there is none: any text may be a type."""
    inner = tool.get(kind) if isinstance(kind, str) else None
    return inner if isinstance(inner, Mapping) else {}


def _choice(choice: Mapping[str, Any]) -> dict[str, Any]:
    kind = choice.get("type", "function")
    if kind == "allowed_tools":
        allowed = _member(choice, "allowed_tools", "this choice", "tool_choice")
        tools = [_flat(tool) for tool in allowed.get("tools") or () if isinstance(tool, Mapping)]
        return {"type": kind, "mode": allowed.get("mode"), "tools": tools}
    return {"type": kind, "name": (_inner(choice, kind) or choice).get("name")}


def _format(form: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": form["type"], **(form.get("json_schema") or {})}
