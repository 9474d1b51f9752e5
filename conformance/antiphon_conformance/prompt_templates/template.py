"""The prompt template of the scenarios: the content of its versions, and their rendered text.

The user creates this template on the server (`docs/prompts.md`), under this id or under another id that
`--given prompt=ID` names. No API lists templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROBE = "antiphon_probe"
"""Its id, unless the user gives another."""
UNKNOWN_PROMPT = "no-such-prompt"
UNKNOWN_VERSION = "999"

FULL, DEFAULT, STREAMED, STRUCTURED, TOOLS, UNREACHABLE, BROKEN, FAILING = map(str, range(1, 9))
"""The versions, named by what each of them tests."""

NAME = "Ada & Bo"
VARIABLES: Mapping[str, Any] = {
    "name": NAME,
    "place": {"city": "Paris"},
    "loud": True,
    "topics": ["tea", "rain"],
    "words": None,
}
"""Variables of every JSON type for the full version; the null variable has the default 7."""
RENDERED = f"Greet {NAME} <Paris> loudly.\n- TEA\n- RAIN\nUse 7 words."
"""The system prompt of the full version, rendered with these variables."""
MESSAGE = f"Hello from {NAME}."
"""Its only message, from the user, rendered with these variables."""
BRIEFLY = f"Greet {NAME} briefly."
"""The system prompt of the default version, rendered with the name alone."""
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
"""The labels of the tool servers in the version with tools, in order."""
