"""A response reports the tools of its request, whole and in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import member, objects, tools_of
from antiphon_conformance.rules.response.members import OPENAI
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Snapshot

Tool = Mapping[str, Any]

PLAIN = ("function", "custom")
"""The tools that have a name and come back one for one."""


def _has_simple_tools(snapshot: Snapshot) -> bool:
    """Whether the request has only function and custom tools; tool search and deferred tools reorder them."""
    tools = tools_of(snapshot.asked)
    is_simple = all(tool.get("type") in PLAIN and not tool.get("defer_loading") for tool in tools)
    return snapshot.creation and bool(tools) and is_simple and "trimmed" not in snapshot.exchange.traits


def _names(tools: Iterator[Tool]) -> list[tuple[Any, Any]]:
    return [(tool.get("type", ABSENT), tool.get("name", ABSENT)) for tool in tools]


@rule(
    "echo-tools.tools-come-back",
    Snapshot,
    cites="RES-28",
    when=_has_simple_tools,
    needs="an answer to a request with function or custom tools",
)
def tools_come_back(snapshot: Snapshot) -> Iterator[Finding]:
    """Every function and custom tool of the request comes back in `tools`.

    A server that drops a tool answers as if the request had none, and the client does not notice.
    """
    got = _names(tool for _, tool in objects(snapshot.object.get("tools")))
    for name in _names(iter(tools_of(snapshot.asked))):
        if name not in got:
            yield Finding(f"{snapshot.where}/tools", f"the {name[0]} tool {show(name[1])}", show(got))


def _pairs(snapshot: Snapshot) -> Iterator[tuple[str, Tool, Tool]]:
    """(place, tool of the request, tool of the response) for each function tool that comes back."""
    for index, got in objects(snapshot.object.get("tools")):
        for asked in tools_of(snapshot.asked):
            if asked.get("type") == got.get("type") == "function" and asked.get("name") == got.get("name"):
                yield f"{snapshot.where}/tools/{index}", asked, got


def _offers_functions(snapshot: Snapshot) -> bool:
    return _has_simple_tools(snapshot) and any(_pairs(snapshot))


def _parameter_names(tool: Tool) -> list[str]:
    properties = member(tool, "parameters", "properties")
    return list(properties) if isinstance(properties, dict) else []


@rule(
    "echo-tools.function-tools-keep-their-meaning",
    Snapshot,
    cites="RES-28",
    when=_offers_functions,
    needs="an answer to a request with function tools",
)
def function_tools_keep_their_meaning(snapshot: Snapshot) -> Iterator[Finding]:
    """A function tool comes back with the description and the parameters of the request."""
    for where, asked, got in _pairs(snapshot):
        if (asked.get("description") or None) != (got.get("description") or None):
            expected = show(asked.get("description", ABSENT))
            yield Finding(f"{where}/description", expected, show(got.get("description", ABSENT)))
        names = _parameter_names(got)
        if any(name not in names for name in _parameter_names(asked)):
            expected = f"the parameters {show(_parameter_names(asked))}"
            yield Finding(f"{where}/parameters/properties", expected, show(names))


def _has_strict(snapshot: Snapshot) -> bool:
    tools = [asked for _, asked, _ in _pairs(snapshot)]
    return _has_simple_tools(snapshot) and any(isinstance(tool.get("strict"), bool) for tool in tools)


@rule(
    "echo-tools.strict-comes-back",
    Snapshot,
    cites=("RES-29", f"{OPENAI}FunctionTool/properties/strict"),
    when=_has_strict,
    needs="an answer to a request whose function tool has `strict`",
)
def strict_comes_back(snapshot: Snapshot) -> Iterator[Finding]:
    """`strict` of a function tool comes back with the same value."""
    for where, asked, got in _pairs(snapshot):
        if isinstance(asked.get("strict"), bool) and got.get("strict") is not asked["strict"]:
            yield Finding(f"{where}/strict", show(asked["strict"]), show(got.get("strict", ABSENT)))


def _lacks_strict(snapshot: Snapshot) -> bool:
    tools = [asked for _, asked, _ in _pairs(snapshot)]
    return _has_simple_tools(snapshot) and any(tool.get("strict") is None for tool in tools)


@rule(
    "echo-tools.omitted-strict-comes-back-as-a-boolean",
    Snapshot,
    cites="RES-30",
    when=_lacks_strict,
    needs="an answer to a request whose function tool has no `strict`",
)
def omitted_strict_comes_back_as_a_boolean(snapshot: Snapshot) -> Iterator[Finding]:
    """A function tool without `strict` comes back with the value that was in force."""
    for where, asked, got in _pairs(snapshot):
        if asked.get("strict") is None and not isinstance(got.get("strict"), bool):
            yield Finding(f"{where}/strict", "true or false", show(got.get("strict", ABSENT)))


def _has_allowed_tools(snapshot: Snapshot) -> bool:
    return (
        _has_simple_tools(snapshot) and member(snapshot.asked.get("tool_choice"), "type") == "allowed_tools"
    )


@rule(
    "echo-tools.allowed-tools-leave-the-list-alone",
    Snapshot,
    cites="TOOL-07",
    when=_has_allowed_tools,
    needs="an answer to a request with `allowed_tools`",
)
def allowed_tools_leave_the_list_alone(snapshot: Snapshot) -> Iterator[Finding]:
    """`tools` comes back whole when `tool_choice` is of the type `allowed_tools`."""
    asked = _names(iter(tools_of(snapshot.asked)))
    got = _names(tool for _, tool in objects(snapshot.object.get("tools")))
    if asked != got:
        yield Finding(f"{snapshot.where}/tools", show(asked), show(got))
