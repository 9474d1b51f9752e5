"""The input items of a response whose input has more than messages."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.attachments import document, picture
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.valid_requests import LOOK_UP

LOOK = {"type": "input_text", "text": "Who is in this picture?"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look_up", "arguments": '{"name": "Ada"}'}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "Ada, born 1815"}
TRIES = (
    ("listed_with_a_file", (picture(), document())),
    ("listed_with_a_picture", (picture(),)),
    ("listed_plainly", ()),
)
"""The parts of a message that go with a call: a model may read none of them."""


@scenario(features=("retrieve", "input_items"), dialect="openai")
async def listed_inputs(conversation: Conversation) -> None:
    """Lists the input of a response that was given a picture, a file, a call and its output."""
    for step, parts in TRIES:
        message = {"type": "message", "role": "user", "content": [LOOK, *parts]}
        members: dict[str, Any] = {"tools": [LOOK_UP], "max_output_tokens": 16, "store": True}
        answer = await conversation.create(
            step.replace("listed", "asked"), input=[message, CALL, OUTPUT], may_fail=bool(parts), **members
        )
        if answer.ok:
            await conversation.get(
                step, f"/responses/{conversation.id_of(answer)}/input_items?order=asc&limit=20"
            )
            return
