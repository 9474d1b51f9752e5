"""Chat completions beside responses: at once, in chunks, with a tool, by a schema, and a wrong request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.rules.reading.chat import calls_of
from antiphon_conformance.rules.reading.output import member
from antiphon_conformance.rules.views import completion_of
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import ScenarioStopError
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.structured import CITY
from antiphon_conformance.scenarios.tools import WEATHER

PATH = "/chat/completions"
TOOL = {"type": "function", "function": {name: value for name, value in WEATHER.items() if name != "type"}}
CHOICE = {"type": "function", "function": {"name": WEATHER["name"]}}
FORM = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}
QUESTION = "What is the weather in Paris, in celsius?"
IN_CHUNKS = {"stream": True, "stream_options": {"include_usage": True}}


def user(text: str) -> dict[str, str]:
    """What a person says in a chat."""
    return {"role": "user", "content": text}


@scenario(features=("chat_completions",))
async def chat_completions(conversation: Conversation) -> None:
    """Asks a chat at once and in chunks, lets it call a tool and answers, and asks for JSON by a schema."""
    plain = await _ask(conversation, "plain", "Say hello.")
    if not plain.ok:
        raise ScenarioStopError(f"answered {plain.answer.status}", "plain")
    await _ask(conversation, "streamed", "Say hello.", **IN_CHUNKS)
    tools = {"tools": [TOOL], "tool_choice": CHOICE}
    call = await _ask(conversation, "called", QUESTION, **tools)
    await _answer(conversation, call)
    await _ask(conversation, "called_in_a_stream", QUESTION, **tools, **IN_CHUNKS)
    await _ask(conversation, "structured", "Describe Paris.", response_format=FORM)
    await conversation.post("without_messages", PATH, body={"model": conversation.model})


async def _ask(conversation: Conversation, name: str, text: str, **members: Any) -> Exchange:
    body = {"model": conversation.model, "messages": [user(text)], **members}
    return await conversation.post(name, PATH, body=body)


async def _answer(conversation: Conversation, exchange: Exchange) -> None:
    """Sends the result of each call of an answer, with the answer before it."""
    completion: Mapping[str, Any] = completion_of(exchange) if exchange.ok else {}
    calls = [call for place, _, call in calls_of(completion) if place.startswith("choices/0/")]
    identities = [call.get("id") for call in calls]
    if not calls or not all(isinstance(name, str) for name in identities):
        return
    said = {"role": "assistant", "content": _text(completion), "tool_calls": calls}
    results = [{"role": "tool", "tool_call_id": name, "content": "sunny, 21 degrees"} for name in identities]
    messages = [user(QUESTION), said, *results]
    body = {"model": conversation.model, "messages": messages, "tools": [TOOL]}
    await conversation.post("answered", PATH, body=body)


def _text(completion: Mapping[str, Any]) -> str | None:
    choices = completion["choices"]
    text = member(choices[0], "message", "content")
    return text if isinstance(text, str) else None
