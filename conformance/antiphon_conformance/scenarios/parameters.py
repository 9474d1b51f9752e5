"""Answers to requests with many parameters."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.test_prompts import ASK_SIMPLY, SIGN_OFF, SIGNED, TELL_SIMPLY
from antiphon_conformance.rules.reading.comparison import says
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.tools import TIME, WEATHER, user


@scenario(dialect="responses")
async def echoes(conversation: Conversation) -> None:
    """Creates a response with as many parameters as possible."""
    answer = await conversation.create(
        "echoed",
        input="What is the weather in Paris? Use get_weather if you can.",
        instructions=SIGNED,
        tools=[WEATHER, TIME],
        tool_choice="none",
        parallel_tool_calls=False,
        max_tool_calls=3,
        max_output_tokens=400,
        metadata={"topic": "weather", "turn": "1"},
        store=True,
        truncation="disabled",
        text={"verbosity": "medium"},
        safety_identifier="judge-1",
        prompt_cache_key="weather-1",
    )
    if not says(answer, SIGN_OFF):
        members: dict[str, Any] = {"store": False, "may_fail": True}
        await conversation.create("instructed_simply", input=ASK_SIMPLY, instructions=TELL_SIMPLY, **members)
        await conversation.create("told", input=[user(TELL_SIMPLY), user(ASK_SIMPLY)], **members)


@scenario(features=("logprobs",))
async def sampling(conversation: Conversation) -> None:
    """Sets every sampling parameter and asks for log probabilities: with alternatives in a body, and alone
    in a stream, which has metadata."""
    penalties = {"presence_penalty": 0.5, "frequency_penalty": 0.25}
    extras: dict[str, Any] = penalties if conversation.dialect.resolve("REQ-45") else {}
    members: dict[str, Any] = {
        "input": "Name three colours.",
        "include": ["message.output_text.logprobs"],
    }
    await conversation.create("sampled", temperature=0.7, top_p=0.9, top_logprobs=2, **members, **extras)
    await conversation.create("streamed", stream=True, metadata={"topic": "colours"}, **members)
