"""Commands for a shell: agents have a function that runs one, under many names.

command_of({"name": "exec_command", "parameters": {..."cmd"...}}, "Run the shell command: ls -l")
-> "ls -l"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.model.quotations import matched_group
from antiphon_spec.loading.late import late_pattern

MEMBERS = ("cmd", "command")
"""The parameters by which functions take a command."""
RUN = late_pattern(
    r"\b(?:run|execute)\b[^\n:`\"'“]{0,60}?(?::\s*`([^`]+)`|:\s*(\S[^\n]*)|`([^`]+)`|\"([^\"]+)\"|“([^”]+)”)",
    re.IGNORECASE,
)
"""An order to run a command, which stands in quotation marks or after a colon."""


def command_of(tool: Mapping[str, Any], prompt: str) -> str | None:
    """The command that a prompt orders to run; None when it orders none, or the tool is no shell."""
    if member_of(tool) is None:
        return None
    match = RUN.search(prompt)
    return matched_group(match).strip() if match else None


def with_command(arguments: Mapping[str, Any], tool: Mapping[str, Any], command: str) -> dict[str, Any]:
    """The arguments of a shell, with this command: as a text, or as the list that starts a shell."""
    name = member_of(tool)
    if name is None:
        return dict(arguments)
    kind = tool["parameters"]["properties"][name].get("type")
    return {**arguments, name: ["bash", "-lc", command] if kind == "array" else command}


def member_of(tool: Mapping[str, Any]) -> str | None:
    """The parameter with the command; None when the tool is no shell."""
    parameters = tool.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
    if tool.get("type") != "function" or not isinstance(properties, Mapping):
        return None
    required = parameters.get("required") if isinstance(parameters, Mapping) else None
    names = required if isinstance(required, list) else ()
    return next((name for name in MEMBERS if name in names and isinstance(properties.get(name), dict)), None)
