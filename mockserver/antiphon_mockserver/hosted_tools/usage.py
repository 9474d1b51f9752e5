"""What the hosted tools of a response used: `tool_usage`, beside the tokens of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.response.tokens import count

COUNTED = ("web_search", "image_generation")
"""How the types of the tools begin whose use is counted."""
TOKENS = {"low": 272, "medium": 1056, "high": 4160}
"""The tokens of a picture by its quality, about as the vendor counts a square one."""


def is_counted(tools: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a request offers a tool whose use is counted."""
    return any(str(tool.get("type")).startswith(COUNTED) for tool in tools)


def tool_usage(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The searches of a response and the tokens of its pictures."""
    searches = [item for item in items if item["type"] == "web_search_call"]
    pictures = [item for item in items if item["type"] == "image_generation_call" and item.get("result")]
    words = sum(count(str(item.get("revised_prompt") or "")) for item in pictures)
    drawn = sum(TOKENS.get(str(item.get("quality")), TOKENS["low"]) for item in pictures)
    return {
        "image_gen": {
            "input_tokens": words,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": words},
            "output_tokens": drawn,
            "output_tokens_details": {"image_tokens": drawn, "text_tokens": 0},
            "total_tokens": words + drawn,
        },
        "web_search": {"num_requests": len(searches)},
    }
