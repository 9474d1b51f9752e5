"""agno: agents over both APIs, with a tool, a schema, JSON mode, streams and a memory."""

from __future__ import annotations

from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.models.openai import OpenAIChat, OpenAIResponses
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def agent(url: str, kind: type = OpenAIChat, **members: object) -> Agent:
    return Agent(model=kind(id="gpt-5", base_url=url, api_key="any"), telemetry=False, **members)


def text_of_stream(built: Agent) -> str:
    events = built.run("Count from 1 to 5.", stream=True)
    return "".join(event.content or "" for event in events if event.event == "RunContent")


def chat(url: str) -> object:
    return agent(url).run("Reply with exactly: pong").content


def chat_stream(url: str) -> object:
    return text_of_stream(agent(url))


def chat_agent(url: str) -> object:
    return agent(url, tools=[get_weather], instructions="Be polite.", markdown=True).run(ASK_WEATHER).content


def responses(url: str) -> object:
    return agent(url, OpenAIResponses).run("Reply with exactly: pong").content


def responses_stream(url: str) -> object:
    return text_of_stream(agent(url, OpenAIResponses))


def responses_agent(url: str) -> object:
    return agent(url, OpenAIResponses, tools=[get_weather]).run(ASK_WEATHER).content


def structured(url: str) -> object:
    return agent(url, output_schema=Person).run(ASK_PERSON).content.model_dump()


def structured_responses(url: str) -> object:
    return agent(url, OpenAIResponses, output_schema=Person).run(ASK_PERSON).content.model_dump()


def json_mode(url: str) -> object:
    return agent(url, output_schema=Person, use_json_mode=True).run(ASK_PERSON).content.model_dump()


def turns(url: str) -> object:
    built = agent(url, db=InMemoryDb(), add_history_to_context=True, session_id="session")
    built.run("My name is Ada.")
    return built.run("What is my name?").content


if __name__ == "__main__":
    main(
        "agno",
        chat,
        chat_stream,
        chat_agent,
        responses,
        responses_stream,
        responses_agent,
        structured,
        structured_responses,
        json_mode,
        turns,
    )
