"""What a response reports of a hosted tool, where genuine traffic has something else than the request."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.hosted_tools.work import Tool, container_of
from antiphon_mockserver.response.plan import Context

REDACTED = "<redacted>"
NOT_ECHOED = {"image_generation": ("partial_images", "action")}
"""The members of a tool that do not come back."""


def echo_hosted(tool: Tool, context: Context) -> dict[str, Any]:
    """The tool without secrets; a new container comes back as a reference to it."""
    shown = {name: value for name, value in tool.items() if name not in NOT_ECHOED.get(tool["type"], ())}
    if tool["type"] == "mcp":
        shown["headers"] = dict.fromkeys(tool.get("headers") or (), REDACTED) or None
        if shown.get("authorization"):
            shown["authorization"] = REDACTED
    environment = tool.get("environment")
    if tool["type"] == "shell" and environment and environment.get("type") == "container_auto":
        shown["environment"] = {"type": "container_reference", "container_id": container_of(tool, context)}
    return shown
