"""LiteLLM as a library: chat completions, responses, streams, tools, and structured output."""

from __future__ import annotations

import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from pydantic import BaseModel
from steps import ASK_PERSON, ASK_WEATHER, main

TOOL = {
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


def complete(url: str, text: str, **members: object) -> object:
    messages = [{"role": "user", "content": text}]
    return litellm.completion(
        model="openai/gpt-4.1", messages=messages, api_base=url, api_key="any", **members
    )


def respond(url: str, text: str, **members: object) -> object:
    return litellm.responses(model="openai/gpt-4.1", input=text, api_base=url, api_key="any", **members)


def chat(url: str) -> object:
    return complete(url, "Reply with exactly: pong").choices[0].message.content


def chat_stream(url: str) -> object:
    chunks = complete(url, "Count from 1 to 5.", stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def chat_tool(url: str) -> object:
    tools = [{"type": "function", "function": TOOL}]
    (call,) = complete(url, ASK_WEATHER, tools=tools).choices[0].message.tool_calls
    return [call.function.name, json.loads(call.function.arguments)]


def chat_structured(url: str) -> object:
    return json.loads(complete(url, ASK_PERSON, response_format=Person).choices[0].message.content)


def responses(url: str) -> object:
    return respond(url, "Reply with exactly: pong").output[0].content[0].text


def responses_stream(url: str) -> object:
    events = respond(url, "Count from 1 to 5.", stream=True)
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def responses_tool(url: str) -> object:
    (call,) = respond(url, ASK_WEATHER, tools=[{"type": "function", **TOOL}]).output
    return [call.name, json.loads(call.arguments)]


if __name__ == "__main__":
    main(
        "litellm", chat, chat_stream, chat_tool, chat_structured, responses, responses_stream, responses_tool
    )
