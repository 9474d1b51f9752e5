"""The official Python SDK of OpenAI drives all five operations of Bud, and validates the responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from antiphon_mockserver import ResponsesMock

openai = pytest.importorskip("openai", reason="the SDK tests need the `openai` package: pip install openai")

pytestmark = pytest.mark.responses_mock(dialect="bud")

MODEL = "gpt-4o"
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "strict": False,
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string"}},
        "required": ["location"],
    },
}


def connect(mock: ResponsesMock, *, strict: bool) -> Any:
    return openai.OpenAI(
        base_url=mock.url,
        api_key="bud-key",
        max_retries=0,
        timeout=10,
        _strict_response_validation=strict,
    )


@pytest.fixture
def client(responses_mock: ResponsesMock) -> Iterator[Any]:
    with connect(responses_mock, strict=True) as sdk:
        yield sdk


def test_create(client: Any) -> None:
    response = client.responses.create(model=MODEL, instructions="Be kind.", input="Reply with exactly: pong")
    assert (response.output_text, response.status, response.object) == ("pong", "completed", "response")
    assert [message.role for message in response.instructions] == ["system", "user"]
    assert response.usage.input_tokens_details.cached_tokens == 0


def test_create_as_a_stream(client: Any) -> None:
    with client.responses.create(model=MODEL, input="Count from 1 to 3.", stream=True) as stream:
        events = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].type, events[1].type) == ("response.created", "response.in_progress")
    assert events[-1].response.output_text == "1, 2, 3"


def test_a_prompt_template(client: Any) -> None:
    response = client.responses.create(
        prompt={
            "id": "prompt_quantum_explanation",
            "version": "1",
            "variables": {"topic": "spin", "difficulty": "student"},
        },
        input="Reply with exactly: spin",
    )
    assert response.output_text == "spin"
    assert (response.prompt.id, response.prompt.version) == ("prompt_quantum_explanation", "1")
    assert response.max_output_tokens == 1500


def test_a_template_that_streams_with_tools_of_servers(client: Any) -> None:
    prompt = {"id": "file_assistant", "variables": {"owner": "Ada"}}
    with client.responses.create(prompt=prompt, input='read_file "a.txt"', stream=True) as stream:
        events = list(stream)
    kinds = [item.type for item in events[-1].response.output]
    assert kinds == ["mcp_list_tools", "mcp_list_tools", "mcp_list_tools", "mcp_call", "message"]
    assert events[-1].response.output[3].output.startswith("a.txt holds 42 lines")
    assert [tool.server_label for tool in events[-1].response.tools] == ["filesystem", "weather", "offline"]


def test_function_calls_reasoning_and_a_second_turn(client: Any) -> None:
    first = client.responses.create(
        model=MODEL,
        input="What is the weather in Paris?",
        tools=[WEATHER],
        tool_choice="required",
        extra_body={"reasoning": True},
    )
    reasoning, call = first.output
    assert (reasoning.type, call.type, call.arguments) == (
        "reasoning",
        "function_call",
        '{"location":"Paris"}',
    )
    answer = {"type": "function_call_output", "call_id": call.call_id, "output": "mild"}
    second = client.responses.create(
        model=MODEL, previous_response_id=first.id, input=[answer], tools=[WEATHER]
    )
    assert "mild" in second.output_text


def test_retrieve_delete_and_cancel(client: Any) -> None:
    response = client.responses.create(model=MODEL, input="Say hello.")
    assert client.responses.retrieve(response.id) == response
    assert client.responses.delete(response.id) is None
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    run = client.responses.create(model=MODEL, input="Count from 1 to 300.", background=True)
    cancellation = client.responses.cancel(run.id)
    assert (cancellation.id, cancellation.status) == (run.id, "cancelled")
    assert isinstance(cancellation.cancelled_at, int)


def test_input_items(responses_mock: ResponsesMock) -> None:
    # The page has the content of messages as a text, which only the lenient SDK accepts.
    with connect(responses_mock, strict=False) as client:
        first = client.responses.create(model=MODEL, input="Hello.")
        members = {"instructions": "Be kind.", "previous_response_id": first.id}
        second = client.responses.create(model=MODEL, input="And now?", **members)
        items = list(client.responses.input_items.list(second.id))
    assert [item.role for item in items] == ["system", "user", "assistant", "user"]


def test_errors(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as unknown:
        client.responses.create(model="no-such-model", input="Hello.")
    assert (unknown.value.code, unknown.value.type) == ("invalid_model", "invalid_request_error")
    with pytest.raises(openai.BadRequestError) as missing:
        client.responses.create(prompt={"id": "prompt_neural_networks"})
    assert missing.value.param == "prompt.variables"
    with pytest.raises(openai.AuthenticationError) as wrong:
        client.with_options(api_key="wrong-key").responses.create(model=MODEL, input="Hello.")
    assert wrong.value.code == "invalid_api_key"


@pytest.mark.responses_mock(dialect="bud", faults=["rate-limit=0"])
def test_a_rate_limit(responses_mock: ResponsesMock) -> None:
    with connect(responses_mock, strict=True) as client, pytest.raises(openai.RateLimitError) as error:
        client.responses.create(model=MODEL, input="Hello.")
    assert error.value.body["retry_after"] == 1
    assert error.value.response.headers["retry-after"] == "1"
