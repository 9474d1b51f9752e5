"""The official Python SDK reads every hosted tool of the mock: strictly in one piece, and as a stream.

Genuine streams add a search of the web without its `action`, which a strict reading would not take.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from antiphon_mockserver import ResponsesMock
from hosted_flows import DOCS, FLOWS

openai = pytest.importorskip("openai", reason="the SDK tests need the `openai` package: pip install openai")

MODEL = "gpt-5"
UNTYPED = {"response.apply_patch_call_operation_diff.delta", "response.apply_patch_call_operation_diff.done"}
"""Events that genuine streams have and the package does not know."""


def connect(mock: ResponsesMock, *, strict: bool = False) -> Any:
    key = "sk-antiphon-tests"
    return openai.OpenAI(
        base_url=mock.url, api_key=key, max_retries=0, timeout=10, _strict_response_validation=strict
    )


@pytest.fixture(scope="module")
def mock() -> Iterator[ResponsesMock]:
    with ResponsesMock(dialect="openai") as server:
        yield server


@pytest.fixture(scope="module")
def client(mock: ResponsesMock) -> Iterator[Any]:
    with connect(mock) as sdk:
        yield sdk


@pytest.fixture(scope="module")
def strict(mock: ResponsesMock) -> Iterator[Any]:
    with connect(mock, strict=True) as sdk:
        yield sdk


@pytest.mark.parametrize("name", FLOWS)
def test_the_sdk_reads_a_hosted_tool(client: Any, strict: Any, name: str) -> None:
    prompt, members, kinds = FLOWS[name]
    response = strict.responses.create(model=MODEL, input=prompt, **members)
    assert [item.type for item in response.output] == kinds
    with client.responses.stream(model=MODEL, input=prompt, **members) as stream:
        names = {event.type for event in stream}
        final = stream.get_final_response()
    assert [item.type for item in final.output] == kinds
    assert names.isdisjoint(UNTYPED) is (name != "patch")


def test_an_approval_goes_through_the_sdk(client: Any) -> None:
    first = client.responses.create(model=MODEL, input="Search for whales.", tools=[DOCS])
    question = first.output[-1]
    answer = {"type": "mcp_approval_response", "approval_request_id": question.id, "approve": True}
    second = client.responses.create(model=MODEL, input=[answer], tools=[DOCS], previous_response_id=first.id)
    assert second.output[0].approval_request_id == question.id
    assert "blue whale" in second.output_text
