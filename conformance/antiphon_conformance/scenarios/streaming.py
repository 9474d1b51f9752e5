"""Answers of a library in a stream, and answers that fail on their way."""

from __future__ import annotations

from antiphon_conformance.prompts import BEYOND_ASCII, OVERLONG
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk


@scenario(features=("stream", "retrieve", "collections"))
async def streaming(talk: Talk) -> None:
    """Streams an answer whose instructions hold letters beyond ASCII, and reads it by its id."""
    streamed = await talk.create("streamed", input="Say hello.", instructions=BEYOND_ASCII, stream=True)
    await talk.get("streamed_again", f"/responses/{talk.id_of(streamed)}")


@scenario(features=("retrieve", "collections"))
async def overlong_question(talk: Talk) -> None:
    """Asks more than any model reads, in a stream and in the background, where the answer may fail late."""
    await talk.create("streamed", input=OVERLONG, stream=True, may_fail=True)
    started = await talk.create("started", input=OVERLONG, background=True, may_fail=True)
    if started.ok:
        await talk.poll("polled", started)
        await talk.post("cancelled", f"/responses/{talk.id_of(started)}/cancel")
