"""The prompt template that scenarios name: what its versions hold, and what they come to.

Whoever judges a server sets this template up on it (`docs/prompts.md`), under the id that stands here or
under another one that `--given prompt=ID` names. No API lists templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROBE = "antiphon_probe"
"""Its id, unless another one is given."""
UNKNOWN_PROMPT = "no-such-prompt"
UNKNOWN_VERSION = "999"

FULL, DEFAULT, STREAMED, STRUCTURED, TOOLS, UNREACHABLE, BROKEN, FAILING = map(str, range(1, 9))
"""The versions, by what each of them shows."""

NAME = "Ada & Bo"
VARIABLES: Mapping[str, Any] = {
    "name": NAME,
    "place": {"city": "Paris"},
    "loud": True,
    "topics": ["tea", "rain"],
    "words": None,
}
"""Variables of every JSON type for the full version; the one that is null has the default 7."""
RENDERED = f"Greet {NAME} <Paris> loudly.\n- TEA\n- RAIN\nUse 7 words."
"""What these make of the system prompt of the full version."""
MESSAGE = f"Hello from {NAME}."
"""What they make of its one message, which is the user's."""
BRIEFLY = f"Greet {NAME} briefly."
"""What the name alone makes of the system prompt of the default version."""
MODEL = "gpt-4o"
SETTINGS: Mapping[str, Any] = {"temperature": 0.3, "top_p": 0.8, "max_output_tokens": 300}
"""The settings of the full version."""
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "parts": {"type": "array", "items": {"type": "string"}},
        "count": {"type": "integer"},
    },
    "required": ["title", "parts", "count"],
    "additionalProperties": False,
}
"""The output schema of the structured version."""
SERVERS = ("filesystem", "weather")
"""The labels of the servers of tools that the version with tools has, in order."""
