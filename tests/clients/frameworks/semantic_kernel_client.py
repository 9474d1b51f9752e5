"""Semantic Kernel: agents over both APIs, with a plugin, a stream and a schema."""

from __future__ import annotations

import asyncio

from openai import AsyncOpenAI
from pydantic import BaseModel
from semantic_kernel.agents import ChatCompletionAgent, OpenAIResponsesAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
from semantic_kernel.functions import KernelArguments, kernel_function
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


class Station:
    """A plugin."""

    @kernel_function(description="Tells the weather in a city.")
    def get_weather(self, city: str) -> str:
        """Tells the weather in a city."""
        return f"{city}: {WEATHER}"


def chat_agent_of(url: str, **members: object) -> ChatCompletionAgent:
    client = AsyncOpenAI(base_url=url, api_key="any")
    service = OpenAIChatCompletion(ai_model_id="gpt-5", async_client=client)
    return ChatCompletionAgent(service=service, name="helper", instructions="You help.", **members)


def responses_agent_of(url: str, **members: object) -> OpenAIResponsesAgent:
    client = AsyncOpenAI(base_url=url, api_key="any")
    return OpenAIResponsesAgent(
        ai_model_id="gpt-5", client=client, name="helper", instructions="You help.", **members
    )


def ask(built: ChatCompletionAgent | OpenAIResponsesAgent, text: str) -> str:
    return str(asyncio.run(built.get_response(text)).content)


def chat(url: str) -> object:
    return ask(chat_agent_of(url), "Reply with exactly: pong")


def chat_stream(url: str) -> object:
    async def run() -> str:
        chunks = chat_agent_of(url).invoke_stream("Count from 1 to 5.")
        return "".join([str(chunk.content) async for chunk in chunks])

    return asyncio.run(run())


def chat_agent(url: str) -> object:
    return ask(chat_agent_of(url, plugins=[Station()]), ASK_WEATHER)


def responses(url: str) -> object:
    return ask(responses_agent_of(url), "Reply with exactly: pong")


def responses_agent(url: str) -> object:
    return ask(responses_agent_of(url, plugins=[Station()]), ASK_WEATHER)


def structured(url: str) -> object:
    settings = OpenAIChatPromptExecutionSettings(response_format=Person)
    built = chat_agent_of(url, arguments=KernelArguments(settings=settings))
    return Person.model_validate_json(ask(built, ASK_PERSON)).model_dump()


if __name__ == "__main__":
    main("semantic-kernel", chat, chat_stream, chat_agent, responses, responses_agent, structured)
