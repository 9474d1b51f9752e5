"""Requests as test suites and agents send them, by kind; within a kind each request is different.

    for message in KINDS["a list of messages"].requests(range(1000), ask): ...

`ask` sends a message and returns the JSON of its answer: some kinds continue, read or delete what was created
before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from servers import MODEL

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A request: its method, its path and, unless it has none, its body."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


Ask = Callable[[Message], Any]
Make = Callable[[int], Json]
"""(its number) -> what a create has beside the model."""


def message_bytes(port: int, message: Message) -> bytes:
    """A request over HTTP/1.1, as bytes."""
    head = f"{message.method} /v1{message.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    head += "Authorization: Bearer benchmark\r\n"
    if message.body is None:
        return f"{head}\r\n".encode()
    payload = json.dumps(message.body).encode()
    return (
        f"{head}Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n".encode() + payload
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of requests."""

    requests: Callable[[range, Ask], Iterator[Message]]
    """(their numbers, how to ask) -> the requests."""
    dialect: str = "openai"
    repeats: bool = True
    """Whether the requests can be sent again, when all of them were."""


def creates(make: Make, dialect: str = "openai", path: str = "/responses") -> Kind:
    """The kind of creates that have these members beside the model."""

    def requests(numbers: range, _ask: Ask) -> Iterator[Message]:
        return (Message("POST", path, {"model": MODEL, **make(number)}) for number in numbers)

    return Kind(requests, dialect)


def after_creates(make: Callable[[str, int], Message], *, most: int = 0, repeats: bool = True) -> Kind:
    """The kind of requests about stored responses, or about `most` of them in turn."""

    def requests(numbers: range, ask: Ask) -> Iterator[Message]:
        ids: list[str] = []
        for number in numbers[:most] if most else numbers:
            body = {"model": MODEL, "input": [user(f"My number is {number}. Remember it.")]}
            ids.append(ask(Message("POST", "/responses", body))["id"])
        return (make(ids[number % len(ids)], number) for number in numbers)

    return Kind(requests, repeats=repeats)


def user(text: str, **members: Any) -> Json:
    return {"role": "user", "content": text, **members}


def function(name: str, parameters: Mapping[str, str], description: str, *, strict: bool = True) -> Json:
    schema = {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in parameters.items()},
        "required": [*parameters],
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "name": name,
        "description": description,
        "parameters": schema,
        "strict": strict,
    }


WEATHER = function("get_weather", {"city": "string", "unit": "string"}, "The weather in a city.")
SEARCH = function("search_orders", {"query": "string", "limit": "integer"}, "Searches the orders.")
TOOLS = [WEATHER, SEARCH]
PERSON: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "age", "tags"],
    "additionalProperties": False,
}
FORMAT: Json = {"format": {"type": "json_schema", "name": "person", "schema": PERSON, "strict": True}}
BRIEF = "You are a helpful assistant. Answer briefly and politely."


def history(number: int) -> Json:
    earlier = {"role": "assistant", "content": f"Hello, customer {number}! How can I help?"}
    return {"input": [user(f"Hello, I am customer {number}."), earlier, user("Where is my order?")]}


def parts(number: int) -> Json:
    text = {"type": "input_text", "text": f"Say hello to {number}."}
    return {"input": [{"type": "message", "role": "user", "content": [text]}]}


def picture(number: int) -> Json:
    text = {"type": "input_text", "text": f"What is in picture {number}?"}
    image = {"type": "input_image", "image_url": f"https://example.com/{number}.png", "detail": "auto"}
    return {"input": [{"role": "user", "content": [text, image]}]}


def developer(number: int) -> Json:
    return {"input": [{"role": "developer", "content": BRIEF}, user(f"Say hello to {number}.")]}


def call(number: int) -> Json:
    return {"input": f"What is the weather in City{number}?", "tools": TOOLS}


def agent_call(number: int) -> Json:
    return {"instructions": BRIEF, "input": [user(f"What is the weather in City{number}?")], "tools": TOOLS}


def output(number: int) -> Json:
    arguments = json.dumps({"city": f"City{number}", "unit": "celsius"})
    made = {
        "type": "function_call",
        "call_id": f"call_{number}",
        "name": "get_weather",
        "arguments": arguments,
    }
    answer = {"type": "function_call_output", "call_id": f"call_{number}", "output": f"{number % 40} degrees"}
    return {"input": [user(f"What is the weather in City{number}?"), made, answer], "tools": TOOLS}


def structured(number: int) -> Json:
    return {"input": f"Describe Ada, who is {number} years old.", "text": FORMAT}


def reasoning(number: int) -> Json:
    return {"input": f"What is {number} times 7?", "reasoning": {"effort": "low", "summary": "auto"}}


def sealed(number: int) -> Json:
    include = ["reasoning.encrypted_content"]
    return {**reasoning(number), "store": False, "include": include}


def described(number: int) -> Json:
    return {
        "input": f"Say hello to {number}.",
        "instructions": f"You are assistant {number}. Be brief.",
        "metadata": {"test": f"test_{number}"},
        "temperature": 0.2,
    }


def cut(number: int) -> Json:
    return {"input": f"Count from {number} to {number + 99}.", "max_output_tokens": 16}


def logprobs(number: int) -> Json:
    return {
        "input": f"Say hello to {number}.",
        "include": ["message.output_text.logprobs"],
        "top_logprobs": 2,
    }


def chat(number: int) -> Json:
    return {"messages": [{"role": "system", "content": BRIEF}, user(f"Say hello to {number}.")]}


def chat_call(number: int) -> Json:
    tools = [
        {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}
        for tool in TOOLS
    ]
    return {"messages": [user(f"What is the weather in City{number}?")], "tools": tools}


def streamed(make: Make) -> Make:
    return lambda number: {**make(number), "stream": True}


def conversing(numbers: range, ask: Ask) -> Iterator[Message]:
    """Turns of many conversations: at most four of each, as a test has."""
    for number in numbers:
        if number % 4 == 0:
            conversation = ask(Message("POST", "/conversations", {"metadata": {"number": str(number)}}))["id"]
        body = {"model": MODEL, "input": f"I am customer {number}.", "conversation": conversation}
        yield Message("POST", "/responses", body)


def videos(ask: Ask) -> str:
    """The id of a collection that every model reads."""
    collections = ask(Message("GET", "/collections"))["data"]
    id_of_videos: str = next(
        one["id"] for one in collections if one["collection_type"] == "media-descriptions"
    )
    return id_of_videos


def library(numbers: range, ask: Ask) -> Iterator[Message]:
    """Questions to a library of videos."""
    collection = videos(ask)
    for number in numbers:
        body = {
            "model": "nimbus-001",
            "input": f"What is said about topic {number}?",
            "knowledge_base": {"collections": [collection]},
        }
        yield Message("POST", "/responses", body)


def library_chat(numbers: range, ask: Ask) -> Iterator[Message]:
    """Chats about a library of videos."""
    collection = videos(ask)
    for number in numbers:
        messages = [user(f"What is said about topic {number}?")]
        body = {"model": "nimbus-001", "messages": messages, "collections": [collection]}
        yield Message("POST", "/chat/completions", body)


def continuation(response_id: str, number: int) -> Message:
    body = {"model": MODEL, "input": f"What is my number? ({number})", "previous_response_id": response_id}
    return Message("POST", "/responses", body)


MESSAGES: Mapping[str, Make] = {
    "a list of messages": lambda number: {"input": [user(f"Say hello to {number}.")]},
    "messages with parts": parts,
    "a message of the developer": developer,
    "a history of messages": history,
    "a picture": picture,
    "instructions and metadata": described,
    "a call of a function": call,
    "a call of an agent": agent_call,
    "the output of a function": output,
    "a JSON Schema": structured,
    "reasoning": reasoning,
    "sealed reasoning": sealed,
    "an answer cut short": cut,
    "log probabilities": logprobs,
}
CHATS: Mapping[str, Make] = {"a chat": chat, "a chat with a call": chat_call}
KINDS: Mapping[str, Kind] = {
    **{name: creates(make) for name, make in MESSAGES.items()},
    **{f"{name}, as a stream": creates(streamed(make)) for name, make in MESSAGES.items()},
    **{name: creates(make, path="/chat/completions") for name, make in CHATS.items()},
    **{
        f"{name}, as a stream": creates(streamed(make), path="/chat/completions")
        for name, make in CHATS.items()
    },
    "a continuation": after_creates(continuation, most=500),
    "a conversation": Kind(conversing, repeats=False),
    "a retrieval": after_creates(lambda name, _: Message("GET", f"/responses/{name}")),
    "a list of input items": after_creates(lambda name, _: Message("GET", f"/responses/{name}/input_items")),
    "a deletion": after_creates(lambda name, _: Message("DELETE", f"/responses/{name}"), repeats=False),
    "Bud: a list of messages": creates(MESSAGES["a list of messages"], "bud"),
    "Bud: a call of an agent": creates(agent_call, "bud"),
    "Bud: a stream": creates(streamed(MESSAGES["a list of messages"]), "bud"),
    "Cloudglue: a question": Kind(library, "cloudglue"),
    "Cloudglue: a chat": Kind(library_chat, "cloudglue"),
}
"""Requests by kind."""
