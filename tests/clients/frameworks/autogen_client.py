"""AutoGen: an agent that answers, streams, uses a tool, gives an object, remembers, and one in a team."""

from __future__ import annotations

import asyncio

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_ext.models.openai import OpenAIChatCompletionClient
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


async def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def agent(url: str, **members: object) -> AssistantAgent:
    client = OpenAIChatCompletionClient(model="gpt-4o", base_url=url, api_key="any")
    return AssistantAgent("helper", client, **members)


def ask(built: AssistantAgent | RoundRobinGroupChat, *texts: str) -> object:
    async def run() -> object:
        for text in texts[:-1]:
            await built.run(task=text)
        return (await built.run(task=texts[-1])).messages[-1].content

    return asyncio.run(run())


def chat(url: str) -> object:
    return ask(agent(url), "Reply with exactly: pong")


def chat_stream(url: str) -> object:
    return ask(agent(url, model_client_stream=True), "Count from 1 to 5.")


def chat_agent(url: str) -> object:
    return ask(agent(url, tools=[get_weather], reflect_on_tool_use=True), ASK_WEATHER)


def structured(url: str) -> object:
    return ask(agent(url, output_content_type=Person), ASK_PERSON).model_dump()


def team(url: str) -> object:
    built = RoundRobinGroupChat([agent(url)], termination_condition=MaxMessageTermination(2))
    return ask(built, "Reply with exactly: pong")


def turns(url: str) -> object:
    return ask(agent(url), "My name is Ada.", "What is my name?")


if __name__ == "__main__":
    main("autogen-agentchat", chat, chat_stream, chat_agent, structured, team, turns)
