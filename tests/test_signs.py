"""By the words of an error: whether a target lacks what a request asks for, or rejects the request itself."""

from __future__ import annotations

import json

import pytest

from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.requests.signs import says_unsupported

JSON = Headers((("content-type", "application/json"),))


def rejection(message: str) -> Exchange:
    return answer({"error": {"message": message, "type": "invalid_request_error"}})


def answer(body: object) -> Exchange:
    content = json.dumps(body).encode()
    return Exchange("one", Request("POST", "/responses", Headers(), {}), read_reply(400, JSON, content))


@pytest.mark.parametrize(
    "message",
    [
        "Custom tools are not supported by this model.",
        "Only function tools are allowed.",
        "Invalid 'tool_choice.type': expected 'function', got 'custom'.",
        "tools.0.type: Input should be 'function'",
        'tools[0].type must be "function"',
        "Input tag 'custom' does not match any of the expected tags: 'web_search', 'function', 'mcp'",
        "unknown variant `custom`, expected one of `function`, `mcp`",
        "Input tag 'input_image' found using 'type' does not match any of the expected tags: 'input_text'",
        "unknown variant `input_file`, expected `input_text`",
    ],
)
def test_an_error_that_says_what_the_target_lacks(message: str) -> None:
    assert says_unsupported(rejection(message))


@pytest.mark.parametrize("name", ["error", "detail", "message"])
def test_an_error_that_is_a_text_says_as_much(name: str) -> None:
    assert says_unsupported(answer({name: "Pictures are not supported by this model."}))
    assert not says_unsupported(answer({name: "Bad Request"}))


@pytest.mark.parametrize(
    "message",
    [
        "Missing required parameter: 'tools[0].name'.",
        "Input should be 'function' or 'custom'",
        "Bad Request",
        "Input tag 'x' does not match any of the expected tags: 'function', 'custom'",
    ],
)
def test_an_error_that_says_what_is_wrong_with_the_request(message: str) -> None:
    assert not says_unsupported(rejection(message))
