"""Responses in the background: polled, cancelled, and their streams resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from antiphon_conformance.http.exchange import Event
from antiphon_conformance.requests.test_prompts import LONG_TASK
from antiphon_conformance.scenarios.conversation import Talk
from antiphon_conformance.scenarios.scenario import scenario

READ_BEFORE_LEAVING = 8
"""Enough events to have some text, so that the rest begins inside an item. More events can arrive together
with them; they are read again then."""


@scenario(features=("background",))
async def background(talk: Talk) -> None:
    """Starts a response in the background, polls it until it ends, and cancels it too late."""
    metadata = talk.known(metadata={"topic": "antiphon"})
    first = await talk.create("started", input="Say hello.", background=True, **metadata)
    identity = talk.id_of(first)
    if "chain" in talk.dialect.features:
        await talk.create("continued", input="Go on.", previous_response_id=identity, may_fail=True)
    if "retrieve" in talk.dialect.features:
        await talk.poll("polled", identity)
    if "cancel" in talk.dialect.features:
        await talk.post("cancelled", f"/responses/{identity}/cancel")


@scenario(features=("background", "cancel", "retrieve", "delete"))
async def cancel(talk: Talk) -> None:
    """Cancels a running response twice, reads it again later, and deletes another running response."""
    first = await talk.create("started", input=LONG_TASK, background=True)
    path = f"/responses/{talk.id_of(first)}"
    await talk.post("cancelled", f"{path}/cancel")
    await talk.post("cancelled_again", f"{path}/cancel")
    second = await talk.create("abandoned", input=LONG_TASK, background=True)
    await talk.get("retrieved", path)
    second_path = f"/responses/{talk.id_of(second)}"
    deletion = await talk.delete("deleted", second_path)
    if deletion.ok:
        await talk.post("cancelled_deleted", f"{second_path}/cancel")


@scenario(features=("background", "resume"))
async def resume(talk: Talk) -> None:
    """Leaves the stream of a background response, then resumes it at several places."""
    beginning = await talk.create(
        "streamed", input=LONG_TASK, background=True, stream=True, read_events=READ_BEFORE_LEAVING
    )
    path = f"/responses/{talk.id_of(beginning)}"
    again = f"{path}?stream=true"
    read = beginning.answer.stream.events[:READ_BEFORE_LEAVING] if beginning.answer.stream else ()
    cursor = _number(read)
    _, replay = await asyncio.gather(
        talk.get("resumed", f"{again}&starting_after={cursor}"), talk.get("replayed", again)
    )
    events = replay.answer.stream.events if replay.answer.stream else ()
    end = _number(events)
    await talk.get("late", f"{again}&starting_after=2&include_obfuscation=false")
    await talk.get("beyond", f"{again}&starting_after={end}")
    await talk.get("negative", f"{again}&starting_after=-1")
    await talk.get("stored", path)


def _number(events: Sequence[Event]) -> int:
    """The number of the last event; 0 when it has none, which rules on streams report."""
    number = events[-1].data.get("sequence_number") if events else 0
    return number if isinstance(number, int) else 0
