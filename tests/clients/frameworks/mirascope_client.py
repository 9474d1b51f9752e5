"""mirascope: calls over both APIs: a text, a stream, a tool and an object."""

from __future__ import annotations

import os
import sys

os.environ |= {"OPENAI_API_KEY": "any", "OPENAI_BASE_URL": sys.argv[1]}

from mirascope import llm
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


@llm.tool
def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def model(_url: str, api: str) -> object:
    return llm.model(f"openai/gpt-4o:{api}")


def agent(url: str, api: str) -> object:
    response = model(url, api).call(ASK_WEATHER, tools=[get_weather])
    while response.tool_calls:
        response = response.resume(response.execute_tools())
    return response.text()


def chat(url: str) -> object:
    return model(url, "completions").call("Reply with exactly: pong").text()


def chat_stream(url: str) -> object:
    return "".join(model(url, "completions").stream("Count from 1 to 5.").text_stream()).strip()


def chat_agent(url: str) -> object:
    return agent(url, "completions")


def structured(url: str) -> object:
    return model(url, "completions").call(ASK_PERSON, format=Person).parse().model_dump()


def responses(url: str) -> object:
    return model(url, "responses").call("Reply with exactly: pong").text()


def responses_stream(url: str) -> object:
    return "".join(model(url, "responses").stream("Count from 1 to 5.").text_stream()).strip()


def responses_agent(url: str) -> object:
    return agent(url, "responses")


def structured_responses(url: str) -> object:
    return model(url, "responses").call(ASK_PERSON, format=Person).parse().model_dump()


if __name__ == "__main__":
    main(
        "mirascope",
        chat,
        chat_stream,
        chat_agent,
        structured,
        responses,
        responses_stream,
        responses_agent,
        structured_responses,
    )
