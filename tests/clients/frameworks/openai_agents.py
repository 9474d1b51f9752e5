"""The OpenAI Agents SDK for Python: over Responses, over chat completions, and over WebSocket."""

from __future__ import annotations

import asyncio

from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from agents.models.openai_responses import OpenAIResponsesWSModel
from openai import AsyncOpenAI
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_PICTURE, ASK_WEATHER, PICTURE, WEATHER, main

set_tracing_disabled(True)
MODELS = {
    "responses": OpenAIResponsesModel,
    "chat": OpenAIChatCompletionsModel,
    "websocket": OpenAIResponsesWSModel,
}


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


@function_tool
def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def agent(url: str, kind: str, **members: object) -> Agent:
    model = MODELS[kind]("gpt-5", openai_client=AsyncOpenAI(base_url=url, api_key="any"))
    return Agent(name="helper", instructions="Be brief.", model=model, **members)


def ask(url: str, kind: str, question: object, **members: object) -> object:
    return asyncio.run(Runner.run(agent(url, kind, **members), question)).final_output


def responses_tool(url: str) -> object:
    return ask(url, "responses", ASK_WEATHER, tools=[get_weather])


def chat_tool(url: str) -> object:
    return ask(url, "chat", ASK_WEATHER, tools=[get_weather])


def websocket_tool(url: str) -> object:
    return ask(url, "websocket", ASK_WEATHER, tools=[get_weather])


def chat_image(url: str) -> object:
    return see(url, "chat")


def responses_image(url: str) -> object:
    return see(url, "responses")


def see(url: str, kind: str) -> object:
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}", "detail": "auto"}
    content = [{"type": "input_text", "text": ASK_PICTURE}, picture]
    return ask(url, kind, [{"role": "user", "content": content}])


def streamed_tool(url: str) -> object:
    async def run() -> object:
        result = Runner.run_streamed(agent(url, "responses", tools=[get_weather]), ASK_WEATHER)
        kinds = {event.type async for event in result.stream_events()}
        return [result.final_output, sorted(kinds)]

    return asyncio.run(run())


def structured(url: str) -> object:
    return ask(url, "responses", ASK_PERSON, output_type=Person).model_dump()


def handoff(url: str) -> object:
    billing = agent(url, "responses")
    billing.name = "Billing agent"
    return ask(url, "responses", "Please ask the billing agent.", handoffs=[billing])


def required_tool(url: str) -> object:
    settings = ModelSettings(tool_choice="required")
    return ask(url, "chat", ASK_WEATHER, tools=[get_weather], model_settings=settings)


if __name__ == "__main__":
    main(
        "openai-agents",
        responses_tool,
        chat_tool,
        websocket_tool,
        chat_image,
        responses_image,
        streamed_tool,
        structured,
        handoff,
        required_tool,
    )
