"""Wrong requests for chat completions."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constants import LIBRARY_CHAT
from antiphon_conformance.requests.constraints import Legal, kinds, number, one_of, with_size
from antiphon_conformance.requests.invalid.request import invalid_request

REQUIRED = ("model", "messages", "collections")
OPERATORS = ("NotEqual", "Equal", "LessThan", "GreaterThan", "ContainsAny", "ContainsAll", "In")
"""The operators in a filter of a chat; `Like` is not among them."""
SOME = Legal("an array with an id", lambda value: isinstance(value, list) and bool(value))


def _chat(**members: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hello."} | members]}


CHAT = (
    invalid_request(
        "a_chat_with_another_model",
        "CG-CHAT-01",
        "a `model` that does not serve chats",
        "model",
        one_of("nimbus-001"),
        {"model": "nimbus-002-preview"},
        LIBRARY_CHAT,
    ),
    invalid_request(
        "a_chat_with_an_unknown_role",
        "CG-CHAT-03",
        "a message of a role other than system, user and assistant",
        "messages[].role",
        one_of("system", "user", "assistant"),
        _chat(role="developer"),
        LIBRARY_CHAT,
    ),
    invalid_request(
        "a_chat_with_parts",
        "CG-CHAT-04",
        "a message whose `content` is not a string",
        "messages[].content",
        kinds("a string", str),
        _chat(content=[{"type": "text", "text": "Hello."}]),
        LIBRARY_CHAT,
    ),
    invalid_request(
        "a_chat_about_no_collection",
        "CG-CHAT-05",
        "no collection",
        "collections",
        SOME,
        {"collections": []},
        LIBRARY_CHAT,
    ),
    invalid_request(
        "a_chat_about_two_collections",
        "CG-CHAT-05",
        "two collections",
        "collections",
        with_size(0, 1),
        {"collections": ["{collection}", "{collection}"]},
        LIBRARY_CHAT,
    ),
    invalid_request(
        "a_chat_temperature_out_of_range",
        "CG-CHAT-08",
        "a `temperature` outside 0 to 2",
        "temperature",
        number(0, 2),
        {"temperature": 2.5},
        LIBRARY_CHAT,
    ),
    invalid_request(
        "a_chat_filter_with_another_operator",
        "CG-CHAT-09",
        "an operator in its filter that chats do not have",
        "filter.file[].operator",
        one_of(*OPERATORS),
        {"filter": {"file": [{"path": "filename", "operator": "Like", "valueText": "%"}]}},
        LIBRARY_CHAT,
    ),
)
