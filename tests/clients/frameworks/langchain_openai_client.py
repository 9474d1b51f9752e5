"""LangChain with `langchain-openai`: both APIs, structured output in each method, and an agent."""

from __future__ import annotations

from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_PICTURE, ASK_WEATHER, PICTURE, WEATHER, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


@tool
def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def model(url: str, *, responses: bool = False) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-5", base_url=url, api_key="any", use_responses_api=responses)


def chat(url: str) -> object:
    return model(url).invoke("Reply with exactly: pong").text


def chat_stream(url: str) -> object:
    return "".join(chunk.text for chunk in model(url).stream("Count from 1 to 5."))


def responses(url: str) -> object:
    return model(url, responses=True).invoke("Reply with exactly: pong").text


def responses_stream(url: str) -> object:
    return "".join(chunk.text for chunk in model(url, responses=True).stream("Count from 1 to 5."))


def chat_image(url: str) -> object:
    return see(model(url))


def responses_image(url: str) -> object:
    return see(model(url, responses=True))


def see(llm: ChatOpenAI) -> object:
    picture = {"type": "image", "base64": PICTURE, "mime_type": "image/png"}
    content = [{"type": "text", "text": ASK_PICTURE}, picture]
    return llm.invoke([{"role": "user", "content": content}]).text


def chat_agent(url: str) -> object:
    return agent(model(url))


def responses_agent(url: str) -> object:
    return agent(model(url, responses=True))


def agent(llm: ChatOpenAI) -> object:
    built = create_agent(llm, tools=[get_weather])
    return built.invoke({"messages": [{"role": "user", "content": ASK_WEATHER}]})["messages"][-1].text


def json_schema(url: str) -> object:
    return model(url).with_structured_output(Person, method="json_schema").invoke(ASK_PERSON).model_dump()


def function_calling(url: str) -> object:
    structured = model(url).with_structured_output(Person, method="function_calling")
    return structured.invoke(ASK_PERSON).model_dump()


def json_mode(url: str) -> object:
    structured = model(url).with_structured_output(Person, method="json_mode")
    return structured.invoke(
        f"{ASK_PERSON} Answer in JSON with the keys `name` and `age` (an integer)."
    ).model_dump()


if __name__ == "__main__":
    main(
        "langchain-openai",
        chat,
        chat_stream,
        responses,
        responses_stream,
        chat_image,
        responses_image,
        chat_agent,
        responses_agent,
        json_schema,
        function_calling,
        json_mode,
    )
