"""Which tools a question asks for: by their names, by orders, by what hosted tools do."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon_mockserver.hosted_tools.calls import CUES
from antiphon_mockserver.hosted_tools.work import Tool
from antiphon_mockserver.model.shell import command_of
from antiphon_mockserver.model.tool_names import is_named


def wanted_tools(tools: Sequence[Tool], prompt: str) -> list[Tool]:
    """The tools that a prompt asks for; of a server that it only names, the first one.

    A question that asks for none of them has the client search for one, if it can.
    """
    wanted = [tool for tool in tools if _is_wanted(tool, prompt)]
    labels = {tool["server_label"] for tool in wanted if "server" in tool}
    for tool in tools:
        if "server" in tool and tool["server_label"] not in labels and is_named(tool["server_label"], prompt):
            labels.add(tool["server_label"])
            wanted.append(tool)
    return wanted or [tool for tool in tools if _is_open(tool) and "?" in prompt]


def _is_open(tool: Tool) -> bool:
    """Whether a tool searches what the client alone knows, as the request hides no tools."""
    return tool.get("execution") == "client" and tool.get("hides") == []


def _is_wanted(tool: Tool, prompt: str) -> bool:
    """Whether a prompt names a tool, orders a command, or plainly asks for what a hosted tool does."""
    cue = CUES.get(tool["type"])
    if cue is not None and cue.search(prompt):
        return True
    if "hides" in tool:
        names = ("tool_search", *(hidden["name"] for hidden in tool["hides"]))
        return any(is_named(name, prompt) for name in names)
    return is_named(tool["name"], prompt) or command_of(tool, prompt) is not None
