"""A request that names a prompt template -> the request that the model sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.prompt_templates.rendering import TemplateError, render
from antiphon_mockserver.prompt_templates.template import Registry, Version
from antiphon_mockserver.prompt_templates.variables import PromptRequest, with_defaults
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid

OWN_MEMBERS = ("previous_response_id", "metadata", "store", "background", "user", "stream_options")
"""The members of a request that count besides `prompt` and `input`; the template sets all others."""
SETTINGS = {"temperature": 0.7, "max_output_tokens": 2000}


def find(registry: Registry, prompt: Mapping[str, Any]) -> Version:
    """The version that a request names, or the default one. Raises ApiError (404) when there is none."""
    prompt_id, number = str(prompt["id"]), prompt.get("version")
    template = registry.templates.get(prompt_id)
    if template is None:
        raise ApiError(f"Prompt template not found: {prompt_id[:128]}", status=404, param="prompt.id")
    version = template.versions.get(template.default if number is None else str(number))
    if version is None:
        message = f"Prompt template not found: {prompt_id} version {str(number)[:128]}"
        raise ApiError(message, status=404, param="prompt.version")
    return version


def fill(body: Mapping[str, Any], call: PromptRequest) -> dict[str, Any]:
    """The body of the request that the template produces from this one."""
    version = call.version
    texts = iter(_texts(call))
    messages = [_message(version.system_role, next(texts))]
    messages += [_message(row["role"], text) for row, text in zip(version.messages, texts, strict=True)]
    head = messages[0] if version.system and version.system_role == "system" else None
    first = 1 if head or not version.system else 0
    return {
        **{name: body[name] for name in OWN_MEMBERS if name in body},
        **SETTINGS,
        **version.settings,
        "model": version.model,
        "instructions": head["content"] if head else None,
        "input": [*messages[first:], *_new_messages(body.get("input"))],
        "stream": version.stream,
        "parallel_tool_calls": version.parallel_tool_calls,
        "prompt": {
            "id": version.prompt,
            "variables": body["prompt"].get("variables"),
            "version": version.number,
        },
        "tools": [server.tool for server in version.servers],
        **_format(version),
    }


def _texts(call: PromptRequest) -> list[str]:
    """The texts of the template, rendered; without variables they stay as they are."""
    if not call.variables and call.version.input_schema is None:
        return list(call.version.texts)
    variables = with_defaults(call)
    try:
        return [render(text, variables) for text in call.version.texts]
    except TemplateError as fault:
        raise invalid(str(fault), "prompt") from fault


def _message(role: str, text: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": text}


def _new_messages(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [_message("user", value)]
    return list(value or ())


def _format(version: Version) -> dict[str, Any]:
    if version.output_schema is None:
        return {}
    form = {"type": "json_schema", "name": version.prompt[:64], "schema": version.output_schema}
    return {"text": {"format": {**form, "strict": True}}}
