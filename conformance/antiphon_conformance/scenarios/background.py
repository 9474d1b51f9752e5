"""Responses in the background: polled, cancelled, and their streams resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from antiphon_conformance.http.exchange import Event
from antiphon_conformance.requests.test_prompts import LONG_TASK
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

READ_BEFORE_LEAVING = 8
"""Enough events to have some text, so that the rest begins inside an item. More events can arrive together
with them; they are read again then."""


@scenario(features=("background",))
async def background(conversation: Conversation) -> None:
    """Starts a response in the background, polls it until it ends, and cancels it too late."""
    metadata = conversation.known(metadata={"topic": "antiphon"})
    first = await conversation.create("started", input="Say hello.", background=True, **metadata)
    identity = conversation.id_of(first)
    conversation.expect_background("started")
    if "chain" in conversation.dialect.features:
        await conversation.create("continued", input="Go on.", previous_response_id=identity, may_fail=True)
    if "retrieve" in conversation.dialect.features:
        await conversation.poll("polled", identity)
    if "cancel" in conversation.dialect.features:
        await conversation.post("cancelled", f"/responses/{identity}/cancel")


@scenario(features=("background", "cancel", "retrieve", "delete"))
async def cancel(conversation: Conversation) -> None:
    """Cancels a running response twice, reads it again later, and deletes another running response."""
    first = await conversation.create("started", input=LONG_TASK, background=True)
    path = f"/responses/{conversation.id_of(first)}"
    conversation.expect_background("started")
    await conversation.post("cancelled", f"{path}/cancel")
    await conversation.post("cancelled_again", f"{path}/cancel")
    second = await conversation.create("abandoned", input=LONG_TASK, background=True)
    await conversation.get("retrieved", path)
    second_path = f"/responses/{conversation.id_of(second)}"
    deletion = await conversation.delete("deleted", second_path)
    if deletion.ok:
        await conversation.post("cancelled_deleted", f"{second_path}/cancel")


@scenario(features=("background", "resume"))
async def resume(conversation: Conversation) -> None:
    """Leaves the stream of a background response, then resumes it at several places."""
    beginning = await conversation.create(
        "streamed", input=LONG_TASK, background=True, stream=True, read_events=READ_BEFORE_LEAVING
    )
    path = f"/responses/{conversation.id_of(beginning)}"
    again = f"{path}?stream=true"
    read = beginning.answer.stream.events[:READ_BEFORE_LEAVING] if beginning.answer.stream else ()
    cursor = _number(read)
    _, replay = await asyncio.gather(
        conversation.get("resumed", f"{again}&starting_after={cursor}"), conversation.get("replayed", again)
    )
    events = replay.answer.stream.events if replay.answer.stream else ()
    end = _number(events)
    await conversation.get("late", f"{again}&starting_after=2&include_obfuscation=false")
    await conversation.get("beyond", f"{again}&starting_after={end}")
    await conversation.get("negative", f"{again}&starting_after=-1")
    await conversation.get("stored", path)


def _number(events: Sequence[Event]) -> int:
    """The number of the last event but keep-alives; 0 when it has none, which rules on streams report."""
    last = next((event for event in reversed(events) if not event.is_beside), None)
    number = last.data.get("sequence_number") if last is not None else 0
    return number if isinstance(number, int) else 0
