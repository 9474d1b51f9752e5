"""Streamed answers about a library, and answers that fail midway."""

from __future__ import annotations

from antiphon_conformance.requests.test_prompts import BEYOND_ASCII, OVERLONG
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario


@scenario(features=("stream", "retrieve", "collections"))
async def streaming(conversation: Conversation) -> None:
    """Streams an answer with instructions beyond ASCII, and reads it by its id."""
    response = await conversation.create(
        "streamed", input="Say hello.", instructions=BEYOND_ASCII, stream=True
    )
    await conversation.get("streamed_again", f"/responses/{conversation.id_of(response)}")


@scenario(features=("retrieve", "collections"))
async def overlong_question(conversation: Conversation) -> None:
    """Sends more text than any model accepts, in a stream and in the background, where errors can come
    late."""
    await conversation.create("streamed", input=OVERLONG, stream=True, may_fail=True)
    response = await conversation.create("started", input=OVERLONG, background=True, may_fail=True)
    if response.ok:
        await conversation.poll("polled", response)
        await conversation.post("cancelled", f"/responses/{conversation.id_of(response)}/cancel")
