"""The same question in several forms, from several kinds of client."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constants import ORIGIN
from antiphon_conformance.requests.test_prompts import LETTERS
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.tools import WEATHER

QUESTION = f"Reply with exactly: More is at https://example.com/sea today, {LETTERS}."


@scenario(dialect="responses")
async def repeat(conversation: Conversation) -> None:
    """Asks a question as text, as a list from a web page and for a stream; lists models, counts tokens."""
    await conversation.create("first", input=QUESTION)
    if conversation.dialect.resolve("TRN-20"):
        await conversation.create("again", input=QUESTION, headers={"x-client-request-id": "antiphon-again"})
    message = {"role": "user", "content": QUESTION}
    if not any(map(conversation.dialect.resolve, ("REQ-09", "BUD-REQ-06"))):
        message["type"] = "message"
    await conversation.create("as_list", input=[message], headers={"origin": ORIGIN})
    options = {"include_obfuscation": False}
    await conversation.create("streamed", input=QUESTION, stream=True, stream_options=options)
    await conversation.get("models", "/models")
    await conversation.part("input_tokens", count)


async def count(conversation: Conversation) -> None:
    """Counts the tokens of the question, then of a longer request."""
    body: dict[str, Any] = {"model": conversation.model, "input": QUESTION}
    path = "/responses/input_tokens"
    await conversation.post("counted", path, body=body)
    more = {"tools": [WEATHER], "tool_choice": "auto", "parallel_tool_calls": False, "truncation": "disabled"}
    more |= {"instructions": "Answer in one short line.", "text": {"format": {"type": "text"}}}
    await conversation.post("counted_more", path, body={**body, **more})


@scenario(dialect="openresponses")
async def preflight(conversation: Conversation) -> None:
    """Sends the preflight request of a browser."""
    fields = {
        "origin": ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
        "authorization": None,
    }
    await conversation.send("preflight", "OPTIONS", "/responses", headers=fields)
