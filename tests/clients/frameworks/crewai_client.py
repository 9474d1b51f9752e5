"""crewai: a crew of one agent that answers, uses a tool, and gives structured output."""

from __future__ import annotations

import os

os.environ |= {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "OTEL_SDK_DISABLED": "true",
    "CREWAI_TRACING_ENABLED": "false",
}

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


@tool("get_weather")
def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def crew(url: str, question: str, *tools: object, **members: object) -> object:
    llm = LLM(model="openai/gpt-4.1", base_url=url, api_key="any")
    agent = Agent(role="helper", goal="help", backstory="You help.", llm=llm, tools=list(tools), max_iter=4)
    task = Task(description=question, expected_output="An answer.", agent=agent, **members)
    return Crew(agents=[agent], tasks=[task], verbose=False).kickoff()


def answer(url: str) -> object:
    return crew(url, "Reply with exactly: pong").raw


def agent_tool(url: str) -> object:
    return crew(url, ASK_WEATHER, get_weather).raw


def structured(url: str) -> object:
    return crew(url, ASK_PERSON, output_pydantic=Person).pydantic.model_dump()


if __name__ == "__main__":
    main("crewai", answer, agent_tool, structured)
