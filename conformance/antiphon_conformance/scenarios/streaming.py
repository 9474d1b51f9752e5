"""Streams: of text, of calls, of reasoning, cut short, refused, with log probabilities."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.scenario import scenario
from antiphon_conformance.scenarios.structured import CITY, schema_format
from antiphon_conformance.scenarios.tools import QUERY, TIME, WEATHER
from antiphon_conformance.talk import Talk


@scenario(features=("stream",))
async def streaming(talk: Talk) -> None:
    """Asks for a text as a stream, as a document, and as a stream without padding; then for a bad stream."""
    asked: dict[str, Any] = {"input": "Count from 1 to 5.", "temperature": 0}
    await talk.create("streamed", stream=True, **asked)
    await talk.create("whole", **asked)
    await talk.create(
        "unpadded",
        input="Reply with exactly: More is at https://example.com/sea today.",
        stream=True,
        stream_options={"include_obfuscation": False},
    )
    await talk.create("refused", input="Say hello.", max_output_tokens="many", stream=True, may_fail=True)


@scenario(features=("stream",))
async def streamed_truncation(talk: Talk) -> None:
    """Streams a text that `max_output_tokens` cuts short."""
    await talk.create(
        "truncated", input="Tell me a story of 300 words about the sea.", max_output_tokens=16, stream=True
    )


@scenario(features=("stream", "logprobs"))
async def streamed_logprobs(talk: Talk) -> None:
    """Streams a text with log probabilities."""
    await talk.create(
        "streamed",
        input="Name three colours.",
        include=["message.output_text.logprobs"],
        top_logprobs=2,
        stream=True,
    )


@scenario(features=("stream", "structured"))
async def streamed_refusal(talk: Talk) -> None:
    """Streams what the model says to a request that it should refuse."""
    form = schema_format(CITY, strict=True)
    await talk.create("refusing", input="Please refuse this request.", text=form, stream=True)


@scenario(features=("stream", "tools"))
async def streamed_calls(talk: Talk) -> None:
    """Streams calls of two tools at once."""
    await talk.create(
        "called",
        input="What are the weather and the time in Paris? Call get_weather and get_time.",
        tools=[WEATHER, TIME],
        tool_choice="required",
        parallel_tool_calls=True,
        stream=True,
    )


@scenario(features=("stream", "custom_tools"))
async def streamed_custom_call(talk: Talk) -> None:
    """Streams a call of a custom tool."""
    await talk.create(
        "called",
        input="Run a query that selects everything.",
        tools=[QUERY],
        tool_choice={"type": "custom", "name": "run_query"},
        stream=True,
    )


@scenario(features=("stream", "reasoning"))
async def streamed_reasoning(talk: Talk) -> None:
    """Streams an answer that takes thought, with a summary of it."""
    await talk.create(
        "reasoned",
        input="A train leaves at 9:40 and takes 95 minutes. When does it arrive? Think first.",
        reasoning={"effort": "low", "summary": "auto"},
        stream=True,
    )


@scenario(features=("tools",), dialect="openresponses")
async def extensions(talk: Talk) -> None:
    """Sends a hosted tool and an input item of a provider that nobody knows."""
    tool = {"type": "antiphon_unknown:search"}
    await talk.create("unknown_tool", input="Say hello.", tools=[tool], may_fail=True)
    item = {"type": "antiphon_unknown:note", "id": "note_1", "status": "completed", "text": "Be brief."}
    message = {"type": "message", "role": "user", "content": "Say hello."}
    await talk.create("unknown_item", input=[item, message], may_fail=True)
