"""Calls of tools: which tools, how many calls, and with which arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.hosted_tools.calls import HOSTED
from antiphon_mockserver.hosted_tools.deferred import SEARCH, search_by_server, with_searches
from antiphon_mockserver.hosted_tools.programs import TOOL, finished_programs, programmed
from antiphon_mockserver.hosted_tools.servers import RESPONSE, approvals, call_server, expand
from antiphon_mockserver.hosted_tools.wanted import wanted_tools
from antiphon_mockserver.hosted_tools.work import Job, Tool, Work
from antiphon_mockserver.model.instance import Hints, UnsupportedSchemaError, instance
from antiphon_mockserver.model.instance.grammar import shortest
from antiphon_mockserver.model.instance.pattern import matching
from antiphon_mockserver.model.prompt_hints import hints_of
from antiphon_mockserver.model.quotations import QUOTED, matched_group
from antiphon_mockserver.model.reading import Reading, whole_number
from antiphon_mockserver.model.shell import command_of, with_command
from antiphon_mockserver.model.skills import Refusal, answer
from antiphon_mockserver.model.tool_names import (
    about,
    handing_over,
    is_finishing,
    is_named,
    ordered,
    words_of,
)
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.server.errors import invalid
from antiphon_spec.loading.construction import dataclass

CALLABLE = frozenset({"function", "custom"})


@dataclass(frozen=True, slots=True)
class Choice:
    """What `tool_choice` leaves: the tools that the model may call, and whether it must call one."""

    tools: Sequence[Mapping[str, Any]]
    must_call: bool


def calls(context: Context, reading: Reading) -> list[Work]:
    """What the model calls; nothing when it answers in text. What the server itself runs comes first.

    Raises ApiError when the parameters or the grammar of a tool cannot be filled in.
    """
    request = context.request
    if context.items and context.items[-1].get("type") == RESPONSE:
        return list(approvals(context))
    request_tools = tools_in_sight(context)
    if not request_tools:
        return []
    has_programs = any(tool.get("type") == TOOL for tool in request_tools)
    if has_programs and (ends := list(finished_programs(context.items))):
        return ends
    choice = choose(request.get("tool_choice") or "auto", expand(request_tools, context))
    tools = meant_tools(choice, reading)
    names = [tool["name"] for tool in tools]
    works = [
        work
        for tool in tools
        for work in _calls_of(
            tool, about(tool["name"], names, reading.question), reading, context, choice.tools
        )
    ]
    works = sorted(works, key=lambda work: work.output is None)[: _most(context)]
    return programmed(works, request_tools) if has_programs else works


HAND_OVERS = ("additional_tools", "tool_search_output")
"""The items that hand over tools."""


def tools_in_sight(context: Context) -> list[Tool]:
    """The tools of the request and those that the items of the context hand over, which wait no longer."""
    loaded = [
        {**tool, "defer_loading": False}
        for item in context.items
        if item.get("type") in HAND_OVERS
        for tool in item.get("tools") or ()
    ]
    names = {tool["name"] for tool in loaded if "name" in tool}
    request_tools = context.request.get("tools") or ()
    return [*(tool for tool in request_tools if tool.get("name") not in names), *loaded]


def meant_tools(choice: Choice, reading: Reading) -> list[Tool]:
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
    forced = (finishing or fresh or list(choice.tools))[:1] if choice.must_call else []
    if reading.ends_in_outputs:
        return forced
    named = wanted_tools(choice.tools, question) or ordered(choice.tools, question)
    return named or handing_over(choice.tools, question) or forced


def choose(choice: Any, tools: Sequence[Mapping[str, Any]]) -> Choice:
    """The tools that a `tool_choice` leaves, functions before hosted tools."""
    candidates = sorted(
        (inner for tool in with_searches(tools) for inner in _inside(tool)),
        key=lambda tool: tool["type"] not in CALLABLE,
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
    if kind in HOSTED or kind == SEARCH:
        return [{"name": kind, **tool}]
    if kind == "mcp" and "server" in tool:
        return [{"name": tool["server_label"], **tool}]
    return [tool] if kind in CALLABLE else []


def _is_meant(tool: Mapping[str, Any], choice: Mapping[str, Any]) -> bool:
    """Whether a choice means this tool; without a name (Open Responses) it means every tool of its type."""
    if tool["type"] != choice.get("type"):
        return False
    label = choice.get("server_label")
    return choice.get("name") in (tool["name"], None) and label in (tool.get("server_label"), None)


def _most(context: Context) -> int | None:
    """The most calls that the request permits; None for any number."""
    if context.request.get("parallel_tool_calls") is False:
        return 1
    return whole_number(context, "max_tool_calls")


def _calls_of(
    tool: Tool, prompt: str, reading: Reading, context: Context, tools: Sequence[Tool]
) -> Iterator[Work]:
    """The calls of one tool; `tools` are all that the model may call."""
    hints = _hints(tool, prompt, reading)
    if "server" in tool:
        own = replace(hints, prompt=Job(tool, prompt, context).subject) if tool["asks"] else hints
        yield call_server(tool, arguments_of(tool, own, tools))
    elif tool["type"] == SEARCH:
        yield from _searches(tool, prompt, reading, context)
    elif tool["type"] in HOSTED:
        yield HOSTED[tool["type"]](Job(tool, prompt, context))
    else:
        yield from (Work((item,)) for item in _client_calls(tool, prompt, hints, tools))


def _searches(tool: Tool, prompt: str, reading: Reading, context: Context) -> Iterator[Work]:
    """A search of tools; that of the server is followed by calls of what it brought up."""
    if tool.get("execution") == "client":
        arguments = orjson.loads(arguments_of(tool, _hints(tool, prompt, reading), ()))
        head = {"call_id": None, "execution": "client", "arguments": arguments}
        yield Work(({"type": "tool_search_call", **head},))
        return
    hits = [hidden for hidden in tool["hides"] if is_named(hidden["name"], prompt)]
    yield search_by_server(hits or tool["hides"])
    for hit in hits:
        for inner in _inside(hit):
            head = {**inner, "namespace": inner.get("namespace", inner["name"])}
            yield from _calls_of(head, prompt, reading, context, ())


def _client_calls(tool: Tool, prompt: str, hints: Hints, tools: Sequence[Tool]) -> Iterator[Item]:
    """The calls of a function or a custom tool, which the client carries out."""
    head = {name: tool[name] for name in ("name", "namespace") if name in tool}
    if tool["type"] == "custom":
        yield {"type": "custom_tool_call", "call_id": None, "input": free_text(tool, prompt), **head}
        return
    if (command := command_of(tool, prompt)) is not None:
        draft = orjson.loads(arguments_of(tool, Hints(prompt=command), tools))
        arguments = orjson.dumps(with_command(draft, tool, command)).decode()
        yield {"type": "function_call", "arguments": arguments, "call_id": None, **head}
        return
    names = tuple(word for word in hints.words if word.lower() not in words_of(tool["name"]))
    for call_hints in _occasions(tool, replace(hints, words=names)):
        yield {
            "type": "function_call",
            "arguments": arguments_of(tool, call_hints, tools),
            "call_id": None,
            **head,
        }


def _hints(tool: Tool, prompt: str, reading: Reading) -> Hints:
    """The hints for the arguments: from the prompt, from what was wrong before, from the final answer."""
    is_corrected = tool["name"] in reading.wrong_calls or not reading.ends_in_outputs
    text = answer(reading) if is_finishing(tool["name"]) else ""
    hints = hints_of(prompt, text.text if isinstance(text, Refusal) else text)
    return replace(hints, feedback=reading.feedback) if is_corrected and reading.feedback else hints


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


def arguments_of(tool: Mapping[str, Any], hints: Hints, tools: Sequence[Any]) -> str:
    """Valid arguments for a tool, as JSON. Raises ApiError when its parameters cannot be filled in."""
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
