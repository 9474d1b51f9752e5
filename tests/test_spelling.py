"""Requests in the spelling of Chat Completions equal those in the spelling of the Responses API."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_mockserver.behaviour.chat_spelling import read_chat_spelling
from mock_client import Client

Json = dict[str, Any]

SAME: dict[str, tuple[Json, Json]] = {
    "nested tools": (
        {"tools": [{"type": "function", "function": {"name": "find", "parameters": {}}}]},
        {"tools": [{"type": "function", "name": "find", "parameters": {}}]},
    ),
    "flat tools": (
        {"tools": [{"type": "function", "name": "find"}]},
        {"tools": [{"type": "function", "name": "find"}]},
    ),
    "a nested choice": (
        {"tool_choice": {"type": "function", "function": {"name": "find"}}},
        {"tool_choice": {"type": "function", "name": "find"}},
    ),
    "a limit": ({"max_tokens": 5}, {"max_output_tokens": 5}),
    "two limits": ({"max_tokens": 5, "max_output_tokens": 7}, {"max_output_tokens": 7}),
    "reasoning": ({"reasoning": True}, {"reasoning": {"effort": "medium", "summary": "auto"}}),
    "no reasoning": ({"reasoning": False}, {"reasoning": None}),
    "an effort": ({"reasoning": {"reasoning_effort": "low"}}, {"reasoning": {"effort": "low"}}),
    "a format": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}},
        {"text": {"format": {"type": "json_schema", "name": "a", "schema": {}}}},
    ),
    "two formats": (
        {"response_format": {"type": "json_object"}, "text": {"format": {"type": "text"}}},
        {"text": {"format": {"type": "text"}}},
    ),
    "bare parts": (
        {
            "input": [
                {"type": "text", "text": "Look."},
                {"type": "image_url", "image_url": {"url": "data:x"}},
                {"role": "user", "content": [{"type": "text", "text": "Well?"}]},
            ]
        },
        {
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "Look."},
                        {"type": "input_image", "image_url": "data:x", "detail": "auto"},
                    ],
                },
                {"role": "user", "content": [{"type": "input_text", "text": "Well?"}]},
            ]
        },
    ),
    "an earlier answer": (
        {"input": [{"role": "assistant", "content": [{"type": "text", "text": "Yes."}]}]},
        {"input": [{"role": "assistant", "content": [{"type": "output_text", "text": "Yes."}]}]},
    ),
    "what makes no sense": (
        {"tools": 5, "input": [5, None], "reasoning": "much"},
        {"tools": 5, "input": [5, None], "reasoning": "much"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_chat_messages_become_input_items(name: str) -> None:
    chat, responses = SAME[name]
    assert read_chat_spelling(chat) == responses


def test_other_dialects_reject_the_spelling_of_chat() -> None:
    assert Client(dialect="bud").create(max_tokens=5).json["max_output_tokens"] == 5
    assert Client(dialect="openai").create(max_tokens=5).error["param"] == "max_tokens"


PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}


@pytest.mark.parametrize(
    ("parts", "prompt"),
    [
        (
            [{"type": "text", "text": "Hm."}, {"type": "image_url", "image_url": {"url": "data:x"}}],
            "an image",
        ),
        ([{"type": "input_text", "text": "Hm."}, PICTURE], "an image"),
        ([{"type": "text", "text": "Hm."}, SOUND], "a recording"),
        ([{"role": "user", "content": [{"type": "input_text", "text": "Hm."}, SOUND]}], "a recording"),
    ],
)
def test_parts_reach_the_model_in_both_spellings(parts: list[Json], prompt: str) -> None:
    response = Client(dialect="bud").create(parts).json
    assert response["output"][0]["content"][0]["text"] == f"I see {prompt}. You said: Hm."


def test_a_nested_tool_comes_back_flat() -> None:
    tool = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
    response = Client(dialect="bud").create(tools=[tool]).json
    assert response["tools"] == [
        {
            "type": "function",
            "description": None,
            "parameters": {"type": "object"},
            "strict": False,
            "name": "find",
        }
    ]
