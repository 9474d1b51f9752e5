"""An MCP server, the result of a call, and the error when the server does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from antiphon_spec.loading.construction import dataclass

ToolDescription = Mapping[str, Any]
"""A tool as its server describes it: `name`, `description`, `input_schema`."""


class ToolServerError(Exception):
    """The MCP server does not answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a call: an output or an error."""

    output: str | None = None
    error: str | None = None


class ToolServer(Protocol):
    """An MCP server."""

    @property
    def label(self) -> str:
        """Its `server_label` in responses."""

    @property
    def tool(self) -> Mapping[str, Any]:
        """Its entry in the `tools` of a response."""

    def tools(self) -> Sequence[ToolDescription]:
        """The tools that may be called. Raises ToolServerError."""

    def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """The result of a call. Raises ToolServerError."""


def mcp_tool(content: Mapping[str, Any]) -> dict[str, Any]:
    """The entry in `tools` for the server with this file."""
    label = content["label"]
    address = content.get("url") or content.get("connect", {}).get("url") or f"https://tools.example/{label}"
    return {
        "type": "mcp",
        "server_label": label,
        "server_url": address,
        "require_approval": content.get("require_approval", "never"),
        **({"allowed_tools": content["allowed_tools"]} if "allowed_tools" in content else {}),
    }


def permitted_tools(tools: Sequence[ToolDescription], content: Mapping[str, Any]) -> list[ToolDescription]:
    """The tools that `allowed_tools` in the file permits."""
    names = content.get("allowed_tools")
    return [tool for tool in tools if names is None or tool["name"] in names]
