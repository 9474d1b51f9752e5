"""The tools that a response reports: those of its request, whole and in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.answers import member, objects, tools_of
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.rules.response_members import OPENAI
from antiphon_conformance.subject import Snapshot
from antiphon_conformance.text import ABSENT, show

Tool = Mapping[str, Any]

PLAIN = ("function", "custom")
"""Tools that carry a name of their own and are echoed one for one."""


def _plain(snapshot: Snapshot) -> bool:
    """Whether the request offers plain tools only: tool search and deferred tools rearrange the list."""
    tools = tools_of(snapshot.asked)
    simple = all(tool.get("type") in PLAIN and not tool.get("defer_loading") for tool in tools)
    return snapshot.creation and bool(tools) and simple and "trimmed" not in snapshot.exchange.traits


def _names(tools: Iterator[Tool]) -> list[tuple[Any, Any]]:
    return [(tool.get("type"), tool.get("name")) for tool in tools]


@rule(Snapshot, cites="RES-28", when=_plain, needs="an answer to a request with function or custom tools")
def tools_come_back(snapshot: Snapshot) -> Iterator[Finding]:
    """Every function and custom tool of the request comes back in `tools`.

    A server that drops tools in silence answers as though there were none.
    """
    got = _names(tool for _, tool in objects(snapshot.object.get("tools")))
    for name in _names(iter(tools_of(snapshot.asked))):
        if name not in got:
            yield Finding(f"{snapshot.where}/tools", f"the {name[0]} tool {show(name[1])}", show(got))


def _pairs(snapshot: Snapshot) -> Iterator[tuple[str, Tool, Tool]]:
    """Each requested function tool with its echo and the echo's place."""
    for index, got in objects(snapshot.object.get("tools")):
        for asked in tools_of(snapshot.asked):
            if asked.get("type") == got.get("type") == "function" and asked.get("name") == got.get("name"):
                yield f"{snapshot.where}/tools/{index}", asked, got


def _names_of(properties: Any) -> list[str]:
    return list(properties) if isinstance(properties, dict) else []


def _offers_functions(snapshot: Snapshot) -> bool:
    return _plain(snapshot) and any(_pairs(snapshot))


@rule(Snapshot, cites="RES-28", when=_offers_functions, needs="an answer to a request with function tools")
def function_tools_keep_their_meaning(snapshot: Snapshot) -> Iterator[Finding]:
    """An echoed function tool has the description and the parameters that it was given."""
    for where, asked, got in _pairs(snapshot):
        said, heard = (tool.get("description") or None for tool in (asked, got))
        if said != heard:
            yield Finding(f"{where}/description", show(said), show(heard))
        wanted, found = (_names_of(member(tool, "parameters", "properties")) for tool in (asked, got))
        if any(name not in found for name in wanted):
            yield Finding(f"{where}/parameters/properties", show(wanted), show(found))


def _strict_given(snapshot: Snapshot) -> bool:
    return _plain(snapshot) and any(isinstance(asked.get("strict"), bool) for _, asked, _ in _pairs(snapshot))


@rule(
    Snapshot,
    cites=("RES-29", f"{OPENAI}FunctionTool/properties/strict"),
    when=_strict_given,
    needs="an answer to a request whose function tool gives `strict`",
)
def strict_comes_back(snapshot: Snapshot) -> Iterator[Finding]:
    """`strict` of a function tool comes back with the same value."""
    for where, asked, got in _pairs(snapshot):
        if isinstance(asked.get("strict"), bool) and got.get("strict") is not asked["strict"]:
            yield Finding(f"{where}/strict", show(asked["strict"]), show(got.get("strict", ABSENT)))


def _strict_omitted(snapshot: Snapshot) -> bool:
    return _plain(snapshot) and any(asked.get("strict") is None for _, asked, _ in _pairs(snapshot))


@rule(
    Snapshot,
    cites="RES-30",
    when=_strict_omitted,
    needs="an answer to a request whose function tool leaves `strict` out",
)
def omitted_strict_is_settled(snapshot: Snapshot) -> Iterator[Finding]:
    """A function tool sent without `strict` comes back with true or false, as it was settled."""
    for where, asked, got in _pairs(snapshot):
        if asked.get("strict") is None and not isinstance(got.get("strict"), bool):
            yield Finding(f"{where}/strict", "true or false", show(got.get("strict", ABSENT)))


def _restricted(snapshot: Snapshot) -> bool:
    return _plain(snapshot) and member(snapshot.asked.get("tool_choice"), "type") == "allowed_tools"


@rule(Snapshot, cites="TOOL-07", when=_restricted, needs="an answer to a request with `allowed_tools`")
def allowed_tools_leave_the_list_alone(snapshot: Snapshot) -> Iterator[Finding]:
    """`allowed_tools` does not shorten the echoed `tools`."""
    asked = _names(iter(tools_of(snapshot.asked)))
    got = _names(tool for _, tool in objects(snapshot.object.get("tools")))
    if asked != got:
        yield Finding(f"{snapshot.where}/tools", show(asked), show(got))
