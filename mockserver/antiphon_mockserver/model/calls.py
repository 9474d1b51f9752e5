"""Calling tools: which, how often, and with what arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.instance import Hints, Unsupported, instance
from antiphon_mockserver.model import servers
from antiphon_mockserver.model.freetext import free_text
from antiphon_mockserver.model.hosted import HOSTED
from antiphon_mockserver.model.reading import Reading
from antiphon_mockserver.model.wishes import ASKED_LENGTH, hints_of, names
from antiphon_mockserver.plan import Context, Item
from antiphon_mockserver.words import words

CALLABLE = frozenset({"function", "custom"})

GENERIC = frozenset(
    words(
        "get set fetch lookup look up find search query run call current do make create calculate",
        "compute tool function my user the of to for a in by and with from info information data",
        "details api list show read check retrieve new",
    )
)
"""Words in the name of a tool that do not tell what it is about."""

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Choice:
    """What `tool_choice` leaves: the tools that may be called, and whether one must be."""

    tools: Sequence[Mapping[str, Any]]
    forced: bool


def calls(context: Context, reading: Reading, listed: Sequence[Item] = ()) -> list[Item]:
    """The calls that the model makes, or none when it rather answers in text; `listed` are the lists of the
    servers' tools."""
    request = context.request
    if not request.get("tools"):
        return []
    choice = choose(request.get("tool_choice") or "auto", servers.opened(request["tools"], listed, context))
    if not choice.tools or (reading.answered and not choice.forced):
        return []
    wanted = [tool for tool in choice.tools if is_wanted(tool["name"], reading.prompt)]
    if choice.forced and not wanted:
        wanted = [choice.tools[0]]
    others = [tool["name"] for tool in wanted]
    made = [
        call
        for tool in wanted
        for call in _calls_of(tool, about(tool["name"], others, reading.prompt), request["tools"])
    ]
    return made[: _most(context)]


def choose(choice: Any, tools: Sequence[Mapping[str, Any]]) -> Choice:
    """The tools that a `tool_choice` leaves, functions first."""
    offered = sorted(
        (inner for tool in tools for inner in _inside(tool)), key=lambda tool: tool["type"] in HOSTED
    )
    if isinstance(choice, str):
        return Choice([] if choice == "none" else offered, choice == "required")
    if choice.get("type") == "allowed_tools":
        allowed = choice.get("tools", ())
        left = [tool for tool in offered if any(_is_meant(tool, by) for by in allowed)]
        mode = choice.get("mode") or "auto"
        return Choice([] if mode == "none" else left, mode == "required")
    named = [tool for tool in offered if _is_meant(tool, choice)]
    return Choice(named, forced=bool(named))


def _inside(tool: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tool if it can be called, or the tools of a namespace; a hosted tool is named for its type."""
    kind = tool.get("type")
    if kind == "namespace":
        return [
            {**inner, "namespace": tool["name"]} for inner in tool["tools"] if inner.get("type") in CALLABLE
        ]
    if kind in HOSTED:
        return [{"name": tool.get("server_label", kind), **tool}]
    return [tool] if kind in CALLABLE else []


def _is_meant(tool: Mapping[str, Any], choice: Mapping[str, Any]) -> bool:
    """Whether a choice means this tool; without a name (Open Responses) any of its type is."""
    if tool["type"] != choice.get("type"):
        return False
    name = choice.get("name") if tool["type"] in CALLABLE else choice.get("server_label")
    return name in (tool["name"], None)


def is_wanted(name: str, prompt: str) -> bool:
    """Whether a prompt names a tool, or speaks of all that its name is about."""
    lower = prompt.lower()
    if name.lower() in lower or name.lower().replace("_", " ") in lower:
        return True
    about = [word for word in _words(name) if word not in GENERIC]
    return bool(about) and all(word in lower for word in about)


def about(name: str, others: Sequence[str], prompt: str) -> str:
    """The part of a prompt that speaks of one of several tools: from its first mention to the next one's."""
    if len(others) < 2:
        return prompt
    mentions = sorted({_mention(other, prompt) for other in others})
    start = _mention(name, prompt)
    end = next((place for place in mentions if place > start), len(prompt))
    return prompt[start:end] if names(prompt[start:end]) else prompt


def _mention(name: str, prompt: str) -> int:
    lower = prompt.lower()
    places = (lower.find(word) for word in (name.lower(), name.lower().replace("_", " "), *_words(name)))
    return min((place for place in places if place >= 0), default=0)


def _most(context: Context) -> int | None:
    """The most calls that the request allows."""
    return 1 if context.request.get("parallel_tool_calls") is False else context.whole("max_tool_calls")


def _calls_of(tool: Mapping[str, Any], prompt: str, tools: Sequence[Any]) -> Iterator[Item]:
    if "server" in tool:
        yield servers.call(tool, _arguments(tool, hints_of(prompt), tools))
        return
    if tool["type"] in HOSTED:
        yield HOSTED[tool["type"]](tool, prompt.strip()[:ASKED_LENGTH])
        return
    named = {name: tool[name] for name in ("name", "namespace") if name in tool}
    if tool["type"] == "custom":
        yield {"type": "custom_tool_call", "call_id": None, "input": free_text(tool, prompt), **named}
        return
    offered = hints_of(prompt)
    others = tuple(word for word in offered.words if word.lower() not in _words(tool["name"]))
    for hints in _occasions(tool, replace(offered, words=others)):
        yield {
            "type": "function_call",
            "arguments": _arguments(tool, hints, tools),
            "call_id": None,
            **named,
        }


def _occasions(tool: Mapping[str, Any], hints: Hints) -> list[Hints]:
    """One set of hints for each call: several when the prompt has several names for the tool's only text."""
    if len(hints.words) < 2 or _free_texts(tool) != 1:
        return [hints]
    return [Hints((word,), hints.numbers, hints.asked) for word in hints.words]


def _free_texts(tool: Mapping[str, Any]) -> int:
    """How many texts the tool wants to be told."""
    properties = (tool.get("parameters") or {}).get("properties") or {}
    required = (tool.get("parameters") or {}).get("required") or list(properties)
    return sum(
        isinstance(schema, dict)
        and schema.get("type") == "string"
        and "enum" not in schema
        and "const" not in schema
        for name, schema in properties.items()
        if name in required
    )


def _arguments(tool: Mapping[str, Any], hints: Hints, tools: Sequence[Any]) -> str:
    parameters = tool.get("parameters") or {}
    if not isinstance(parameters, dict) or "type" not in parameters:
        parameters = {"type": "object", **parameters}
    try:
        return orjson.dumps(instance(parameters, hints)).decode()
    except Unsupported as problem:
        where = f"tools[{tools.index(tool)}].parameters" if tool in tools else "tools"
        raise invalid(
            f"Invalid schema for function '{tool['name']}': {problem}", where, "invalid_function_parameters"
        ) from problem


@lru_cache(maxsize=1024)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in WORD.findall(name))
