"""magentic: functions whose bodies are prompts: a text, a stream, an object, a list, a number, and a tool."""

from magentic import OpenaiChatModel, StreamedStr, prompt, prompt_chain
from pydantic import BaseModel
from steps import ASK_PERSON, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def model(url: str) -> OpenaiChatModel:
    return OpenaiChatModel("gpt-4o", base_url=url, api_key="any")


def chat(url: str) -> object:
    @prompt("Reply with exactly: pong", model=model(url))
    def answer() -> str: ...

    return answer()


def chat_stream(url: str) -> object:
    @prompt("Count from 1 to 5.", model=model(url))
    def count() -> StreamedStr: ...

    return "".join(count())


def structured(url: str) -> object:
    @prompt(ASK_PERSON, model=model(url))
    def person() -> Person: ...

    return person().model_dump()


def several(url: str) -> object:
    @prompt("Ada is 36 years old. Bob is 41 years old.", model=model(url))
    def people() -> list[Person]: ...

    return [person.model_dump() for person in people()]


def number(url: str) -> object:
    @prompt("How much is 2 + 3?", model=model(url))
    def total() -> int: ...

    return total()


def chat_agent(url: str) -> object:
    @prompt_chain("What is the weather in {city}?", functions=[get_weather], model=model(url))
    def report(city: str) -> str: ...

    return report("Paris")


if __name__ == "__main__":
    main("magentic", chat, chat_stream, structured, several, number, chat_agent)
