"""Calls of hosted tools: a search, a run of code, a picture, a call to an MCP server.

The mock runs no tool; it sends the items so that clients see their shapes and events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from antiphon_mockserver.response.plan import Item

Tool = Mapping[str, Any]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one transparent point, as PNG in base64."""


def web_search(_tool: Tool, prompt: str) -> Item:
    """A search of the web."""
    return {"type": "web_search_call", "action": {"type": "search", "query": prompt}}


def file_search(_tool: Tool, prompt: str) -> Item:
    """A search of the client's files."""
    return {"type": "file_search_call", "queries": [prompt], "results": None}


def code_interpreter(_tool: Tool, prompt: str) -> Item:
    """A program, run in a container."""
    code = f"print({prompt!r})"
    return {"type": "code_interpreter_call", "code": code, "container_id": "cntr_antiphon", "outputs": None}


def image_generation(tool: Tool, prompt: str) -> Item:
    """A picture."""
    return {
        "type": "image_generation_call",
        "background": tool.get("background", "opaque"),
        "output_format": tool.get("output_format", "png"),
        "quality": tool.get("quality", "low"),
        "result": PIXEL,
        "revised_prompt": prompt,
        "size": tool.get("size", "1024x1024"),
    }


def mcp(tool: Tool, _prompt: str) -> Item:
    """A call to an MCP server, or the request to approve it (TOOL-25)."""
    call = {"arguments": "{}", "name": "search", "server_label": tool.get("server_label", "")}
    if tool.get("require_approval") != "never":
        return {"type": "mcp_approval_request", **call}
    return {
        "type": "mcp_call",
        "approval_request_id": None,
        **call,
        "error": None,
        "output": "Nothing was found.",
    }


def local_shell(_tool: Tool, _prompt: str) -> Item:
    """A command for the client's shell."""
    action: Item = {
        "type": "exec",
        "command": ["ls"],
        "env": {},
        "timeout_ms": None,
        "working_directory": None,
    }
    return {"type": "local_shell_call", "action": action, "call_id": None}


def shell(_tool: Tool, _prompt: str) -> Item:
    """Commands for a shell."""
    action = {"commands": ["ls"], "max_output_length": None, "timeout_ms": None}
    return {"type": "shell_call", "action": action, "call_id": None, "environment": None}


def apply_patch(_tool: Tool, prompt: str) -> Item:
    """A change of the client's files."""
    operation = {"type": "create_file", "diff": f"+{prompt.partition(chr(10))[0]}\n", "path": "note.txt"}
    return {"type": "apply_patch_call", "call_id": None, "operation": operation}


def computer(_tool: Tool, _prompt: str) -> Item:
    """A screenshot of the client's screen."""
    return {
        "type": "computer_call",
        "action": {"type": "screenshot"},
        "call_id": None,
        "pending_safety_checks": [],
    }


def tool_search(_tool: Tool, prompt: str) -> Item:
    """A search for further tools."""
    return {
        "type": "tool_search_call",
        "arguments": {"query": prompt},
        "call_id": None,
        "execution": "server",
    }


HOSTED: Mapping[str, Callable[[Tool, str], Item]] = {
    "web_search": web_search,
    "web_search_2025_08_26": web_search,
    "web_search_preview": web_search,
    "web_search_preview_2025_03_11": web_search,
    "file_search": file_search,
    "code_interpreter": code_interpreter,
    "image_generation": image_generation,
    "mcp": mcp,
    "local_shell": local_shell,
    "shell": shell,
    "apply_patch": apply_patch,
    "computer": computer,
    "computer_use_preview": computer,
    "tool_search": tool_search,
}
"""The call of each type of hosted tool."""

ANSWERED = frozenset(
    {
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "mcp_call",
        "tool_search_call",
    }
)
"""Items after which the model continues, because the server itself ran the tool."""
