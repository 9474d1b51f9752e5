"""Responses that run in the background: polled, cancelled, and their streams resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from antiphon_conformance.exchange import Event
from antiphon_conformance.prompts import LONG_TASK
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk

READ_BEFORE_LEAVING = 8
"""Enough events to have seen some text, so that the rest begins in the middle of an item. More may have
arrived at once with them; they are read again then."""


@scenario(features=("background",))
async def background(talk: Talk) -> None:
    """Starts a response in the background, polls it to its end, and cancels it when it is too late."""
    told = talk.known(metadata={"topic": "antiphon"})
    started = await talk.create("started", input="Say hello.", background=True, **told)
    identity = talk.id_of(started)
    if "chain" in talk.dialect.features:
        await talk.create("continued", input="Go on.", previous_response_id=identity, may_fail=True)
    if "retrieve" in talk.dialect.features:
        await talk.poll("polled", identity)
    if "cancel" in talk.dialect.features:
        await talk.post("cancelled", f"/responses/{identity}/cancel")


@scenario(features=("background", "cancel", "retrieve", "delete"))
async def cancel(talk: Talk) -> None:
    """Cancels a running response twice, looks at it again later, and deletes another one that runs."""
    started = await talk.create("started", input=LONG_TASK, background=True)
    path = f"/responses/{talk.id_of(started)}"
    await talk.post("cancelled", f"{path}/cancel")
    await talk.post("cancelled_again", f"{path}/cancel")
    abandoned = await talk.create("abandoned", input=LONG_TASK, background=True)
    await talk.get("retrieved", path)
    gone = f"/responses/{talk.id_of(abandoned)}"
    deleted = await talk.delete("deleted", gone)
    if deleted.ok:
        await talk.post("cancelled_deleted", f"{gone}/cancel")


@scenario(features=("background", "resume"))
async def resume(talk: Talk) -> None:
    """Leaves the stream of a background response, then follows it again from several places."""
    streamed = await talk.create(
        "streamed", input=LONG_TASK, background=True, stream=True, read_events=READ_BEFORE_LEAVING
    )
    path = f"/responses/{talk.id_of(streamed)}"
    again = f"{path}?stream=true"
    read = streamed.answer.stream.events[:READ_BEFORE_LEAVING] if streamed.answer.stream else ()
    cursor = _number(read)
    _, replayed = await asyncio.gather(
        talk.get("resumed", f"{again}&starting_after={cursor}"), talk.get("replayed", again)
    )
    events = replayed.answer.stream.events if replayed.answer.stream else ()
    end = _number(events)
    await talk.get("late", f"{again}&starting_after=2&include_obfuscation=false")
    await talk.get("beyond", f"{again}&starting_after={end}")
    await talk.get("negative", f"{again}&starting_after=-1")
    await talk.get("stored", path)


def _number(events: Sequence[Event]) -> int:
    """The number of the last event; 0 where events have none, which rules on streams report."""
    found = events[-1].data.get("sequence_number") if events else 0
    return found if isinstance(found, int) else 0
