"""Tools of servers that the target calls by itself, reachable or not, and an answer that breaks its rules."""

from __future__ import annotations

from antiphon_conformance import prompt_probe as probe
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk


@scenario(features=("prompts", "tool_servers"))
async def tool_servers(talk: Talk) -> None:
    """Has tools listed and called, then goes on without a server that nobody reaches."""
    asked = 'Call read_file with the path "notes.txt", then tell what the file holds.'
    await talk.templated("called", probe.TOOLS, input=asked)
    await talk.templated("unreachable", probe.UNREACHABLE, input="Say hello.")


@scenario(features=("prompts",))
async def failing_template(talk: Talk) -> None:
    """Has a template answer whose rules no answer can meet."""
    await talk.templated("failed", probe.FAILING, input="Say hello.")
