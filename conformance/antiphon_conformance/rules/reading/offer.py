"""What a response may call: the tools of its request, those that it reports itself, and those of the input.

Tools come from more places than `tools` of the request: from a template, from the input (`additional_tools`,
the output of a tool search), and from earlier turns that nobody sees here. A call is judged only where all of
these are in sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.rules.reading.output import Json, objects
from antiphon_conformance.rules.reading.request import NAMED, tools_of
from antiphon_conformance.rules.views import Item, ResponseObject, SuccessReply

Name = tuple[str | None, str]
"""The namespace of a tool, or None, and its name."""

GROUP, SEARCH, SERVER = "namespace", "tool_search", "mcp"
HAND_OVERS = ("additional_tools", "tool_search_output")
"""The items that hand over tools."""


def offered_tools(item: Item) -> list[Json]:
    """Every tool in sight that the response of an item may call; read once a response."""
    key = ("offered tools", id(item.response))  # the value holds the response, so that no other takes its id
    return item.exchange.facts.once(key, _offered_in, item)[1]


def _offered_in(item: Item) -> tuple[Json, list[Json]]:
    return item.response, _offered(item, item.response)


def _offered(view: SuccessReply, response: Json) -> list[Json]:
    return [
        *tools_of(view),
        *(tool for _, tool in objects(response.get("tools"))),
        *_handed_over(view.request_fields.get("input")),
        *_handed_over(response.get("output")),
    ]


def _handed_over(items: Any) -> Iterator[Json]:
    for _, entry in objects(items):
        if entry.get("type") in HAND_OVERS:
            yield from (tool for _, tool in objects(entry.get("tools")))


def offers_nothing(response: ResponseObject) -> bool:
    """Whether neither the request nor the response names any tool, and nothing out of sight can."""
    hidden = response.request_fields.get("prompt") is not None or continues(response)
    return not hidden and not _offered(response, response.content)


def offered_names(item: Item) -> set[Name]:
    """The names that a call of the client's tools may have."""
    names: set[Name] = set()
    for tool in offered_tools(item):
        group = tool.get("name") if tool.get("type") == GROUP else None
        inner = [entry for _, entry in objects(tool.get("tools"))] if group is not None else [tool]
        names |= {(group, entry["name"]) for entry in inner if isinstance(entry.get("name"), str)}
    return names


def may_name(call: Json, names: set[Name]) -> bool:
    """Whether the name of a call, with its namespace, is one of these.

    A lone function that was found by a search has its own name as namespace. A call without a namespace may
    mean a function in one: some servers leave it out.
    """
    namespace, name = call.get("namespace"), call.get("name")
    if not isinstance(name, str) or not isinstance(namespace, str | None):
        return False
    if namespace is None:
        return any(name == offered for _, offered in names)
    return (namespace, name) in names or (namespace == name and (None, name) in names)


def sees_every_tool(item: Item) -> bool:
    """Whether every tool is in sight that a call of the client's tools can name."""
    fields = item.request_fields
    if item.operation != item.dialect.create_operation or not fields:
        return False
    kinds = {str(tool.get("type")) for tool in offered_tools(item)}
    chained = continues(item)
    if kinds - {*NAMED, GROUP, SEARCH}:
        return False
    if fields.get("prompt") is not None and not isinstance(item.response.get("tools"), list):
        return False
    return not chained or bool(fields.get("tools") and SEARCH not in kinds)


def continues(view: SuccessReply) -> bool:
    """Whether the request continues earlier turns, which are not in sight."""
    return any(view.request_fields.get(name) is not None for name in ("previous_response_id", "conversation"))


def servers(item: Item) -> list[Json]:
    """The MCP servers that the request or the response names."""
    return [tool for tool in offered_tools(item) if tool.get("type") == SERVER]


def listed_tools(item: Item, label: Any) -> list[Json] | None:
    """The tools in the lists of a server that are in sight; None when no list is."""
    sources = (item.request_fields.get("input"), item.response.get("output"))
    lists = [
        entry
        for source in sources
        for _, entry in objects(source)
        if entry.get("type") == "mcp_list_tools" and entry.get("server_label") == label
    ]
    return [tool for entry in lists for _, tool in objects(entry.get("tools"))] if lists else None


def answers_approval(item: Item) -> bool:
    """Whether the input approves a call."""
    return any(
        entry.get("type") == "mcp_approval_response" and entry.get("approve") is True
        for _, entry in objects(item.request_fields.get("input"))
    )
