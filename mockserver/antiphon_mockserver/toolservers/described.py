"""A server of tools that exists only in a file: what its tools answer stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.prompts.rendering import render
from antiphon_mockserver.toolservers.toolserver import Listed, Result, Unreachable, allowed, shown

TOLD = ("name", "description", "input_schema", "annotations")
"""What of a tool is told to those who ask for the list."""


class Described:
    """A server of tools as its file tells of it."""

    lasting = True

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.label: str = told["label"]
        self.tool = shown(told)
        self._told = told
        self._tools = {tool["name"]: tool for tool in allowed(told.get("tools", ()), told)}

    def tools(self) -> Sequence[Listed]:
        """The tools that may be called. Raises Unreachable when the file says so."""
        if "unreachable" in self._told:
            raise Unreachable(self._told["unreachable"])
        return [{name: tool[name] for name in TOLD if name in tool} for tool in self._tools.values()]

    def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """What the file says that comes of a call."""
        tool = self._tools[name]
        if "error" in tool:
            return Result(error=tool["error"])
        return Result(output=render(tool.get("result", ""), arguments))
