"""Haystack: generators for both APIs, alone, with a schema, and in an agent with a tool."""

from __future__ import annotations

from typing import Annotated

from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator, OpenAIResponsesChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import tool
from haystack.utils import Secret
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


@tool
def get_weather(city: Annotated[str, "the city"]) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def generator(url: str, kind: type, **members: object) -> object:
    return kind(api_key=Secret.from_token("any"), api_base_url=url, model="gpt-5", **members)


def ask(url: str, kind: type, text: str, **members: object) -> str:
    built = generator(url, kind, **members)
    return built.run([ChatMessage.from_user(text)])["replies"][0].text


def stream(url: str, kind: type) -> str:
    pieces: list[str] = []
    ask(url, kind, "Count from 1 to 5.", streaming_callback=lambda chunk: pieces.append(chunk.content))
    return "".join(pieces)


def agent(url: str, kind: type) -> str:
    built = Agent(chat_generator=generator(url, kind), tools=[get_weather], system_prompt="You help.")
    return built.run(messages=[ChatMessage.from_user(ASK_WEATHER)])["messages"][-1].text


def chat(url: str) -> object:
    return ask(url, OpenAIChatGenerator, "Reply with exactly: pong")


def chat_stream(url: str) -> object:
    return stream(url, OpenAIChatGenerator)


def chat_agent(url: str) -> object:
    return agent(url, OpenAIChatGenerator)


def responses(url: str) -> object:
    return ask(url, OpenAIResponsesChatGenerator, "Reply with exactly: pong")


def responses_stream(url: str) -> object:
    return stream(url, OpenAIResponsesChatGenerator)


def responses_agent(url: str) -> object:
    return agent(url, OpenAIResponsesChatGenerator)


def structured(url: str) -> object:
    members = {"generation_kwargs": {"response_format": Person}}
    return Person.model_validate_json(ask(url, OpenAIChatGenerator, ASK_PERSON, **members)).model_dump()


if __name__ == "__main__":
    main(
        "haystack-ai",
        chat,
        chat_stream,
        chat_agent,
        responses,
        responses_stream,
        responses_agent,
        structured,
    )
