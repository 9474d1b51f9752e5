"""llama-index with `llama-index-llms-openai`: both APIs, structured output, prompts, agents."""

from __future__ import annotations

import asyncio

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.output_parsers import PydanticOutputParser
from llama_index.core.program import LLMTextCompletionProgram
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI, OpenAIResponses
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def chat_model(url: str) -> OpenAI:
    return OpenAI(model="gpt-4.1", api_base=url, api_key="any")


def responses_model(url: str) -> OpenAIResponses:
    return OpenAIResponses(model="gpt-4.1", api_base=url, api_key="any")


def chat(url: str) -> object:
    return str(chat_model(url).complete("Reply with exactly: pong"))


def chat_stream(url: str) -> object:
    return "".join(piece.delta or "" for piece in chat_model(url).stream_complete("Count from 1 to 5."))


def responses(url: str) -> object:
    return str(responses_model(url).complete("Reply with exactly: pong"))


def responses_stream(url: str) -> object:
    pieces = responses_model(url).stream_complete("Count from 1 to 5.")
    return "".join(piece.delta or "" for piece in pieces)


def structured(url: str) -> object:
    return chat_model(url).as_structured_llm(Person).complete(ASK_PERSON).raw.model_dump()


def structured_responses(url: str) -> object:
    return responses_model(url).as_structured_llm(Person).complete(ASK_PERSON).raw.model_dump()


def prompt_program(url: str) -> object:
    program = LLMTextCompletionProgram.from_defaults(
        output_parser=PydanticOutputParser(Person),
        prompt_template_str="{text}",
        llm=chat_model(url),
    )
    return program(text=ASK_PERSON).model_dump()


def chat_agent(url: str) -> object:
    return run_agent(chat_model(url))


def responses_agent(url: str) -> object:
    return run_agent(responses_model(url))


def run_agent(llm: OpenAI | OpenAIResponses) -> object:
    async def run() -> str:
        agent = FunctionAgent(tools=[FunctionTool.from_defaults(get_weather)], llm=llm)
        return str(await agent.run(ASK_WEATHER))

    return asyncio.run(run())


if __name__ == "__main__":
    main(
        "llama-index-llms-openai",
        chat,
        chat_stream,
        responses,
        responses_stream,
        structured,
        structured_responses,
        prompt_program,
        chat_agent,
        responses_agent,
    )
