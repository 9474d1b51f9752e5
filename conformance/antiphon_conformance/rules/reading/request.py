"""Reads what a request asks for: only in the spellings that the dialect's document declares.

A server ignores what its document does not name, so a rule that compares an echo or an effect does so too.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from antiphon_conformance.requests.unusual import is_odd
from antiphon_conformance.requests.validity import is_invalid, unknown_members
from antiphon_conformance.rules.reading.output import Json, objects
from antiphon_conformance.rules.views import SuccessReply
from antiphon_spec.dialect import Dialect

NAMED = ("function", "custom")
"""The types of tools that have a name."""


def is_sound(view: SuccessReply) -> bool:
    """Whether the request of an answer has a defined meaning.

    A server that accepts a wrong request is lenient, and nothing says what it then does and reports.
    """
    return view.exchange.facts.once("sound", _find_soundness, view)


def _find_soundness(view: SuccessReply) -> bool:
    return not is_invalid(view.exchange, view.dialect) and not is_odd(view.request_fields)


def tools_of(view: SuccessReply) -> list[Json]:
    """The tools that the request of an answer offers.

    Where the document declares the spelling of Chat, tools nested under `function` are flattened.
    """
    return view.exchange.facts.once("tools", _find_tools, view)


def _find_tools(view: SuccessReply) -> list[Json]:
    tools = [tool for _, tool in objects(view.request_fields.get("tools"))]
    return [_flatten(tool) for tool in tools] if _declares_nested_tools(view.dialect) else tools


def has_only_named_tools(view: SuccessReply) -> bool:
    """Whether the request offers tools, and each is a function or a custom tool with a name that counts."""
    tools = tools_of(view)
    return bool(tools) and all(
        tool.get("type") in NAMED and isinstance(tool.get("name"), str) for tool in tools
    )


def declares(view: SuccessReply, path: tuple[str, ...]) -> bool:
    """Whether the document names this member of the request."""
    unknown = view.exchange.facts.once("undeclared", _find_undeclared, view)
    if not unknown:
        return True
    steps = ["/" + "/".join(path[: length + 1]) for length in range(len(path))]
    return not any(step in unknown for step in steps)


def _find_undeclared(view: SuccessReply) -> frozenset[str]:
    faults = unknown_members(view.exchange, view.dialect) if view.request_fields else ()
    return frozenset(fault.pointer for fault in faults)


def _flatten(tool: Json) -> Json:
    inner = tool.get("function")
    return {"type": tool.get("type"), **inner} if isinstance(inner, dict) else tool


@cache
def _declares_nested_tools(dialect: Dialect) -> bool:
    tool: dict[str, Any] = {"type": "function", "function": {"name": "f"}}
    unknown = dialect.schemas.unknown_members(dialect.create_operation, {"tools": [tool]})
    return not any(fault.pointer == "/tools/0/function" for fault in unknown)
