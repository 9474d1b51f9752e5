"""Calls of tools: which tools, how many calls, with which arguments, and what tools of servers answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from antiphon_mockserver.hosted_tools.calls import HOSTED
from antiphon_mockserver.model.instance import Hints, UnsupportedSchemaError, instance
from antiphon_mockserver.model.instance.grammar import shortest
from antiphon_mockserver.model.instance.pattern import matching
from antiphon_mockserver.model.prompt_hints import EXCERPT_LENGTH, QUOTED, hints_of, matched_group, names_in
from antiphon_mockserver.model.reading import Output, Reading, whole_number
from antiphon_mockserver.model.shell import command_of, with_command
from antiphon_mockserver.model.words import words
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.tool_servers import Result, ToolServer, ToolServerError

CALLABLE = frozenset({"function", "custom"})

GENERIC = frozenset(
    words(
        "get set fetch lookup look up find search query run call current do make create calculate",
        "compute tool function my user the of to for a in by and with from info information data",
        "details api list show read check retrieve new",
    )
)
"""Words in the name of a tool that do not say what it is about."""

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Choice:
    """What `tool_choice` leaves: the tools that the model may call, and whether it must call one."""

    tools: Sequence[Mapping[str, Any]]
    must_call: bool


def calls(context: Context, reading: Reading, tool_lists: Sequence[Item] = ()) -> list[Item]:
    """The calls that the model makes; none when it answers in text.

    `tool_lists` are the items that list the tools of servers.
    Raises ApiError when the parameters or the grammar of a tool cannot be filled in.
    """
    request = context.request
    if not request.get("tools"):
        return []
    offer = _expand(request["tools"], tool_lists, context)
    choice = choose(request.get("tool_choice") or "auto", offer)
    if not choice.tools or (reading.ends_in_outputs and not choice.must_call):
        return []
    tools = [
        tool
        for tool in choice.tools
        if is_named(tool["name"], reading.prompt) or command_of(tool, reading.prompt) is not None
    ]
    if choice.must_call and not tools:
        tools = [choice.tools[0]]
    names = [tool["name"] for tool in tools]
    results = [
        call
        for tool in tools
        for call in _calls_of(tool, about(tool["name"], names, reading.prompt), request["tools"])
    ]
    return results[: _most(context)]


def choose(choice: Any, tools: Sequence[Mapping[str, Any]]) -> Choice:
    """The tools that a `tool_choice` leaves, functions before hosted tools."""
    candidates = sorted(
        (inner for tool in tools for inner in _inside(tool)), key=lambda tool: tool["type"] in HOSTED
    )
    if isinstance(choice, str):
        return Choice([] if choice == "none" else candidates, choice == "required")
    if choice.get("type") == "allowed_tools":
        descriptions = choice.get("tools", ())
        left = [tool for tool in candidates if any(_is_meant(tool, by) for by in descriptions)]
        mode = choice.get("mode") or "auto"
        return Choice([] if mode == "none" else left, mode == "required")
    left = [tool for tool in candidates if _is_meant(tool, choice)]
    return Choice(left, must_call=bool(left))


def _inside(tool: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tool when it can be called, or the tools of a namespace; a hosted tool is named by its type."""
    kind = tool.get("type")
    if kind == "namespace":
        return [
            {**inner, "namespace": tool["name"]} for inner in tool["tools"] if inner.get("type") in CALLABLE
        ]
    if kind in HOSTED:
        return [{"name": tool.get("server_label", kind), **tool}]
    return [tool] if kind in CALLABLE else []


def _is_meant(tool: Mapping[str, Any], choice: Mapping[str, Any]) -> bool:
    """Whether a choice means this tool; without a name (Open Responses) it means every tool of its type."""
    if tool["type"] != choice.get("type"):
        return False
    name = choice.get("name") if tool["type"] in CALLABLE else choice.get("server_label")
    return name in (tool["name"], None)


def is_named(name: str, prompt: str) -> bool:
    """Whether a prompt names a tool, or has all telling words of its name."""
    lower = prompt.lower()
    if name.lower() in lower or name.lower().replace("_", " ") in lower:
        return True
    telling = [word for word in _words(name) if word not in GENERIC]
    return bool(telling) and all(word in lower for word in telling)


def about(name: str, names: Sequence[str], prompt: str) -> str:
    """The part of a prompt that is about one of several tools: from its first mention to the next tool's."""
    if len(names) < 2:
        return prompt
    mentions = sorted({_mention(tool_name, prompt) for tool_name in names})
    start = _mention(name, prompt)
    end = next((place for place in mentions if place > start), len(prompt))
    return prompt[start:end] if names_in(prompt[start:end]) else prompt


def _mention(name: str, prompt: str) -> int:
    lower = prompt.lower()
    places = (lower.find(word) for word in (name.lower(), name.lower().replace("_", " "), *_words(name)))
    return min((place for place in places if place >= 0), default=0)


def _most(context: Context) -> int | None:
    """The most calls that the request permits; None for any number."""
    if context.request.get("parallel_tool_calls") is False:
        return 1
    return whole_number(context, "max_tool_calls")


def _calls_of(tool: Mapping[str, Any], prompt: str, tools: Sequence[Any]) -> Iterator[Item]:
    if "server" in tool:
        yield _server_call(tool, _arguments(tool, hints_of(prompt), tools))
        return
    if tool["type"] in HOSTED:
        yield HOSTED[tool["type"]](tool, prompt.strip()[:EXCERPT_LENGTH])
        return
    head = {name: tool[name] for name in ("name", "namespace") if name in tool}
    if tool["type"] == "custom":
        yield {"type": "custom_tool_call", "call_id": None, "input": free_text(tool, prompt), **head}
        return
    hints = hints_of(prompt)
    if (command := command_of(tool, prompt)) is not None:
        draft = orjson.loads(_arguments(tool, Hints(prompt=command), tools))
        arguments = orjson.dumps(with_command(draft, tool, command)).decode()
        yield {"type": "function_call", "arguments": arguments, "call_id": None, **head}
        return
    names = tuple(word for word in hints.words if word.lower() not in _words(tool["name"]))
    for call_hints in _occasions(tool, replace(hints, words=names)):
        yield {
            "type": "function_call",
            "arguments": _arguments(tool, call_hints, tools),
            "call_id": None,
            **head,
        }


def _occasions(tool: Mapping[str, Any], hints: Hints) -> list[Hints]:
    """One set of hints per call: several when the prompt has several names for the tool's only text."""
    if len(hints.words) < 2 or _free_texts(tool) != 1:
        return [hints]
    return [Hints((word,), hints.numbers, hints.prompt) for word in hints.words]


def _free_texts(tool: Mapping[str, Any]) -> int:
    """The number of required parameters that are free text."""
    properties = (tool.get("parameters") or {}).get("properties") or {}
    must_call = (tool.get("parameters") or {}).get("required") or list(properties)
    return sum(
        isinstance(schema, dict)
        and schema.get("type") == "string"
        and "enum" not in schema
        and "const" not in schema
        for name, schema in properties.items()
        if name in must_call
    )


def _arguments(tool: Mapping[str, Any], hints: Hints, tools: Sequence[Any]) -> str:
    parameters = tool.get("parameters") or {}
    if not isinstance(parameters, dict) or "type" not in parameters:
        parameters = {"type": "object", **parameters}
    try:
        return orjson.dumps(instance(parameters, hints)).decode()
    except UnsupportedSchemaError as problem:
        where = f"tools[{tools.index(tool)}].parameters" if tool in tools else "tools"
        raise invalid(
            f"Invalid schema for function '{tool['name']}': {problem}", where, "invalid_function_parameters"
        ) from problem


@lru_cache(maxsize=1024)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in WORD.findall(name))


Tool = Mapping[str, Any]


def server_lists(context: Context) -> list[Item]:
    """For each server, the item that lists its tools or has the error."""
    return [_list(server) for server in context.servers.values()]


def _expand(tools: Sequence[Tool], tool_lists: Sequence[Item], context: Context) -> list[Tool]:
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


def _server_call(tool: Tool, arguments: str) -> Item:
    """The call of a server's tool, with its output or error."""
    server: ToolServer = tool["server"]
    try:
        result = server.call(tool["name"], orjson.loads(arguments))
    except ToolServerError as problem:
        result = Result(error=str(problem))
    head = {"name": tool["name"], "server_label": server.label, "arguments": arguments}
    return {"type": "mcp_call", **head, "output": result.output, "error": result.error}


def server_outputs(items: Sequence[Item], context: Context) -> tuple[Output, ...]:
    """The outputs of the calls to servers."""
    calls = (item for item in items if item["type"] == "mcp_call" and item["server_label"] in context.servers)
    return tuple(Output(item["name"], item["output"] or item["error"] or "") for item in calls)


def _list(server: ToolServer) -> Item:
    try:
        tools, error = list(server.tools()), None
    except ToolServerError as problem:
        tools, error = [], str(problem)
    return {"type": "mcp_list_tools", "server_label": server.label, "tools": tools, "error": error}


def _callable(row: Tool, server: ToolServer) -> Tool:
    """A tool of a list as the model sees it."""
    head = {"name": row["name"], "server_label": server.label}
    return {"type": "mcp", **head, "parameters": row["input_schema"], "server": server}


FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


def free_text(tool: Mapping[str, Any], prompt: str) -> str:
    """What the model gives to a custom tool. Raises ApiError when the tool's grammar is malformed."""
    text_format = tool.get("format") or {}
    if text_format.get("type") != "grammar":
        return _from_prompt(prompt)
    definition = text_format.get("definition", "")
    try:
        if text_format.get("syntax") == "regex":
            text = next(matching(definition, 0, None), None)
        else:
            text = shortest(definition)
    except UnsupportedSchemaError as problem:
        raise invalid(
            f"Invalid grammar for tool '{tool['name']}': {problem.why}.", "tools", "invalid_grammar"
        ) from problem
    return _from_prompt(prompt) if text is None else text


def _from_prompt(prompt: str) -> str:
    """Code in a fence, else the quoted words, else the whole prompt."""
    if fence := FENCED.search(prompt):
        return fence[1].strip()
    if quotation := QUOTED.search(prompt):
        return matched_group(quotation)
    return prompt.strip()
