"""The same facts as one text and as a list of messages and parts, and a short text to compare with."""

from __future__ import annotations

from antiphon_conformance.requests.test_prompts import ASK_ALL, FIRST_WORD, NEW_COLOUR, SECOND_WORD
from antiphon_conformance.scenarios.chaining import ask_again
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

FACTS = (
    f"The first code word is {FIRST_WORD}.",
    f"The second code word is {SECOND_WORD}.",
    f"The colour is {NEW_COLOUR}.",
)


@scenario(dialect="responses")
async def whole_input(conversation: Conversation) -> None:
    """Tells three facts and asks for them: in one text, then in messages of several roles and parts."""
    await conversation.create("short", input="Say hello.", store=False)
    whole = await conversation.create("one_text", input=" ".join((*FACTS, ASK_ALL)), store=False)
    first, second, third = FACTS
    parts = [{"type": "input_text", "text": text} for text in (f"{second} ", third)]
    messages = [
        {"type": "message", "role": "system", "content": first},
        {"type": "message", "role": "user", "content": parts},
        {"type": "message", "role": "assistant", "content": "OK."},
        {"type": "message", "role": "user", "content": ASK_ALL},
    ]
    await conversation.create("in_parts", input=messages, store=False, may_fail=True)
    await ask_again(conversation, "in_parts", whole, (FIRST_WORD, SECOND_WORD, NEW_COLOUR))
