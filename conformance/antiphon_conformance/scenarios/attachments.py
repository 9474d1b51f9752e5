"""A picture and a file, and what shows whether they reach the model: words, tokens, broken ones."""

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


ATTACHMENTS = (
    Attachment(
        "picture",
        "Which colour does this picture have: green, red or blue? Answer in one word.",
        "red",
        picture(),
        picture(NO_PICTURE),
    ),
    Attachment("file", ASK_SIMPLY, FIRST_WORD, document(), document(NO_DOCUMENT)),
)


@scenario(dialect="responses")
async def attachments(conversation: Conversation) -> None:
    """Asks about a picture and a file; where the answer shows neither, without them and with broken ones."""
    members: dict[str, Any] = {"store": False, "may_fail": True}
    for entry in ATTACHMENTS:
        answer = await conversation.create(entry.name, input=_ask(entry, entry.part), **members)
        if not answer.ok or says(answer, entry.sign):
            continue
        without = await conversation.create(f"no_{entry.name}", input=_ask(entry), **members)
        longer = {"type": "input_text", "text": "Please think about this question before you answer it."}
        if without.ok:
            await conversation.create(f"more_than_no_{entry.name}", input=_ask(entry, longer), **members)
            await conversation.create(f"broken_{entry.name}", input=_ask(entry, entry.broken), **members)


def _ask(entry: Attachment, *parts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = [{"type": "input_text", "text": entry.question}, *parts]
    return [{"type": "message", "role": "user", "content": content}]
