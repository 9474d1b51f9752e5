"""A real server of tools, spoken to in the Model Context Protocol, over stdio or streamable HTTP.

It is started, or connected to, when its tools are first asked for, and kept. The mock server waits for each
of its answers: whoever connects one wants what it really says, not speed.
"""

from __future__ import annotations

import atexit
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import Any

from antiphon_mockserver.toolservers.toolserver import Listed, Result, Unreachable, allowed, shown

LONGEST_WAIT = 30.0
"""Seconds that the server has for one answer."""


class Connected:
    """A server of tools that runs elsewhere."""

    lasting = False

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.label: str = told["label"]
        self.tool = shown(told)
        self._told = told
        self._kept = ExitStack()

    def tools(self) -> Sequence[Listed]:
        """The tools that may be called. Raises Unreachable when there is no such server."""
        found = self._ask(lambda client: client.list_tools())
        listed = [
            {"name": tool.name, "description": tool.description, "input_schema": dict(tool.input_schema)}
            for tool in found.tools
        ]
        return allowed(listed, self._told)

    def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """What comes of a call. Raises Unreachable when the server is gone."""
        found = self._ask(lambda client: client.call_tool(name, dict(arguments)))
        text = "\n".join(part.text for part in found.content if part.type == "text")
        return Result(error=text) if found.is_error else Result(output=text)

    def _ask(self, question: Callable[[Any], Awaitable[Any]]) -> Any:
        try:
            portal, client = self._line
            return portal.call(question, client)
        except Exception as problem:  # of the protocol, the operating system, the package: nobody is there
            self._kept.close()
            self.__dict__.pop("_line", None)
            raise Unreachable(f"The server of tools '{self.label}' does not answer: {problem}") from problem

    @cached_property
    def _line(self) -> tuple[Any, Any]:
        """A thread with an event loop, and the client whose conversation lives in it."""
        # mcp is an extra, and anyio comes with it.
        from anyio.from_thread import start_blocking_portal  # noqa: PLC0415
        from mcp import Client, StdioServerParameters  # noqa: PLC0415

        connect = self._told["connect"]
        command, *arguments = connect.get("command", ("",))
        target = connect.get("url") or StdioServerParameters(command=command, args=arguments)
        portal = self._kept.enter_context(start_blocking_portal())
        client = Client(target, read_timeout_seconds=LONGEST_WAIT)
        atexit.register(self._kept.close)
        return portal, self._kept.enter_context(portal.wrap_async_context_manager(client))
