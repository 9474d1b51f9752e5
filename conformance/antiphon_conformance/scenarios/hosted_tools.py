"""Tools that the target runs itself, each forced once: what their calls look like in a stream."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.signs import rejects_its_tools
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import UnsupportedError
from antiphon_conformance.scenarios.scenario import scenario

CONTAINER = {"type": "auto"}
CALLS: dict[str, dict[str, Any]] = {
    "computed": {
        "input": "Run code that prints 12 * 12.",
        "tools": [{"type": "code_interpreter", "container": CONTAINER}],
        "include": ["code_interpreter_call.outputs"],
        "max_tool_calls": 1,
    },
    "searched": {"input": "Search the web for the tides.", "tools": [{"type": "web_search"}]},
    "drawn": {
        "input": "Draw a small red square.",
        "tools": [{"type": "image_generation", "partial_images": 1, "quality": "low"}],
    },
    "printed": {
        "input": "Run the command: echo hello",
        "tools": [{"type": "shell", "environment": {"type": "container_auto"}}],
    },
}
"""The members of each request."""


@scenario(features=("hosted_tools",), dialect="openai")
async def hosted_tools(conversation: Conversation) -> None:
    """Streams a program, a search, a picture and a command of tools that the target itself runs."""
    for step, members in CALLS.items():
        members = {**members, "tool_choice": "required", "store": False, "stream": True}
        await conversation.create(step, may_fail=True, **members)
    if all(rejects_its_tools(conversation.exchanges[step]) for step in CALLS):
        conversation.missing_feature = "hosted_tools"
        raise UnsupportedError("the type of each tool was rejected")
