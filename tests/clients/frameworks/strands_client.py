"""Strands Agents: agents over both APIs, with a tool, structured output and a memory."""

from __future__ import annotations

from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main
from strands import Agent, tool
from strands.models.openai import OpenAIModel
from strands.models.openai_responses import OpenAIResponsesModel


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


@tool
def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def agent(url: str, kind: type = OpenAIModel, **members: object) -> Agent:
    model = kind(client_args={"base_url": url, "api_key": "any"}, model_id="gpt-5")
    return Agent(model=model, callback_handler=None, **members)


def chat(url: str) -> object:
    return str(agent(url)("Reply with exactly: pong")).strip()


def chat_agent(url: str) -> object:
    return str(agent(url, tools=[get_weather])(ASK_WEATHER)).strip()


def responses(url: str) -> object:
    return str(agent(url, OpenAIResponsesModel)("Reply with exactly: pong")).strip()


def responses_agent(url: str) -> object:
    return str(agent(url, OpenAIResponsesModel, tools=[get_weather])(ASK_WEATHER)).strip()


def structured(url: str) -> object:
    return agent(url)(ASK_PERSON, structured_output_model=Person).structured_output.model_dump()


def turns(url: str) -> object:
    built = agent(url)
    built("My name is Ada.")
    return str(built("What is my name?")).strip()


if __name__ == "__main__":
    main("strands-agents", chat, chat_agent, responses, responses_agent, structured, turns)
