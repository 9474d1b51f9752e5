"""Checks that no schema expresses: parameters that conflict, or that name something that does not exist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails

ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return ID.fullmatch(text) is not None


def required(details: RequestDetails) -> None:
    """A create names a model and has an input, or names a prompt template (REQ-01 leaves this open)."""
    if details.operation != details.dialect.create_operation or details.body.get("prompt") is not None:
        return
    if details.body.get("model") is None:
        raise invalid("Missing required parameter: 'model'.", "model", "missing_required_parameter")
    if all(details.body.get(name) is None for name in ("input", "previous_response_id", "conversation")):
        raise invalid("Missing required parameter: 'input'.", "input", "missing_required_parameter")


def limits(details: RequestDetails) -> None:
    """Numbers lie in the ranges that one document states only in prose (REQ-44)."""
    for name, least, most in (("temperature", 0, 2), ("top_p", 0, 1)):
        value = details.body.get(name)
        if value is not None and not least <= value <= most:
            message = f"Invalid '{name}': expected a value from {least} to {most}, got {value}."
            raise invalid(message, name, f"decimal_{'below_min' if value < least else 'above_max'}_value")


def conflicts(details: RequestDetails) -> None:
    """No two parameters exclude each other."""
    body = details.body
    if body.get("background") is True and body.get("store") is False:
        raise invalid(
            "A background response has to be stored: 'background' needs 'store' to be true.", "background"
        )
    if (
        body.get("background") is True
        and body.get("stream") is True
        and not details.dialect.mock.streamed_background
    ):
        raise invalid("'stream' and 'background' exclude each other; set one of them.", "stream")
    if body.get("conversation") is not None and body.get("previous_response_id") is not None:
        message = "'previous_response_id' and 'conversation' exclude each other; give one of them."
        raise invalid(message, "previous_response_id", "mutually_exclusive_parameters")


def identifiers(details: RequestDetails) -> None:
    """An id of another object has only letters, digits, underscores and dashes (REQ-68)."""
    value = details.body.get("previous_response_id")
    if isinstance(value, str) and not is_id(value):
        message = "Invalid 'previous_response_id': expected an id of letters, digits, underscores and dashes."
        raise invalid(message, "previous_response_id", "invalid_value")


def tool_choice(details: RequestDetails) -> None:
    """`tool_choice` names only tools of the request (REQ-36)."""
    choice, tools = details.body.get("tool_choice"), details.body.get("tools") or ()
    if choice == "required" and not tools:
        raise invalid("Tool choice 'required' needs at least one entry in 'tools'.", "tool_choice")
    if not isinstance(choice, Mapping):
        return
    choices = choice.get("tools", ()) if choice.get("type") == "allowed_tools" else (choice,)
    for member in choices:
        if not any(_matches(member, tool) for tool in tools):
            label = member.get("name") or member.get("server_label") or member.get("type")
            raise invalid(f"'tool_choice' names '{label}', which is not among 'tools'.", "tool_choice")


def _matches(choice: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    """Whether a choice means this tool: a hosted tool by its type, an MCP server by its label."""
    keys = ("type", "server_label") if choice.get("type") == "mcp" else ("type", "name")
    return all(tool.get(key) == choice[key] for key in keys if choice.get(key) is not None)


def tool_names(details: RequestDetails) -> None:
    """Tool names are unique; otherwise nobody knows which tool a call means (TOOL-29)."""
    names: set[str] = set()
    for index, tool in enumerate(details.body.get("tools") or ()):
        name = tool.get("name")
        if name in names:
            where = f"tools[{index}].name"
            raise invalid(f"Invalid '{where}': another tool is called '{name}', too.", where, "invalid_value")
        if isinstance(name, str):
            names.add(name)
