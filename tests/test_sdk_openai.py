"""The official Python SDK drives the mock, and validates the responses strictly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from antiphon_mockserver import ResponsesMock

openai = pytest.importorskip("openai", reason="the SDK tests need the `openai` package: pip install openai")
pydantic = pytest.importorskip(
    "pydantic", reason="the SDK tests need `pydantic`, which `openai` brings along"
)

pytestmark = pytest.mark.responses_mock(dialect="openai")

MODEL = "gpt-5"
WEATHER: dict[str, Any] = {
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


def connect(mock: ResponsesMock, *, strict: bool) -> Any:
    return openai.OpenAI(
        base_url=mock.url,
        api_key="sk-antiphon-tests",
        max_retries=0,
        timeout=10,
        _strict_response_validation=strict,
    )


@pytest.fixture
def client(responses_mock: ResponsesMock) -> Iterator[Any]:
    with connect(responses_mock, strict=True) as sdk:
        yield sdk


def test_create(client: Any) -> None:
    response = client.responses.create(model=MODEL, input="Reply with exactly: Good morning.")
    assert response.output_text == "Good morning"
    assert response.status == "completed"
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert response.usage.input_tokens_details.cached_tokens == 0


def test_create_as_a_stream(client: Any) -> None:
    with client.responses.create(model=MODEL, input="Count from 1 to 5.", stream=True) as stream:
        events = list(stream)
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text == "1, 2, 3, 4, 5"


def test_stream_helper(client: Any) -> None:
    with client.responses.stream(model=MODEL, input="Count from 1 to 5.") as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert snapshots[-1] == final.output_text == "1, 2, 3, 4, 5"


class Person(pydantic.BaseModel):  # type: ignore[misc,name-defined]
    name: str
    age: int
    languages: list[str]


def test_parse_with_a_model(client: Any) -> None:
    response = client.responses.parse(model=MODEL, input="Invent a person.", text_format=Person)
    assert isinstance(response.output_parsed, Person)


def test_parse_as_a_stream(client: Any) -> None:
    with client.responses.stream(model=MODEL, input="Invent a person.", text_format=Person) as stream:
        assert isinstance(stream.get_final_response().output_parsed, Person)


def test_tool_loop(client: Any) -> None:
    question = "What is the weather in Lima?"
    first = client.responses.create(model=MODEL, input=question, tools=[WEATHER], tool_choice="required")
    (call,) = [item for item in first.output if item.type == "function_call"]
    assert call.name == "get_weather"
    assert set(json.loads(call.arguments)) == {"city"}
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "18 degrees"}
    second = client.responses.create(
        model=MODEL, input=[output], tools=[WEATHER], previous_response_id=first.id
    )
    assert "18 degrees" in second.output_text
    assert second.previous_response_id == first.id


def test_tool_loop_with_the_history_sent_again(client: Any) -> None:
    question = {"role": "user", "content": "What is the weather in Lima?"}
    first = client.responses.create(model=MODEL, input=[question], tools=[WEATHER], tool_choice="required")
    (call,) = [item for item in first.output if item.type == "function_call"]
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "18 degrees"}
    second = client.responses.create(
        model=MODEL, input=[question, *first.output, output], tools=[WEATHER], store=False
    )
    assert "18 degrees" in second.output_text


def test_streamed_call(client: Any) -> None:
    question = "What is the weather in Lima?"
    with client.responses.stream(
        model=MODEL, input=question, tools=[WEATHER], tool_choice="required"
    ) as stream:
        pieces = [event.delta for event in stream if event.type == "response.function_call_arguments.delta"]
        final = stream.get_final_response()
    assert "".join(pieces) == final.output[-1].arguments


def test_background_poll(client: Any) -> None:
    response = client.responses.create(model=MODEL, input="Count from 1 to 5.", background=True)
    statuses = [response.status]
    while response.status in ("queued", "in_progress"):
        response = client.responses.retrieve(response.id)
        statuses.append(response.status)
    assert statuses == ["queued", "in_progress", "completed"]
    assert response.output_text == "1, 2, 3, 4, 5"


def test_cancel(client: Any) -> None:
    run = client.responses.create(model=MODEL, input="Count from 1 to 300.", background=True)
    cancellation = client.responses.cancel(run.id)
    assert cancellation.status == "cancelled"
    assert client.responses.cancel(run.id) == cancellation
    assert client.responses.retrieve(run.id) == cancellation


def test_resume_a_stream(client: Any) -> None:
    with client.responses.create(
        model=MODEL, input="Count from 1 to 5.", background=True, stream=True
    ) as stream:
        whole = list(stream)
    identity, cursor = whole[0].response.id, 4
    with client.responses.retrieve(identity, stream=True, starting_after=cursor) as again:
        rest = list(again)
    assert rest == whole[cursor + 1 :]
    assert client.responses.retrieve(identity) == whole[-1].response


def test_stream_helper_on_a_response_that_runs(client: Any) -> None:
    with client.responses.create(
        model=MODEL, input="Count from 1 to 5.", background=True, stream=True
    ) as stream:
        identity = next(iter(stream)).response.id
    with client.responses.stream(response_id=identity, starting_after=3) as stream:
        assert stream.get_final_response().output_text == "1, 2, 3, 4, 5"


def test_delete(client: Any) -> None:
    response = client.responses.create(model=MODEL, input="Say hello.")
    assert client.responses.retrieve(response.id) == response
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError) as error:
        client.responses.retrieve(response.id)
    assert error.value.type == "invalid_request_error"


def test_input_items_in_pages(client: Any) -> None:
    messages = [{"role": "user", "content": text} for text in ("one", "two", "three", "four", "Say hello.")]
    response = client.responses.create(model=MODEL, input=messages)
    for order in ("asc", "desc"):
        items = list(client.responses.input_items.list(response.id, limit=2, order=order))
        texts = [item.content[0].text for item in items]
        assert texts == [item["content"] for item in messages][:: 1 if order == "asc" else -1]


def test_count_tokens(client: Any) -> None:
    response = client.responses.create(model=MODEL, input="Say hello.")
    count = client.responses.input_tokens.count(model=MODEL, input="Say hello.")
    assert count.input_tokens == response.usage.input_tokens


def test_compact(client: Any, responses_mock: ResponsesMock) -> None:
    fact = "The code word is heron-58. Reply with OK."
    response = client.responses.create(model=MODEL, input=fact)
    # The SDK's strict model also rejects the genuine answer: it knows no user messages in an output.
    with connect(responses_mock, strict=False) as lenient:
        compaction = lenient.responses.compact(model=MODEL, previous_response_id=response.id)
    assert [item.type for item in compaction.output] == ["message", "compaction"]
    window = [item.model_dump(exclude_none=True, warnings=False) for item in compaction.output]
    question = {"role": "user", "content": "What is the code word?"}
    assert "heron-58" in client.responses.create(model=MODEL, input=[*window, question]).output_text


def test_an_unknown_model_raises(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        client.responses.create(model="no-such-model", input="Say hello.")
    assert error.value.code == "model_not_found"
    assert error.value.param == "model"


def completed(connection: Any, **members: Any) -> Any:
    """The response that ends a turn over WebSocket."""
    connection.response.create(model=MODEL, store=False, **members)
    return next(event.response for event in connection if event.type == "response.completed")


@pytest.mark.filterwarnings("ignore:connect.. must be used:DeprecationWarning")  # the SDK's own connect
def test_a_connection_continues_what_is_not_stored(client: Any) -> None:
    pytest.importorskip("websockets", reason="the SDK connects with the package `websockets`")
    with client.responses.connect() as connection:
        said = completed(connection, input="My name is Ada.")
        recalled = completed(connection, input="What is my name?", previous_response_id=said.id)
    assert recalled.output_text == "Your name is Ada."
