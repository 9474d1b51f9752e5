"""Tasks of a user of the OpenAI SDK for Python, each with its result as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import openai
from pydantic import BaseModel

MODEL = "gpt-5"
TOOL: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


class Person(BaseModel):
    """The structured output of `parse`."""

    name: str
    age: int


def connect(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=url, api_key="sk-antiphon-tests", max_retries=0, timeout=2)


def create(client: openai.OpenAI) -> Any:
    response = client.responses.create(model=MODEL, input="Reply with exactly: pong")
    return response.output_text, response.status


def stream(client: openai.OpenAI) -> Any:
    events = list(client.responses.create(model=MODEL, input="Count from 1 to 5.", stream=True))
    return "".join(event.delta for event in events if event.type == "response.output_text.delta"), events[
        -1
    ].type


def stream_helper(client: openai.OpenAI) -> Any:
    with client.responses.stream(model=MODEL, input="Count from 1 to 5.") as stream:
        return stream.get_final_response().output_text


def tools(client: openai.OpenAI) -> Any:
    first = client.responses.create(
        model=MODEL, tools=[TOOL], tool_choice="required", input="What is the weather in Paris?"
    )
    call: Any = next(item for item in first.output if item.type == "function_call")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees and sunny"}
    second = client.responses.create(
        model=MODEL,
        tools=[TOOL],
        previous_response_id=first.id,
        input=[output],  # type: ignore[list-item]
    )
    return call.name, json.loads(call.arguments), "21 degrees" in second.output_text


def streamed_tools(client: openai.OpenAI) -> Any:
    ask: Any = {"tools": [TOOL], "tool_choice": "required", "input": "What is the weather in Paris?"}
    with client.responses.stream(model=MODEL, **ask) as stream:
        output = stream.get_final_response().output
    return [(item.name, json.loads(item.arguments)) for item in output if item.type == "function_call"]


def chain(client: openai.OpenAI) -> Any:
    first = client.responses.create(model=MODEL, input="The code word is heron-17. Reply with OK.")
    second = client.responses.create(
        model=MODEL, previous_response_id=first.id, input="What is the code word?"
    )
    return "heron-17" in second.output_text


def parse(client: openai.OpenAI) -> Any:
    response = client.responses.parse(model=MODEL, input="A person, please.", text_format=Person)
    return sorted(response.output_parsed.model_dump()) if response.output_parsed else None


def background(client: openai.OpenAI) -> Any:
    response = client.responses.create(model=MODEL, input="Reply with exactly: pong", background=True)
    for _ in range(40):
        if response.status not in ("queued", "in_progress"):
            break
        response = client.responses.retrieve(response.id)
    return response.status, response.output_text


def retrieve(client: openai.OpenAI) -> Any:
    response = client.responses.create(model=MODEL, input="Reply with exactly: pong")
    again = client.responses.retrieve(response.id)
    items = [item.type for item in client.responses.input_items.list(response.id)]
    return again.output_text, items


def errors(client: openai.OpenAI) -> Any:
    try:
        client.responses.create(model=MODEL, input="x", temperature=9)
    except openai.APIStatusError as error:
        return type(error).__name__, bool(error.message)
    return "accepted"


TASKS: Mapping[str, Callable[[openai.OpenAI], Any]] = {
    task.__name__: task
    for task in (
        create,
        stream,
        stream_helper,
        tools,
        streamed_tools,
        parse,
        chain,
        retrieve,
        background,
        errors,
    )
}
"""The tasks by the feature that they need."""


def drive(url: str) -> dict[str, Any]:
    """The result of each task, or the exception that it raised."""
    with connect(url) as client:
        return {name: outcome(task, client) for name, task in TASKS.items()}


def outcome(task: Callable[[Any], Any], client: Any) -> Any:
    """A result as JSON would hold it; for an exception, its name."""
    try:
        return json.loads(json.dumps(task(client)))
    except Exception as error:
        return f"raises {type(error).__name__}"
