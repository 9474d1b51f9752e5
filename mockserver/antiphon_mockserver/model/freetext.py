"""The input of custom tools: text from the prompt, or the shortest text of the tool's grammar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.model.instance import Unsupported
from antiphon_mockserver.model.instance.grammar import shortest
from antiphon_mockserver.model.instance.pattern import matching
from antiphon_mockserver.model.prompt_hints import QUOTED, matched_group
from antiphon_mockserver.server.errors import invalid

FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


def free_text(tool: Mapping[str, Any], prompt: str) -> str:
    """What the model gives to a custom tool. Raises ApiError when the tool's grammar is malformed."""
    text_format = tool.get("format") or {}
    if text_format.get("type") != "grammar":
        return _from_prompt(prompt)
    definition = text_format.get("definition", "")
    try:
        if text_format.get("syntax") == "regex":
            text = next(matching(definition, 0, None), None)
        else:
            text = shortest(definition)
    except Unsupported as problem:
        raise invalid(
            f"Invalid grammar for tool '{tool['name']}': {problem}", "tools", "invalid_grammar"
        ) from problem
    return _from_prompt(prompt) if text is None else text


def _from_prompt(prompt: str) -> str:
    """Code in a fence, else the quoted words, else the whole prompt."""
    if fence := FENCED.search(prompt):
        return fence[1].strip()
    if quotation := QUOTED.search(prompt):
        return matched_group(quotation)
    return prompt.strip()
