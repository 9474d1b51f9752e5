"""The input of custom tools: free text from the prompt, or the shortest text of a grammar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.instance import Unsupported
from antiphon_mockserver.instance.lark import shortest
from antiphon_mockserver.instance.pattern import matching
from antiphon_mockserver.model.wishes import QUOTED

FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


def free_text(tool: Mapping[str, Any], prompt: str) -> str:
    """What the model gives to a custom tool."""
    form = tool.get("format") or {}
    if form.get("type") != "grammar":
        return _from_prompt(prompt)
    definition = form.get("definition", "")
    try:
        if form.get("syntax") == "regex":
            return next(matching(definition, 0, None), "")
        return shortest(definition)
    except Unsupported as problem:
        raise invalid(
            f"Invalid grammar for tool '{tool['name']}': {problem}", "tools", "invalid_grammar"
        ) from problem


def _from_prompt(prompt: str) -> str:
    """Code in a fence, else the quoted words, else the whole prompt."""
    if fenced := FENCED.search(prompt):
        return fenced[1].strip()
    if quoted := QUOTED.search(prompt):
        return str(next(filter(None, quoted.groups())))
    return prompt.strip()
