"""Tools on servers that the target calls itself, reachable or not, and a template that must fail."""

from __future__ import annotations

from antiphon_conformance.prompt_templates import template as probe
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario


@scenario(features=("prompts", "tool_servers"))
async def tool_servers(conversation: Conversation) -> None:
    """Lists and calls tools, then continues with a server that is unreachable."""
    prompt = 'Call read_file with the path "notes.txt", then tell what the file holds.'
    await conversation.templated("called", probe.TOOLS, input=prompt)
    await conversation.templated("unreachable", probe.UNREACHABLE, input="Say hello.")


@scenario(features=("prompts",))
async def failing_template(conversation: Conversation) -> None:
    """Uses a template whose rules no answer can meet."""
    await conversation.templated("failed", probe.FAILING, input="Say hello.")
