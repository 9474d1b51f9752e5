"""Microsoft Agent Framework: agents over both APIs, with a tool, a schema and a stream."""

from __future__ import annotations

import asyncio

from agent_framework import Agent
from agent_framework.openai import OpenAIChatClient, OpenAIChatCompletionClient
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def agent(url: str, kind: type = OpenAIChatCompletionClient, **members: object) -> Agent:
    return Agent(kind(model="gpt-5", base_url=url, api_key="any"), instructions="You help.", **members)


def ask(built: Agent, text: str, **members: object) -> object:
    return asyncio.run(built.run(text, **members))


def chat(url: str) -> object:
    return ask(agent(url), "Reply with exactly: pong").text


def chat_agent(url: str) -> object:
    return ask(agent(url, tools=[get_weather]), ASK_WEATHER).text


def responses(url: str) -> object:
    return ask(agent(url, OpenAIChatClient), "Reply with exactly: pong").text


def responses_agent(url: str) -> object:
    return ask(agent(url, OpenAIChatClient, tools=[get_weather]), ASK_WEATHER).text


def responses_stream(url: str) -> object:
    async def run() -> str:
        stream = agent(url, OpenAIChatClient).run("Count from 1 to 5.", stream=True)
        return (await stream.get_final_response()).text

    return asyncio.run(run())


def structured(url: str) -> object:
    return ask(agent(url), ASK_PERSON, options={"response_format": Person}).value.model_dump()


def structured_responses(url: str) -> object:
    built = agent(url, OpenAIChatClient)
    return ask(built, ASK_PERSON, options={"response_format": Person}).value.model_dump()


if __name__ == "__main__":
    main(
        "agent-framework-core",
        chat,
        chat_agent,
        responses,
        responses_agent,
        responses_stream,
        structured,
        structured_responses,
    )
