"""How a create carries a plain text: as a string, or in a list where the target takes no string."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

STRING = "string"
SPELLINGS: Mapping[str, Callable[[str], Any]] = {
    STRING: lambda text: text,
    "message": lambda text: [{"type": "message", "role": "user", "content": text}],
    "parts": lambda text: [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    ],
}
"""The ways to write one user message as `input`, the shortest first."""
REJECTIONS = frozenset({400, 422, 500})
"""The statuses of a create that another spelling may mend: a server may break on a string, too."""


def spelled(body: Any, spelling: str) -> Any:
    """A create with its text as `input` in another spelling; any other body as it is."""
    text = body.get("input") if isinstance(body, dict) else None
    if spelling == STRING or not isinstance(text, str) or not text:
        return body
    return {**body, "input": SPELLINGS[spelling](text)}
