"""Reusable prompts of OpenAI: a request names one, and its messages stand before the input.

The files are those of prompt templates. Of a text only `{{name}}` is a template: the place of a variable,
which may be a text, a picture or a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_mockserver.prompt_templates.template import Template, Version
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_spec.loading.construction import dataclass

PLACE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
PICTURES = "message.input_image.image_url"
"""The word of `include` that brings back the URLs of pictures."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filling:
    """A request after its reusable prompt."""

    body: Mapping[str, Any]
    messages: tuple[Json, ...] = ()
    """What the model sees before the input."""
    instructions: tuple[Json, ...] = ()
    """The same as the response shows it."""


def reuse(templates: Mapping[str, Template], body: Mapping[str, Any]) -> Filling:
    """Fills the prompt that a request names; what the request says itself wins over its settings.

    Rejects an unknown prompt with 404, and variables that do not fit with 400.
    """
    prompt = body["prompt"]
    version = find(templates, prompt)
    parts = {name: _part(value) for name, value in (prompt.get("variables") or {}).items()}
    reject_other_variables(version, parts)
    messages = [_message(role, text, parts) for role, text in _texts(version)]
    if isinstance(own := body.get("instructions"), str):
        messages.append(_message("developer", own, {}))
    keeps_pictures = PICTURES in (body.get("include") or ())
    shown = {name: _shown(part, keeps_pictures) for name, part in parts.items()}
    echo = {"id": version.prompt, "variables": shown or None, "version": version.number}
    given = {name: value for name, value in body.items() if value is not None and name != "instructions"}
    return Filling(
        {"model": version.model, **version.settings, **given, "prompt": echo},
        tuple(message for message in messages if message["content"]),
        tuple(
            {**message, "content": [_shown(part, keeps_pictures) for part in message["content"]]}
            for message in messages
        ),
    )


def find(templates: Mapping[str, Template], prompt: Mapping[str, Any]) -> Version:
    """The version that a request names, or the usual one. Rejects an unknown one with 404."""
    name, number = str(prompt["id"]), prompt.get("version")
    template = templates.get(name)
    if template is None:
        raise _not_found(f"Prompt with id '{name[:128]}' not found.")
    version = template.versions.get(template.default if number is None else str(number))
    if version is None:
        raise _not_found(f"Prompt with id '{name[:128]}' has no version '{str(number)[:128]}'.")
    return version


def reject_other_variables(version: Version, variables: Mapping[str, Any]) -> None:
    """Rejects a request that lacks a variable of the prompt, or has one that it does not use, with 400."""
    places = {name for _, text in _texts(version) for name in PLACE.findall(text)}
    for word, names in (("Missing", places - variables.keys()), ("Unknown", variables.keys() - places)):
        if names:
            message = f"{word} prompt variables: {', '.join(sorted(names))[:300]}."
            raise invalid(message, "prompt.variables", "prompt_variable_error")


def _not_found(message: str) -> ApiError:
    return ApiError(message, status=404, param="prompt", code="prompt_not_found")


def _texts(version: Version) -> Iterator[tuple[str, str]]:
    """(role, text) of each message of a version."""
    if version.system:
        yield version.system_role, version.system.strip()
    yield from ((message["role"], message["content"]) for message in version.messages)


def _part(value: str | Json) -> Json:
    """A variable as a part of a message."""
    return {"type": "input_text", "text": value} if isinstance(value, str) else value


def _message(role: str, text: str, parts: Mapping[str, Json]) -> Json:
    """A message of texts and of the parts that stand in their places."""
    pieces: list[Json] = []
    for index, piece in enumerate(PLACE.split(text)):
        part = parts.get(piece, {"type": "input_text", "text": ""}) if index % 2 else _part(piece)
        if part["type"] == "input_text" and pieces and pieces[-1]["type"] == "input_text":
            pieces[-1] = {"type": "input_text", "text": pieces[-1]["text"] + part["text"]}
        else:
            pieces.append(part)
    content = [part for part in pieces if part["type"] != "input_text" or part["text"]]
    return {"type": "message", "role": role, "content": content}


def _shown(part: Json, keeps_pictures: bool) -> Json:
    """A part as the response shows it: without the data of files and, unless asked for, URLs of pictures."""
    if part["type"] == "input_image":
        url = part.get("image_url") if keeps_pictures else None
        detail, file_id = part.get("detail") or "auto", part.get("file_id")
        return {"type": "input_image", "detail": detail, "file_id": file_id, "image_url": url}
    if part["type"] == "input_file":
        names = [name for name in ("filename", "file_url") if part.get(name) is not None]
        return {"type": "input_file", "file_id": part.get("file_id"), **{name: part[name] for name in names}}
    return {"type": "input_text", "text": part["text"]}
