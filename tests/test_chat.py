"""Chat completions of the dialect `openai`: a view of the responses that the same questions get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from antiphon_mockserver import ResponsesMock
from mock_client import Client

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


class Person(BaseModel):
    """The structured output of `parse`."""

    name: str
    age: int


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with (
        ResponsesMock(dialect="openai") as mock,
        openai.OpenAI(base_url=mock.url, api_key="any", max_retries=0, timeout=10) as client,
    ):
        yield client


def ask(client: openai.OpenAI, text: str, **members: Any) -> Any:
    """The completion that answers one message."""
    return client.chat.completions.create(
        model="gpt-5", messages=[{"role": "user", "content": text}], **members
    )


def test_a_completion_has_the_text_of_the_response(client: openai.OpenAI) -> None:
    completion = ask(client, "Count from 1 to 5.")
    response = client.responses.create(model="gpt-5", input="Count from 1 to 5.")
    (choice,) = completion.choices
    assert (choice.message.content, choice.finish_reason) == (response.output_text, "stop")
    assert completion.usage.total_tokens == response.usage.total_tokens  # type: ignore[union-attr]
    assert completion.id.startswith("chatcmpl-")


def test_a_stream_adds_up_to_the_completion(client: openai.OpenAI) -> None:
    chunks = list(ask(client, "Count from 1 to 5.", stream=True, stream_options={"include_usage": True}))
    *pieces, counted = chunks
    assert pieces[0].choices[0].delta.role == "assistant"
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "1, 2, 3, 4, 5"
    assert [piece.choices[0].finish_reason for piece in pieces][-2:] == [None, "stop"]
    assert counted.choices == []
    assert counted.usage.total_tokens > 0
    assert {piece.usage for piece in pieces} == {None}
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_tool_is_called_and_its_result_is_read(client: openai.OpenAI) -> None:
    question = "What is the weather in Paris?"
    message = ask(client, question, tools=[WEATHER]).choices[0].message
    (call,) = message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    history = [
        {"role": "user", "content": question},
        message,
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"},
    ]
    completion = client.chat.completions.create(model="gpt-5", messages=history, tools=[WEATHER])
    assert completion.choices[0].message.content == "The result of get_weather is: sunny"
    with client.chat.completions.stream(
        model="gpt-5", messages=[{"role": "user", "content": question}], tools=[WEATHER]
    ) as stream:
        (streamed,) = stream.get_final_completion().choices[0].message.tool_calls or [None]
    assert streamed is not None
    assert streamed.function.arguments == call.function.arguments


def test_structured_output_choices_and_log_probabilities(client: openai.OpenAI) -> None:
    completion = client.chat.completions.parse(
        model="gpt-5",
        messages=[{"role": "user", "content": "Ada is 36."}],
        response_format=Person,
        n=2,
        logprobs=True,
    )
    assert [choice.message.parsed for choice in completion.choices] == [Person(name="Ada", age=36)] * 2
    (logprobs,) = {choice.logprobs.content[0].token for choice in completion.choices if choice.logprobs}  # type: ignore[index]
    assert completion.choices[0].message.content.startswith(logprobs)  # type: ignore[union-attr]


def test_refusals_limits_and_stops(client: openai.OpenAI) -> None:
    refusal = ask(client, "Please refuse.").choices[0].message
    assert refusal.content is None
    assert "can't help" in refusal.refusal
    assert ask(client, "Count from 1 to 50.", max_tokens=9).choices[0].finish_reason == "length"
    stopped = ask(client, "Count from 1 to 50.", stop=["7"]).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("1, 2, 3, 4, 5, 6, ", "stop")


def test_the_older_spelling_of_functions(client: openai.OpenAI) -> None:
    message = ask(client, "What is the weather in Paris?", functions=[WEATHER["function"]]).choices[0].message
    assert json.loads(message.function_call.arguments) == {"city": "Paris"}


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"temperature": 9}, "temperature"),
        ({"n": 0}, "n"),
        ({"colour": "red"}, "colour"),
        ({"response_format": {"type": "json_object"}}, "messages"),
        ({"messages": [{"role": "tool", "tool_call_id": "call_1", "content": "x"}]}, "messages"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "none"}}, "tools": [WEATHER]},
            "tool_choice",
        ),
    ],
)
def test_a_wrong_chat_is_rejected(client: openai.OpenAI, members: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "Hello.", extra_body=members)
    assert caught.value.param == param


@pytest.mark.parametrize("kind", ["name", "type", "x", [], {}, 7, None])
def test_a_choice_of_an_odd_type_breaks_nothing(kind):
    tool = {"type": "function", "function": {"name": "look_up", "parameters": {}}}
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}], "tools": [tool]}
    reply = Client(dialect="openai").post(
        "/chat/completions", {**body, "tool_choice": {"type": kind, "name": "x"}}
    )
    assert reply.status in (200, 400)


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
UNREADABLE = {
    "a function without its object": {"tools": [{"type": "function"}]},
    "a custom tool without its object": {"tools": [{"type": "custom"}]},
    "a tool with the object of another type": {"tools": [{"type": "custom", "function": {"name": "f"}}]},
    "a choice without its tools": {"tools": [WEATHER], "tool_choice": {"type": "allowed_tools"}},
    "a call without its object": {"messages": [{"role": "assistant", "tool_calls": [{"id": "call_1"}]}]},
    "a call of type function": {
        "messages": [{"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function"}]}]
    },
    "a text without text": {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
    "a text that is a number": {"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]},
    "an image without address": {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
    "an image that is a text": {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]
    },
    "a file without file": {"messages": [{"role": "user", "content": [{"type": "file"}]}]},
    "audio without audio": {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
    "a part of an unknown type": {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
}
"""Chats that the document allows, because it does not tie members to types."""


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_chat_that_nobody_can_read_is_rejected(name):
    body = {"model": "gpt-5", "messages": [{"role": "user", "content": "Hi"}], **UNREADABLE[name]}
    assert Client().post("/chat/completions", body).status == 400


@pytest.mark.parametrize(
    "members", [{}, {"content": None}, {"content": True}, {"content": [1]}, {"content": {}}]
)
def test_a_message_with_an_id_and_no_content_is_rejected(members):
    """With its id it is valid as a reference to an item."""
    body = {"model": "gpt-5", "input": [{"id": "msg_1", "role": "user", **members}]}
    assert Client().post("/responses", body).status == 400
