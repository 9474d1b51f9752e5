"""marvin, whose prompts stand in tags: tasks, one with a tool, and objects from texts."""

from __future__ import annotations

import os
import sys

os.environ |= {
    "OPENAI_API_KEY": "any",
    "OPENAI_BASE_URL": sys.argv[1],
    "MARVIN_AGENT_MODEL": "openai:gpt-4o",
    "MARVIN_ENABLE_DEFAULT_PRINT_HANDLER": "false",
}

import marvin
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def chat(_url: str) -> object:
    return marvin.run("Reply with exactly: pong")


def chat_agent(_url: str) -> object:
    return marvin.run(ASK_WEATHER, tools=[get_weather])


def structured(_url: str) -> object:
    return marvin.cast(ASK_PERSON, Person).model_dump()


def several(_url: str) -> object:
    people = marvin.extract("Ada is 36 years old. Bob is 41 years old.", Person)
    return [person.model_dump() for person in people]


if __name__ == "__main__":
    main("marvin", chat, chat_agent, structured, several)
