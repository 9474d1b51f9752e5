"""Tools of MCP servers that the mock calls itself: their lists, and the results of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from antiphon_mockserver.model.reading import Output
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.tool_servers import Result, ToolServer, Unreachable

Tool = Mapping[str, Any]


def lists(context: Context) -> list[Item]:
    """For each server, the item that lists its tools or has the error."""
    return [_list(server) for server in context.servers.values()]


def expand(tools: Sequence[Tool], tool_lists: Sequence[Item], context: Context) -> list[Tool]:
    """The tools; in place of each server with a list stand the tools of its list."""
    rows_by_label: Mapping[Any, Any] = {item["server_label"]: item["tools"] for item in tool_lists}
    flat: list[Tool] = []
    for tool in tools:
        label: Any = tool.get("server_label") if tool.get("type") == "mcp" else None
        if label in rows_by_label:
            flat += [_callable(row, context.servers[label]) for row in rows_by_label[label]]
        else:
            flat.append(tool)
    return flat


def call(tool: Tool, arguments: str) -> Item:
    """The call of a server's tool, with its output or error."""
    server: ToolServer = tool["server"]
    try:
        result = server.call(tool["name"], orjson.loads(arguments))
    except Unreachable as problem:
        result = Result(error=str(problem))
    head = {"name": tool["name"], "server_label": server.label, "arguments": arguments}
    return {"type": "mcp_call", **head, "output": result.output, "error": result.error}


def outputs(items: Sequence[Item], context: Context) -> tuple[Output, ...]:
    """The outputs of the calls to servers."""
    calls = (item for item in items if item["type"] == "mcp_call" and item["server_label"] in context.servers)
    return tuple(Output(item["name"], item["output"] or item["error"] or "") for item in calls)


def _list(server: ToolServer) -> Item:
    try:
        tools, error = list(server.tools()), None
    except Unreachable as problem:
        tools, error = [], str(problem)
    return {"type": "mcp_list_tools", "server_label": server.label, "tools": tools, "error": error}


def _callable(row: Tool, server: ToolServer) -> Tool:
    """A tool of a list as the model sees it."""
    head = {"name": row["name"], "server_label": server.label}
    return {"type": "mcp", **head, "parameters": row["input_schema"], "server": server}
