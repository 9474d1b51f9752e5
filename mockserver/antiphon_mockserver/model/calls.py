"""Calls of tools: which tools, how many calls, with which arguments, and what tools of servers answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from antiphon_mockserver.hosted_tools.calls import HOSTED
from antiphon_mockserver.model.instance import Hints, UnsupportedSchemaError, instance
from antiphon_mockserver.model.instance.grammar import shortest
from antiphon_mockserver.model.instance.pattern import matching
from antiphon_mockserver.model.prompt_hints import EXCERPT_LENGTH, hints_of
from antiphon_mockserver.model.quotations import QUOTED, matched_group
from antiphon_mockserver.model.reading import Output, Reading, whole_number
from antiphon_mockserver.model.shell import command_of, with_command
from antiphon_mockserver.model.skills import Refusal, answer
from antiphon_mockserver.model.tool_names import about, is_finishing, is_named, ordered, words_of
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.tool_servers import Result, ToolServer, ToolServerError

Tool = Mapping[str, Any]

CALLABLE = frozenset({"function", "custom"})


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
    tools = _meant_tools(choice, reading)
    names = [tool["name"] for tool in tools]
    results = [
        call
        for tool in tools
        for call in _calls_of(tool, about(tool["name"], names, reading.question), reading, request["tools"])
    ]
    return results[: _most(context)]


def _meant_tools(choice: Choice, reading: Reading) -> list[Tool]:
    """The tools that the model calls now: those whose arguments were wrong, or those that the question names.

    When it must call one though it has the results of tools, it calls one that takes the final answer.
    """
    wrong = [tool for tool in choice.tools if tool["name"] in reading.wrong_calls]
    if wrong or (reading.ends_in_outputs and not choice.must_call):
        return wrong
    question = reading.question
    has_output = {output.tool for output in reading.outputs}
    fresh = [tool for tool in choice.tools if tool["name"] not in has_output]
    finishing = [tool for tool in fresh if is_finishing(tool["name"])]
    if reading.ends_in_outputs:
        return (finishing or fresh or list(choice.tools))[:1]
    named = [
        tool
        for tool in choice.tools
        if is_named(tool["name"], question) or command_of(tool, question) is not None
    ]
    meant = named or ordered(choice.tools, question)
    return meant or ((finishing or fresh)[:1] if choice.must_call else [])


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


def _most(context: Context) -> int | None:
    """The most calls that the request permits; None for any number."""
    if context.request.get("parallel_tool_calls") is False:
        return 1
    return whole_number(context, "max_tool_calls")


def _calls_of(tool: Tool, prompt: str, reading: Reading, tools: Sequence[Any]) -> Iterator[Item]:
    hints = _hints(tool, prompt, reading)
    if "server" in tool:
        yield _server_call(tool, _arguments(tool, hints, tools))
        return
    if tool["type"] in HOSTED:
        yield HOSTED[tool["type"]](tool, prompt.strip()[:EXCERPT_LENGTH])
        return
    head = {name: tool[name] for name in ("name", "namespace") if name in tool}
    if tool["type"] == "custom":
        yield {"type": "custom_tool_call", "call_id": None, "input": free_text(tool, prompt), **head}
        return
    if (command := command_of(tool, prompt)) is not None:
        draft = orjson.loads(_arguments(tool, Hints(prompt=command), tools))
        arguments = orjson.dumps(with_command(draft, tool, command)).decode()
        yield {"type": "function_call", "arguments": arguments, "call_id": None, **head}
        return
    names = tuple(word for word in hints.words if word.lower() not in words_of(tool["name"]))
    for call_hints in _occasions(tool, replace(hints, words=names)):
        yield {
            "type": "function_call",
            "arguments": _arguments(tool, call_hints, tools),
            "call_id": None,
            **head,
        }


def _hints(tool: Tool, prompt: str, reading: Reading) -> Hints:
    """The hints for the arguments: from the prompt, from what was wrong before, from the final answer."""
    is_corrected = tool["name"] in reading.wrong_calls or not reading.ends_in_outputs
    text = answer(reading) if is_finishing(tool["name"]) else ""
    return replace(
        hints_of(prompt, text.text if isinstance(text, Refusal) else text),
        feedback=reading.feedback if is_corrected else None,
    )


def _occasions(tool: Mapping[str, Any], hints: Hints) -> list[Hints]:
    """One set of hints per call: several when the prompt has several names for the tool's only text."""
    if len(hints.words) < 2 or _free_texts(tool) != 1:
        return [hints]
    return [replace(hints, words=(word,)) for word in hints.words]


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
