"""A real MCP server, over stdio or streamable HTTP.

The first request for its tools starts the server or connects to it; the connection stays open. The mock waits
for each answer, because whoever connects a real server wants its real results.
"""

from __future__ import annotations

import atexit
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import Any

from antiphon_mockserver.tool_servers.toolserver import (
    Result,
    ToolDescription,
    ToolServerError,
    mcp_tool,
    permitted_tools,
)

LONGEST_WAIT = 30.0
"""Seconds that the mock waits for one answer."""


class LiveServer:
    """An MCP server that runs elsewhere."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.label: str = content["label"]
        self.tool = mcp_tool(content)
        self._content = content
        self._resources = ExitStack()

    def tools(self) -> Sequence[ToolDescription]:
        """The tools that may be called. Raises ToolServerError when the server does not answer."""
        result = self._ask(lambda client: client.list_tools())
        tools = [
            {"name": tool.name, "description": tool.description, "input_schema": dict(tool.input_schema)}
            for tool in result.tools
        ]
        return permitted_tools(tools, self._content)

    def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """The result of a call. Raises ToolServerError when the server does not answer."""
        result = self._ask(lambda client: client.call_tool(name, dict(arguments)))
        text = "\n".join(part.text for part in result.content if part.type == "text")
        return Result(error=text) if result.is_error else Result(output=text)

    def _ask(self, question: Callable[[Any], Awaitable[Any]]) -> Any:
        try:
            portal, client = self._line
            return portal.call(question, client)
        except Exception as problem:  # the protocol, the operating system and the package raise many kinds
            self._resources.close()
            self.__dict__.pop("_line", None)
            raise ToolServerError(f"The MCP server '{self.label}' does not answer: {problem}") from problem

    @cached_property
    def _line(self) -> tuple[Any, Any]:
        """A thread with an event loop, and the client that runs in it."""
        # mcp is an extra, and anyio comes with it.
        from anyio.from_thread import start_blocking_portal  # noqa: PLC0415
        from mcp import Client, StdioServerParameters  # noqa: PLC0415

        connect = self._content["connect"]
        command, *arguments = connect.get("command", ("",))
        target = connect.get("url") or StdioServerParameters(command=command, args=arguments)
        portal = self._resources.enter_context(start_blocking_portal())
        client = Client(target, read_timeout_seconds=LONGEST_WAIT)
        atexit.register(self._resources.close)
        return portal, self._resources.enter_context(portal.wrap_async_context_manager(client))
