"""What the tools of a client put out, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon_mockserver.model.question import text_of
from antiphon_mockserver.response.plan import Item
from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a tool, and the tool's name."""

    tool: str
    text: str


NO_OUTPUTS = frozenset({"tool_search_output", "additional_tools", "mcp_approval_response"})
"""Items of the client that are no output of a tool, and after which the model goes on with the prompt."""
TOOL_NAMES = {
    "shell_call_output": "shell",
    "local_shell_call_output": "local_shell",
    "apply_patch_call_output": "apply_patch",
    "computer_call_output": "computer",
}


def output_text(item: Item) -> str:
    """What a tool put out, as text: of a shell what it printed, of a computer that there is a screenshot."""
    output = item.get("output")
    if isinstance(output, dict):
        return f"a screenshot{' ' + output['file_id'] if output.get('file_id') else ''}"
    if item["type"] == "shell_call_output" and isinstance(output, list):
        return "\n".join(filter(None, (_printed(entry) for entry in output)))
    return text_of(output) or str(item.get("status") if item["type"] == "apply_patch_call_output" else "")


def _printed(entry: Any) -> str:
    """What one command printed, and how it ended when that was no success."""
    text = f"{entry.get('stdout') or ''}{entry.get('stderr') or ''}".strip()
    outcome = entry.get("outcome") or {}
    if outcome.get("type") == "timeout":
        return f"{text} (timeout)".strip()
    code = outcome.get("exit_code")
    return f"{text} (exit code {code})".strip() if code else text


def newest_outputs(items: Sequence[Item]) -> tuple[Output, ...]:
    """The outputs after the newest item that the model itself produced."""
    names = {item["call_id"]: item["name"] for item in items if "call_id" in item and "name" in item}
    outputs: list[Output] = []
    for item in reversed(items):
        kind = item["type"]
        if kind in NO_OUTPUTS:
            continue
        if kind.endswith("_output"):
            name = names.get(item.get("call_id")) or TOOL_NAMES.get(kind, "the tool")
            outputs.append(Output(name, output_text(item)))
        elif item.get("role") not in ("user", "system", "developer"):
            break
    return tuple(reversed(outputs))
