"""Tools of an MCP server that the target calls by itself, at once or after a question."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.signs import rejects_its_tools, says_unsupported
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import UnsupportedError
from antiphon_conformance.scenarios.scenario import scenario

NOWHERE = "https://mcp.antiphon.example/mcp"
"""The address of a server that nobody can reach, for users who name none."""
QUESTION = "Call any tool of the server once, with arguments that fit it, and tell what it returned."


@scenario(features=("mcp_server",), dialect="openai")
async def mcp_server(conversation: Conversation) -> None:
    """Streams a call of a tool that needs no approval, then forces one that does."""
    url = conversation.resources.get("mcp_server", NOWHERE)
    tool: dict[str, Any] = {"type": "mcp", "server_label": "antiphon", "server_url": url}
    freely = {**tool, "require_approval": "never"}
    create: dict[str, Any] = {"input": QUESTION, "tool_choice": "required", "store": False}
    named = "mcp_server" in conversation.resources
    called = await conversation.create("called", tools=[freely], stream=True, may_fail=not named, **create)
    if not called.ok and (says_unsupported(called) or rejects_its_tools(called)):
        conversation.missing_feature = "mcp_server"
        raise UnsupportedError(f"called: answered {called.answer.status}")
    if not called.ok:
        conversation.end_without_resource("called", "mcp_server")
    await conversation.create(
        "asked", tools=[{**tool, "require_approval": "always"}], may_fail=True, **create
    )
