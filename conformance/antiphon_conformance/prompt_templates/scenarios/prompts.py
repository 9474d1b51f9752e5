"""Prompt templates: rendered, looked up, streamed as stored, and wrong requests."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.prompt_templates import template as probe
from antiphon_conformance.scenarios.conversation import Talk
from antiphon_conformance.scenarios.scenario import scenario

INPUT = "Reply with exactly: caf\u00e9"
NAMED = {"name": probe.NAME}


@scenario(features=("prompts",))
async def prompt_templates(talk: Talk) -> None:
    """Renders a template with variables of every type, in a version, by default, and with a model."""
    await talk.templated("rendered", probe.FULL, dict(probe.VARIABLES), input=INPUT)
    await talk.templated("by_default", None, NAMED)
    await talk.templated("with_a_model", probe.DEFAULT, NAMED, model=talk.model)
    await talk.templated("structured", probe.STRUCTURED, input="Describe Paris.")
    await talk.templated("streamed", probe.STREAMED, input=INPUT, stream=False)
    await talk.templated("unstreamed", probe.DEFAULT, NAMED, stream=True)
    await talk.templated("integer_version", int(probe.DEFAULT), NAMED)


@scenario(features=("prompts",))
async def mistakes_in_prompts(talk: Talk) -> None:
    """Sends every wrong request about a template, and one without model and template."""
    await talk.templated("missing", probe.FULL, NAMED)
    await talk.templated("unused", probe.DEFAULT, {**NAMED, "colour": "blue"})
    await talk.templated("without_schema", probe.STREAMED, NAMED)
    await talk.templated("mistyped", probe.DEFAULT, {"name": 5})
    await talk.templated("broken", probe.BROKEN, NAMED)
    await talk.templated("unknown_version", probe.UNKNOWN_VERSION, NAMED)
    unknown: dict[str, Any] = {"prompt": {"id": probe.UNKNOWN_PROMPT}, "input": INPUT}
    await talk.post("unknown_prompt", "/responses", body=unknown)
    await talk.post("neither", "/responses", body={"input": INPUT})
