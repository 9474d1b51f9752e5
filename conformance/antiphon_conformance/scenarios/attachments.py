"""Pictures, a file, and what shows whether they reach the model: words, tokens, broken ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_conformance.requests.attachments import NO_DOCUMENT, NO_PICTURE, document, picture
from antiphon_conformance.requests.test_prompts import ASK_SIMPLY, FIRST_WORD
from antiphon_conformance.rules.reading.comparison import says
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """A kind of part, and how an answer shows that the model saw it."""

    name: str
    """The step that sends it, and the beginning of the steps that look further."""
    question: str
    sign: str
    """The word of an answer of a model that saw it."""
    part: Mapping[str, Any]
    broken: Mapping[str, Any]
    """The same, but nobody can read it."""
    is_in_an_output: bool = False
    """Whether it is in the output of a call, and not in the message."""


ATTACHMENTS = (
    Attachment(
        "picture",
        "Which colour does this picture have: green, red or blue? Answer in one word.",
        "red",
        picture(),
        picture(NO_PICTURE),
    ),
    Attachment("file", ASK_SIMPLY, FIRST_WORD, document(), document(NO_DOCUMENT)),
    Attachment(
        "picture_in_an_output",
        "Take a picture of the wall. Which colour does it have: green, red or blue? Answer in one word.",
        "red",
        picture(),
        picture(NO_PICTURE),
        is_in_an_output=True,
    ),
)
CAMERA = {
    "type": "function",
    "name": "take_picture",
    "description": "Takes a picture.",
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    "strict": False,
}
CALL = {"type": "function_call", "call_id": "call_1", "name": "take_picture", "arguments": "{}"}
TAKEN = {"type": "input_text", "text": "The picture was taken."}


@scenario(dialect="responses")
async def attachments(conversation: Conversation) -> None:
    """Asks about pictures and a file; where the answer shows one not, without it and with a broken one."""
    for entry in ATTACHMENTS:
        members: dict[str, Any] = {"store": False, "may_fail": True}
        if entry.is_in_an_output:
            members |= {"tools": [CAMERA], "tool_choice": "none"}
        answer = await conversation.create(entry.name, input=_ask(entry, entry.part), **members)
        if not answer.ok or says(answer, entry.sign):
            continue
        without = await conversation.create(f"no_{entry.name}", input=_ask(entry), **members)
        longer = {"type": "input_text", "text": "Please think about this question before you answer it."}
        if without.ok:
            await conversation.create(f"more_than_no_{entry.name}", input=_ask(entry, longer), **members)
            await conversation.create(f"broken_{entry.name}", input=_ask(entry, entry.broken), **members)


def _ask(entry: Attachment, *parts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    question = {"type": "input_text", "text": entry.question}
    if not entry.is_in_an_output:
        return [{"type": "message", "role": "user", "content": [question, *parts]}]
    output = {"type": "function_call_output", "call_id": CALL["call_id"], "output": [TAKEN, *parts]}
    return [{"type": "message", "role": "user", "content": [question]}, CALL, output]
