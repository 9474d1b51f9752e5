"""What no schema says: parameters that contradict each other, or name what is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.record import Asked

ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def is_id(id: str) -> bool:
    """Whether this may be the id of anything."""
    return ID.fullmatch(id) is not None


def required(asked: Asked) -> None:
    """A create names a model and has something to answer (REQ-01 leaves this to the server)."""
    if asked.operation != asked.dialect.create_operation or asked.body.get("prompt") is not None:
        return
    if asked.body.get("model") is None:
        raise invalid("Missing required parameter: 'model'.", "model", "missing_required_parameter")
    if all(asked.body.get(name) is None for name in ("input", "previous_response_id", "conversation")):
        raise invalid("Missing required parameter: 'input'.", "input", "missing_required_parameter")


def limits(asked: Asked) -> None:
    """Ranges that one document states in prose only (REQ-44)."""
    for name, least, most in (("temperature", 0, 2), ("top_p", 0, 1)):
        value = asked.body.get(name)
        if value is not None and not least <= value <= most:
            message = f"Invalid '{name}': expected a value from {least} to {most}, got {value}."
            raise invalid(message, name, f"decimal_{'below_min' if value < least else 'above_max'}_value")


def conflicts(asked: Asked) -> None:
    """Parameters that exclude each other."""
    body = asked.body
    if body.get("background") is True and body.get("store") is False:
        raise invalid(
            "A background response has to be stored: 'background' needs 'store' to be true.", "background"
        )
    if (
        body.get("background") is True
        and body.get("stream") is True
        and not asked.dialect.traits.streamed_background
    ):
        raise invalid("'stream' and 'background' exclude each other; set one of them.", "stream")
    if body.get("conversation") is not None and body.get("previous_response_id") is not None:
        message = "'previous_response_id' and 'conversation' exclude each other; give one of them."
        raise invalid(message, "previous_response_id", "mutually_exclusive_parameters")


def identifiers(asked: Asked) -> None:
    """Ids of other objects are made of letters, digits, underscores and dashes (REQ-68)."""
    value = asked.body.get("previous_response_id")
    if isinstance(value, str) and not is_id(value):
        message = "Invalid 'previous_response_id': expected an id of letters, digits, underscores and dashes."
        raise invalid(message, "previous_response_id", "invalid_value")


def tool_choice(asked: Asked) -> None:
    """A choice can only name a tool that is there (REQ-36)."""
    choice, tools = asked.body.get("tool_choice"), asked.body.get("tools") or ()
    if choice == "required" and not tools:
        raise invalid("Tool choice 'required' needs at least one entry in 'tools'.", "tool_choice")
    if not isinstance(choice, Mapping):
        return
    wanted = choice.get("tools", ()) if choice.get("type") == "allowed_tools" else (choice,)
    for tool in wanted:
        if not any(_names(tool, offered) for offered in tools):
            named = tool.get("name") or tool.get("server_label") or tool.get("type")
            raise invalid(f"'tool_choice' names '{named}', which is not among 'tools'.", "tool_choice")


def _names(choice: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    """Whether a choice means this tool; hosted tools go by their type, MCP servers by their label."""
    keys = ("type", "server_label") if choice.get("type") == "mcp" else ("type", "name")
    return all(tool.get(key) == choice[key] for key in keys if choice.get(key) is not None)


def tool_names(asked: Asked) -> None:
    """A name means one tool; two of them could not be told apart when the model calls it (TOOL-29)."""
    seen: set[str] = set()
    for index, tool in enumerate(asked.body.get("tools") or ()):
        name = tool.get("name")
        if name in seen:
            where = f"tools[{index}].name"
            raise invalid(f"Invalid '{where}': another tool is called '{name}', too.", where, "invalid_value")
        if isinstance(name, str):
            seen.add(name)
