"""Calls of tools on MCP servers, which the target makes by itself: named, approved, and answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.offer import (
    answers_approval,
    continues,
    listed_tools,
    servers,
)
from antiphon_conformance.rules.reading.output import member, objects, parse_json
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Item, ResponseObject

LIST, CALL, REQUEST = "mcp_list_tools", "mcp_call", "mcp_approval_request"
"""The types of the items: a server's list of tools, a call, and a question whether to call."""


def _is_call(item: Item) -> bool:
    return item.type == CALL


def _lists(response: ResponseObject) -> bool:
    return response.is_final and any(response.items_of(LIST)) and any(response.items_of(CALL))


@rule(
    "tool-servers.calls-name-a-listed-tool",
    ResponseObject,
    cites="BUD-ITM-06",
    when=_lists,
    needs="a list of tools and a call",
)
def calls_name_a_listed_tool(response: ResponseObject) -> Iterator[Finding]:
    """A call names a tool from the list of its server."""
    tools = {
        (item.get("server_label"), tool.get("name"))
        for _, item in response.items_of(LIST)
        for _, tool in objects(item.get("tools"))
    }
    for index, call in response.items_of(CALL):
        if (call.get("server_label"), call.get("name")) not in tools:
            where = f"{response.where}/output/{index}/name"
            yield Finding(where, "a tool from the list", show(call.get("name", ABSENT)))


def _knows_its_server(item: Item) -> bool:
    """Whether an item is of a server, and every server is in sight that the request can name."""
    if item.type not in (LIST, CALL, REQUEST):
        return False
    is_create = item.operation == item.dialect.create_operation and bool(item.request_fields)
    hidden = item.request_fields.get("prompt") is not None or continues(item)
    return is_create and (not hidden or bool(servers(item)))


@rule(
    "tool-servers.an-item-names-a-server-of-the-request",
    Item,
    cites="TOOL-41",
    when=_knows_its_server,
    needs="a call of a server's tool",
    reads={Part.TEXTS},
)
def an_item_names_a_server_of_the_request(item: Item) -> Iterator[Finding]:
    """The `server_label` of a call, a list or a question is that of a server that was offered.

    Where the list of a server is in sight, a call names one of its tools that the request allows.
    """
    label = item.object.get("server_label", ABSENT)
    offers = [tool for tool in servers(item) if tool.get("server_label") == label]
    tools = listed_tools(item, label)
    if not offers and tools is None:
        labels = [tool.get("server_label") for tool in servers(item)]
        yield Finding(f"{item.where}/server_label", f"one of {show(labels)}", show(label))
        return
    names = [tool.get("name") for tool in tools or ()]
    name = item.object.get("name", ABSENT)
    if item.type == LIST or tools is None:
        return
    if name not in names:
        yield Finding(f"{item.where}/name", f"one of {show(names)}", show(name))


def _is_ended_call(item: Item) -> bool:
    return item.type == REQUEST or (_is_call(item) and item.object.get("status", "completed") == "completed")


@rule(
    "tool-servers.arguments-are-json",
    Item,
    cites=("BUD-ITM-05", "TOOL-42"),
    when=_is_ended_call,
    needs="a call of a server's tool",
    reads={Part.TEXTS},
)
def arguments_are_json(item: Item) -> Iterator[Finding]:
    """The `arguments` of a call by the server are the text of a JSON object."""
    try:
        value = parse_json(item.object.get("arguments"))
    except ValueError:
        value = ABSENT
    if not isinstance(value, dict):
        actual = show(item.object.get("arguments", ABSENT))
        yield Finding(f"{item.where}/arguments", "the text of a JSON object", actual)


@rule(
    "tool-servers.a-completed-call-has-an-output-or-an-error",
    Item,
    cites=("BUD-ITM-05", "TOOL-43"),
    when=_is_call,
    needs="a call of a server's tool",
)
def a_completed_call_has_an_output_or_an_error(item: Item) -> Iterator[Finding]:
    """A completed call has an `output` or an `error`."""
    is_complete = item.object.get("status") == "completed"
    if is_complete and all(item.object.get(name) is None for name in ("output", "error")):
        actual = show(item.object.get("output", ABSENT))
        yield Finding(f"{item.where}/output", "a value, unless there is an error", actual)


@rule(
    "tool-servers.a-call-has-only-one-of-output-and-error",
    Item,
    cites="TOOL-43",
    when=_is_call,
    needs="a call of a server's tool",
)
def a_call_has_only_one_of_output_and_error(item: Item) -> Iterator[Finding]:
    """A call of a server's tool has an output or an error, and not both."""
    if item.object.get("output") is not None and item.object.get("error") is not None:
        yield Finding(f"{item.where}/error", "null beside an output", show(item.object["error"]))


def _rules_of_approval(item: Item) -> list[Any]:
    """What request and response say in `require_approval` of the server of an item."""
    label = item.object.get("server_label")
    offers = (tool for tool in servers(item) if tool.get("server_label") == label)
    return [tool["require_approval"] for tool in offers if tool.get("require_approval") is not None]


def _needs_approval(choice: Any, name: Any) -> bool:
    """Whether a value of `require_approval` makes the target ask before it calls this tool."""
    if not isinstance(choice, dict):
        return bool(choice == "always")
    never, always = (member(choice, side, "tool_names") for side in ("never", "always"))
    return isinstance(always, list) and name in always and not (isinstance(never, list) and name in never)


def _has_a_rule_of_approval(item: Item) -> bool:
    return item.type in (CALL, REQUEST) and _knows_its_server(item) and bool(_rules_of_approval(item))


@rule(
    "tool-servers.approval-is-asked-for-as-the-request-says",
    Item,
    cites="TOOL-25",
    when=_has_a_rule_of_approval,
    needs="a call of a server's tool",
    reads={Part.TEXTS},
)
def approval_is_asked_for_as_the_request_says(item: Item) -> Iterator[Finding]:
    """The target calls no tool that needs approval without one, and asks for none otherwise.

    A tool that deletes mail must not run unasked. What the request leaves out, the response reports.
    """
    choices = _rules_of_approval(item)
    needs = all(_needs_approval(choice, item.object.get("name")) for choice in choices)
    approved = item.object.get("approval_request_id") is not None or answers_approval(item)
    if item.type == CALL and needs and not approved:
        yield Finding(f"{item.where}/type", REQUEST, f"{CALL} without an approval")
    if item.type == REQUEST and all(choice == "never" for choice in choices):
        yield Finding(f"{item.where}/type", f"{CALL}, since no approval is needed", REQUEST)
