"""An MCP server that exists only in a file, with the results of its tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.prompt_templates.rendering import render
from antiphon_mockserver.tool_servers.toolserver import (
    Result,
    ToolDescription,
    ToolServerError,
    mcp_tool,
    permitted_tools,
)

MEMBERS = ("name", "description", "input_schema", "annotations")
"""The members of a tool that a list has."""


class FileServer:
    """An MCP server as its file describes it."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.label: str = content["label"]
        self.tool = mcp_tool(content)
        self._content = content
        self._tools = {tool["name"]: tool for tool in permitted_tools(content.get("tools", ()), content)}

    def tools(self) -> Sequence[ToolDescription]:
        """The tools that may be called. Raises ToolServerError when the file says so."""
        if "unreachable" in self._content:
            raise ToolServerError(self._content["unreachable"])
        return [{name: tool[name] for name in MEMBERS if name in tool} for tool in self._tools.values()]

    def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """The result that the file has for a call."""
        tool = self._tools[name]
        if "error" in tool:
            return Result(error=tool["error"])
        return Result(output=render(tool.get("result", ""), arguments))
