"""Tools of servers that the model calls by itself: which there are, and what comes of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from antiphon_mockserver.model.reading import Output
from antiphon_mockserver.plan import Context, Item
from antiphon_mockserver.toolservers import Result, ToolServer, Unreachable

Tool = Mapping[str, Any]


def lists(context: Context) -> list[Item]:
    """For each server the item that lists its tools, or says why there are none."""
    return [_list(server) for server in context.servers.values()]


def opened(tools: Sequence[Tool], listed: Sequence[Item], context: Context) -> list[Tool]:
    """The tools, each server that listed its own replaced by these."""
    inside: Mapping[Any, Any] = {item["server_label"]: item["tools"] for item in listed}
    found: list[Tool] = []
    for tool in tools:
        label: Any = tool.get("server_label") if tool.get("type") == "mcp" else None
        if label in inside:
            found += [_offered(one, context.servers[label]) for one in inside[label]]
        else:
            found.append(tool)
    return found


def call(tool: Tool, arguments: str) -> Item:
    """The call of a server's tool, with what came of it."""
    server: ToolServer = tool["server"]
    try:
        result = server.call(tool["name"], orjson.loads(arguments))
    except Unreachable as problem:
        result = Result(error=str(problem))
    told = {"name": tool["name"], "server_label": server.label, "arguments": arguments}
    return {"type": "mcp_call", **told, "output": result.output, "error": result.error}


def outputs(items: Sequence[Item], context: Context) -> tuple[Output, ...]:
    """What the calls of servers gave back."""
    made = (item for item in items if item["type"] == "mcp_call" and item["server_label"] in context.servers)
    return tuple(Output(item["name"], item["output"] or item["error"] or "") for item in made)


def _list(server: ToolServer) -> Item:
    try:
        tools, error = list(server.tools()), None
    except Unreachable as problem:
        tools, error = [], str(problem)
    return {"type": "mcp_list_tools", "server_label": server.label, "tools": tools, "error": error}


def _offered(listed: Tool, server: ToolServer) -> Tool:
    """A listed tool as the model sees it."""
    named = {"name": listed["name"], "server_label": server.label}
    return {"type": "mcp", **named, "parameters": listed["input_schema"], "server": server}
