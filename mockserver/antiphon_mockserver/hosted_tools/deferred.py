"""Functions that the model does not see until a search of tools has brought them up."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon_mockserver.hosted_tools.work import Tool, Work
from antiphon_mockserver.response.plan import Item

SEARCH, OUTPUT = "tool_search", "tool_search_output"


def is_deferred(tool: Tool) -> bool:
    """Whether a tool, or every function of a namespace, waits for a search."""
    if tool.get("type") == "namespace":
        return bool(tool["tools"]) and all(inner.get("defer_loading") for inner in tool["tools"])
    return tool.get("defer_loading") is True


def with_searches(tools: Sequence[Tool]) -> list[Tool]:
    """The tools; where one of them searches, it `hides` the deferred ones that nothing has loaded yet."""
    if not any(tool.get("type") == SEARCH for tool in tools):
        return list(tools)
    hidden = [tool for tool in tools if is_deferred(tool)]
    visible = [tool for tool in tools if not is_deferred(tool)]
    return [{**tool, "hides": hidden} if tool.get("type") == SEARCH else tool for tool in visible]


def search_by_server(hits: Sequence[Tool]) -> Work:
    """A search of tools by the server, with the tools that it brought up, whole."""
    head: Item = {"call_id": None, "execution": "server"}
    items: tuple[Item, ...] = (
        {"type": "tool_search_call", **head, "arguments": {"paths": [hit["name"] for hit in hits]}},
        {"type": OUTPUT, **head, "tools": [dict(hit) for hit in hits]},
    )
    return Work(items, SEARCH, f"{', '.join(hit['name'] for hit in hits) or 'no tool that fits'}")
