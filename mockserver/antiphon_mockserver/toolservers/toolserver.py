"""The nouns: a server of tools, what a call gives, and what happens when nobody is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Listed = Mapping[str, Any]
"""A tool as its server describes it: `name`, `description`, `input_schema`."""


class Unreachable(Exception):  # noqa: N818 - it is an answer, in its way
    """The server of the tools does not answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call: an output, or an error."""

    output: str | None = None
    error: str | None = None


class ToolServer(Protocol):
    """A server of tools."""

    lasting: bool
    """Whether it always answers the same."""

    @property
    def label(self) -> str:
        """The name by which responses know it."""

    @property
    def tool(self) -> Mapping[str, Any]:
        """How a response shows it among its `tools`."""

    def tools(self) -> Sequence[Listed]:
        """The tools that may be called. Raises Unreachable."""

    def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """What comes of a call. Raises Unreachable."""


def shown(told: Mapping[str, Any]) -> dict[str, Any]:
    """A server as a response shows it, by what its file says."""
    label = told["label"]
    address = told.get("url") or told.get("connect", {}).get("url") or f"https://tools.example/{label}"
    return {
        "type": "mcp",
        "server_label": label,
        "server_url": address,
        "require_approval": told.get("require_approval", "never"),
        **({"allowed_tools": told["allowed_tools"]} if "allowed_tools" in told else {}),
    }


def allowed(tools: Sequence[Listed], told: Mapping[str, Any]) -> list[Listed]:
    """Those of a server's tools that its file allows."""
    names = told.get("allowed_tools")
    return [tool for tool in tools if names is None or tool["name"] in names]
