"""Requests in the spelling of Chat Completions, one form at a time: an error there names no member."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.tools import WEATHER

NESTED = {"type": "function", "function": {name: WEATHER[name] for name in WEATHER if name != "type"}}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PARTS: list[dict[str, Any]] = [
    {"type": "text", "text": "What is in this picture?"},
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
]
ENOUGH = 300
"""Output tokens that a short answer never needs."""


@scenario(features=("chat_spellings",))
async def chat_spellings(conversation: Conversation) -> None:
    """Asks with nested tools, bare parts, boolean reasoning, `max_tokens`, null, and unknown members."""
    members: dict[str, Any] = {"input": "Say hello.", "may_fail": True}
    weather = "What is the weather in Paris? Call get_weather."
    await conversation.create("nested", input=weather, tools=[NESTED], tool_choice="required", may_fail=True)
    await conversation.create("parts", input=PARTS, may_fail=True)
    await conversation.create("reasoned", reasoning=True, **members)
    await conversation.create("unreasoned", reasoning=False, **members)
    await conversation.create("limited", max_tokens=ENOUGH, **members)
    await conversation.create("first_turn", previous_response_id=None, instructions="Be brief.", **members)
    await conversation.create("in_text", modalities=["text"], **members)
    await conversation.create("unknown_member", no_such_member=1, **members)
    await conversation.create("routed", headers={"x-model-name": conversation.model}, **members)
