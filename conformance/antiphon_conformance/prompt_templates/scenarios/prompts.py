"""Prompt templates: rendered, looked up, streamed as stored, and wrong requests."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.prompt_templates import template as probe
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

INPUT = "Reply with exactly: caf\u00e9"
NAMED = {"name": probe.NAME}


@scenario(features=("prompts",))
async def prompt_templates(conversation: Conversation) -> None:
    """Renders a template with variables of every type, in a version, by default, and with a model."""
    await conversation.templated("rendered", probe.FULL, dict(probe.VARIABLES), input=INPUT)
    await conversation.templated("by_default", None, NAMED)
    await conversation.templated("with_a_model", probe.DEFAULT, NAMED, model=conversation.model)
    await conversation.templated("structured", probe.STRUCTURED, input="Describe Paris.")
    await conversation.templated("streamed", probe.STREAMED, input=INPUT, stream=False)
    await conversation.templated("unstreamed", probe.DEFAULT, NAMED, stream=True)
    await conversation.templated("integer_version", int(probe.DEFAULT), NAMED)


@scenario(features=("prompts",))
async def mistakes_in_prompts(conversation: Conversation) -> None:
    """Sends every wrong request about a template, and one without model and template."""
    await conversation.templated("missing", probe.FULL, NAMED)
    await conversation.templated("unused", probe.DEFAULT, {**NAMED, "colour": "blue"})
    await conversation.templated("without_schema", probe.STREAMED, NAMED)
    await conversation.templated("mistyped", probe.DEFAULT, {"name": 5})
    await conversation.templated("broken", probe.BROKEN, NAMED)
    await conversation.templated("unknown_version", probe.UNKNOWN_VERSION, NAMED)
    unknown: dict[str, Any] = {"prompt": {"id": probe.UNKNOWN_PROMPT}, "input": INPUT}
    await conversation.post("unknown_prompt", "/responses", body=unknown)
    await conversation.post("neither", "/responses", body={"input": INPUT})
