"""Servers of tools (Model Context Protocol) that a request names: every address leads to the same server.

It searches and fetches the pages of the shipped web, and calculates. A call waits for an approval where the
request does not say that it needs none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from antiphon_mockserver.hosted_tools.calculator import ProgramError, program_of, run
from antiphon_mockserver.hosted_tools.searches import look_up, pages
from antiphon_mockserver.hosted_tools.work import Tool, Work
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.tool_servers import Result, ToolServer, ToolServerError
from antiphon_spec.loading.construction import dataclass

LIST, CALL, REQUEST, RESPONSE = "mcp_list_tools", "mcp_call", "mcp_approval_request", "mcp_approval_response"


def _described(name: str, description: str, parameter: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "input_schema": {
            "type": "object",
            "properties": {parameter: {"type": "string"}},
            "required": [parameter],
            "additionalProperties": False,
        },
        "annotations": {"read_only": True},
    }


TOOLS = (
    _described("search", "Searches the pages of the library.", "query"),
    _described("fetch", "Fetches the text of a page.", "url"),
    _described("calculate", "Computes an arithmetic expression.", "expression"),
)


@dataclass(frozen=True, slots=True)
class SimulatedServer:
    """The server that answers at every address."""

    label: str
    tool: Mapping[str, Any]
    """The tool of the request."""

    def tools(self) -> Sequence[Mapping[str, Any]]:
        """The tools that the request allows."""
        allowed = self.tool.get("allowed_tools")
        if isinstance(allowed, Mapping):
            allowed = allowed.get("tool_names")
        return [tool for tool in TOOLS if allowed is None or tool["name"] in allowed]

    def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """The result of a call; a page or an expression that does not exist is an error."""
        text = str(arguments.get("query") or arguments.get("url") or arguments.get("expression") or "")
        if name == "calculate":
            try:
                return Result(output=run(program_of(text)).logs.strip())
            except ProgramError as problem:
                return Result(error=str(problem))
        if name == "fetch":
            page = next((page for page in pages() if page.url == text), None)
            return Result(error=f"There is no page '{text}'.") if page is None else Result(output=page.text)
        return Result(output=" ".join(f"{page.text} ({page.url})" for page in look_up(text)))


def servers_of(context: Context) -> Mapping[str, ToolServer]:
    """The servers that the model may call, by label; where the dialect has hosted tools, simulated ones."""
    if context.servers or not context.dialect.mock.hosted_tools:
        return context.servers
    tools = (tool for tool in context.request.get("tools") or () if tool.get("type") == "mcp")
    return {tool["server_label"]: SimulatedServer(tool["server_label"], tool) for tool in tools}


def server_lists(context: Context) -> list[Item]:
    """For each server, the item that lists its tools or has the error; none where the context has it."""
    if not context.dialect.mock.hosted_tools:
        return [_list(server) for server in context.servers.values()]
    labels = {item.get("server_label") for item in context.items if item.get("type") == LIST}
    lists = [_list(server) for label, server in servers_of(context).items() if label not in labels]
    for item in lists:
        if item["error"] is None:
            del item["error"]
    return lists


def expand(tools: Sequence[Tool], context: Context) -> list[Tool]:
    """The tools; in place of each server stand the tools of its list."""
    flat: list[Tool] = []
    servers = servers_of(context)
    for tool in tools:
        server = servers.get(tool["server_label"]) if tool.get("type") == "mcp" else None
        flat += [tool] if server is None else [_callable(row, server, tool) for row in _list(server)["tools"]]
    return flat


def call_server(tool: Tool, arguments: str, approval: str | None = None) -> Work:
    """The call of a server's tool with its output or error, or the question whether to call it (TOOL-25)."""
    server: ToolServer = tool["server"]
    head = {"name": tool["name"], "server_label": server.label, "arguments": arguments}
    if approval is None and needs_approval(tool.get("require_approval"), tool["name"]):
        return Work(({"type": REQUEST, **head},))
    try:
        result = server.call(tool["name"], orjson.loads(arguments))
    except ToolServerError as problem:
        result = Result(error=str(problem))
    item: Item = {"type": CALL, **head, "output": result.output, "error": result.error}
    text = result.output or result.error or ""
    if tool["asks"]:
        item["approval_request_id"] = approval
        if result.error is not None:
            error = {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": result.error}]}
            item |= {"status": "failed", "error": error}
    return Work((item,), tool["name"], text)


def needs_approval(choice: Any, name: str) -> bool:
    """Whether `require_approval` makes the model ask before it calls a tool; without a value it does."""
    if not isinstance(choice, Mapping):
        return bool(choice != "never")
    names = {side: (choice.get(side) or {}).get("tool_names") or () for side in ("always", "never")}
    return name in names["always"] or name not in names["never"]


def approvals(context: Context) -> Iterator[Work]:
    """The calls that the client has approved since the last answer, and the ones that it has not."""
    requests = {item.get("id"): item for item in context.items if item.get("type") == REQUEST}
    for item in _newest(context.items):
        request = requests.get(item.get("approval_request_id"))
        if request is None:
            continue
        name = str(request["name"])
        if not item.get("approve"):
            reason = f" ({item['reason']})" if item.get("reason") else ""
            yield Work((), name, f"not there, because the call was not approved{reason}")
            continue
        label = str(request["server_label"])
        server = servers_of(context).get(label) or SimulatedServer(label, {})
        tool = {"name": name, "server": server, "asks": True, "require_approval": "never"}
        yield call_server(tool, str(request["arguments"]), str(request["id"]))


def _newest(items: Sequence[Item]) -> list[Item]:
    """The answers to questions that end the context."""
    answers: list[Item] = []
    for item in reversed(items):
        if item.get("type") != RESPONSE:
            break
        answers.insert(0, item)
    return answers


def _list(server: ToolServer) -> Item:
    try:
        tools, error = list(server.tools()), None
    except ToolServerError as problem:
        tools, error = [], str(problem)
    return {"type": LIST, "server_label": server.label, "tools": tools, "error": error}


def _callable(row: Tool, server: ToolServer, tool: Tool) -> Tool:
    """A tool of a list as the model sees it."""
    asks = isinstance(server, SimulatedServer)
    return {
        "type": "mcp",
        "name": row["name"],
        "server_label": server.label,
        "parameters": row["input_schema"],
        "server": server,
        "asks": asks,
        "require_approval": tool.get("require_approval") if asks else "never",
    }
