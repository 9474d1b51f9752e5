"""pydantic-ai: both APIs, tools, and structured output as a tool, natively and by the prompt, retries."""

from __future__ import annotations

from base64 import b64decode

from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, ModelRetry, NativeOutput, PromptedOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider
from steps import ASK_PERSON, ASK_PICTURE, ASK_WEATHER, PICTURE, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


def agent(url: str, *, responses: bool = False, output: object = str, retries: int = 3) -> Agent:
    model = (OpenAIResponsesModel if responses else OpenAIChatModel)(
        "gpt-5", provider=OpenAIProvider(base_url=url, api_key="any")
    )
    return Agent(model, output_type=output, retries=retries)


def with_weather(built: Agent) -> Agent:
    @built.tool_plain
    def get_weather(city: str) -> str:
        """Tells the weather in a city."""
        return f"{city}: {WEATHER}"

    return built


def chat_tool(url: str) -> object:
    return with_weather(agent(url)).run_sync(ASK_WEATHER).output


def responses_tool(url: str) -> object:
    return with_weather(agent(url, responses=True)).run_sync(ASK_WEATHER).output


def chat_image(url: str) -> object:
    return see(agent(url))


def responses_image(url: str) -> object:
    return see(agent(url, responses=True))


def see(built: Agent) -> object:
    return built.run_sync(
        [ASK_PICTURE, BinaryContent(data=b64decode(PICTURE), media_type="image/png")]
    ).output


def tool_output(url: str) -> object:
    return agent(url, responses=True, output=Person).run_sync(ASK_PERSON).output.model_dump()


def native_output(url: str) -> object:
    return agent(url, output=NativeOutput(Person)).run_sync(ASK_PERSON).output.model_dump()


def prompted_output(url: str) -> object:
    return agent(url, responses=True, output=PromptedOutput(Person)).run_sync(ASK_PERSON).output.model_dump()


def corrected_output(url: str) -> object:
    built = agent(url, output=Person)

    @built.output_validator
    def check(person: Person) -> Person:
        if person.age <= 40:
            raise ModelRetry("age must be over 40")
        return person

    return built.run_sync(ASK_PERSON).output.model_dump()


def corrected_tool(url: str) -> object:
    built = agent(url, responses=True)

    @built.tool_plain
    def save_person(name: str, age: int) -> str:
        """Saves a person."""
        if age <= 40:
            raise ModelRetry("Invalid: age must be over 40.")
        return f"{name}, {age}"

    return built.run_sync(f"Save the person: {ASK_PERSON}").output


def tool_then_output(url: str) -> object:
    return with_weather(agent(url, output=Person)).run_sync(f"{ASK_PERSON} {ASK_WEATHER}").output.name


if __name__ == "__main__":
    main(
        "pydantic-ai-slim",
        chat_tool,
        responses_tool,
        chat_image,
        responses_image,
        tool_output,
        native_output,
        prompted_output,
        corrected_output,
        corrected_tool,
        tool_then_output,
    )
