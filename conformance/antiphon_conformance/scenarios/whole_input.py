"""The same facts as one text and as a list of messages and parts, and a short text to compare with."""

from __future__ import annotations

from antiphon_conformance.requests.test_prompts import (
    ASK_ALL,
    ASK_THIRD,
    FIRST_WORD,
    NEW_COLOUR,
    SECOND_WORD,
    THIRD_WORD,
)
from antiphon_conformance.scenarios.chaining import ask_again
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

FACTS = (
    f"The first code word is {FIRST_WORD}.",
    f"The second code word is {SECOND_WORD}.",
    f"The colour is {NEW_COLOUR}.",
    f"The third code word is {THIRD_WORD}.",
)
QUESTION = f"{ASK_ALL} {ASK_THIRD}"


@scenario(dialect="responses")
async def whole_input(conversation: Conversation) -> None:
    """Tells four facts and asks for them: in one text, then in messages of several roles and parts, without
    a developer when the server rejects that role."""
    await conversation.create("short", input="Say hello.", store=False)
    whole = await conversation.create("one_text", input=" ".join((*FACTS, QUESTION)), store=False)
    first, second, third, fourth = FACTS
    parts = [{"type": "input_text", "text": text} for text in (f"{second} ", third)]
    messages = [
        {"type": "message", "role": "developer", "content": fourth},
        {"type": "message", "role": "system", "content": first},
        {"type": "message", "role": "user", "content": parts},
        {"type": "message", "role": "assistant", "content": "OK."},
        {"type": "message", "role": "user", "content": QUESTION},
    ]
    step, words = "in_parts", [FIRST_WORD, SECOND_WORD, NEW_COLOUR, THIRD_WORD]
    answer = await conversation.create(step, input=messages, store=False, may_fail=True)
    if not answer.ok:
        step, words = "in_fewer_roles", words[:-1]
        await conversation.create(step, input=messages[1:], store=False, may_fail=True)
    await ask_again(conversation, step, whole, words)
