"""Agent Development Kit of Google with its model class for LiteLLM: tools, streams, a schema, a memory."""

from __future__ import annotations

import asyncio
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from google.adk.agents import LlmAgent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.genai import types
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def agent(url: str, name: str, **members: object) -> LlmAgent:
    model = LiteLlm(model="openai/gpt-5", api_base=url, api_key="any")
    return LlmAgent(name=name, model=model, instruction="You help.", **members)


def ask(url: str, *texts: str, mode: StreamingMode = StreamingMode.NONE, **members: object) -> object:
    return asyncio.run(converse(agent(url, "helper", **members), texts, RunConfig(streaming_mode=mode)))


async def converse(built: LlmAgent, texts: tuple[str, ...], config: RunConfig) -> list[str]:
    """The agent and the text of the last answer."""
    runner = InMemoryRunner(built, app_name="app")
    session = await runner.session_service.create_session(app_name="app", user_id="user")
    answer = []
    for text in texts:
        message = types.Content(role="user", parts=[types.Part(text=text)])
        events = runner.run_async(
            user_id="user", session_id=session.id, new_message=message, run_config=config
        )
        async for event in events:
            if event.is_final_response() and event.content and event.content.parts:
                answer = [event.author, "".join(part.text or "" for part in event.content.parts)]
    return answer


def chat(url: str) -> object:
    return ask(url, "Reply with exactly: pong")[1]


def chat_stream(url: str) -> object:
    return ask(url, "Count from 1 to 5.", mode=StreamingMode.SSE)[1]


def chat_agent(url: str) -> object:
    return ask(url, ASK_WEATHER, tools=[get_weather])[1]


def streamed_agent(url: str) -> object:
    return ask(url, ASK_WEATHER, tools=[get_weather], mode=StreamingMode.SSE)[1]


def structured(url: str) -> object:
    return ask(url, ASK_PERSON, output_schema=Person)[1]


def turns(url: str) -> object:
    return ask(url, "My name is Ada.", "What is my name?")[1]


def transfer(url: str) -> object:
    billing = agent(url, "billing", description="Handles bills.")
    return ask(url, "Transfer me to billing.", sub_agents=[billing])[0]


if __name__ == "__main__":
    main("google-adk", chat, chat_stream, chat_agent, streamed_agent, structured, turns, transfer)
