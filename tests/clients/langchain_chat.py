"""Tasks of a user of LangChain over chats. Reads a JSON list of base URLs, prints a list of results."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

AT_A_TIME = 20


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


@tool
def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: 21 degrees and sunny"


def chat_completion(model: ChatOpenAI) -> Any:
    message = model.invoke("Reply with exactly: pong")
    return message.text, message.usage_metadata["total_tokens"] > 0


def chat_stream(model: ChatOpenAI) -> Any:
    return "".join(chunk.text for chunk in model.stream("Count from 1 to 5."))


def chat_tools(model: ChatOpenAI) -> Any:
    bound = model.bind_tools([get_weather], tool_choice="get_weather")
    said = bound.invoke("What is the weather in Paris?")
    results = [get_weather.invoke(call) for call in said.tool_calls]
    question = {"role": "user", "content": "What is the weather in Paris?"}
    answer = model.bind_tools([get_weather]).invoke([question, said, *results])
    return [call["args"] for call in said.tool_calls], "21 degrees" in answer.text


def chat_streamed_tools(model: ChatOpenAI) -> Any:
    bound = model.bind_tools([get_weather], tool_choice="get_weather")
    chunks = list(bound.stream("What is the weather in Paris?"))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return [(call["name"], call["args"]) for call in whole.tool_calls]


def chat_parse(model: ChatOpenAI) -> Any:
    person = model.with_structured_output(Person, method="json_schema", strict=True).invoke(
        "A person, please."
    )
    return sorted(person.model_dump())


TASKS: tuple[Callable[[ChatOpenAI], Any], ...] = (
    chat_completion,
    chat_stream,
    chat_tools,
    chat_streamed_tools,
    chat_parse,
)


def drive(url: str) -> dict[str, Any]:
    """The result of each task, or the exception that it raised."""
    model = ChatOpenAI(
        model="gpt-5", base_url=url, api_key="any", max_retries=0, timeout=2, stream_usage=True
    )
    return {task.__name__: outcome(task, model) for task in TASKS}


def outcome(task: Callable[[ChatOpenAI], Any], model: ChatOpenAI) -> Any:
    """A result as JSON would hold it; for an exception, its name."""
    try:
        return json.loads(json.dumps(task(model)))
    except Exception as error:
        return f"raises {type(error).__name__}"


if __name__ == "__main__":
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        print("\n" + json.dumps(list(pool.map(drive, json.load(sys.stdin)))))
