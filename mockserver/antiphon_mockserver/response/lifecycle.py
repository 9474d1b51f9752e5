"""The lifecycle of a response: storage, progress, cancel, resume and delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Record

Event = Mapping[str, Any]


def keeps(body: Mapping[str, Any]) -> bool:
    """Whether a response is stored: always, unless the request says `store: false` (STA-09, STA-10)."""
    return body.get("store") is not False


def exists(record: Record) -> bool:
    """Whether a record was not deleted (RET-08)."""
    return not record.deleted


def may_see(record: Record, key: str) -> bool:
    """Whether a key sees a response: only the key that created it; for others it does not exist (RET-04)."""
    return record.owner == key


def may_continue(record: Record) -> bool:
    """Whether a response may be continued: always, also when it is unfinished or failed (STA-16)."""
    return True


def first_step(body: Mapping[str, Any], last: int) -> int:
    """Returns step 0 for a background response without stream, and the last step for any other (BGR-01)."""
    return 0 if body.get("background") is True and body.get("stream") is not True else last


def observe(record: Record, milestones: Sequence[int]) -> int:
    """Returns the next step with a new status: every GET finds the response one status further (BGR-03)."""
    return next((step for step in milestones if step > record.step), milestones[-1])


def may_cancel(record: Record) -> None:
    """Rejects a cancel of a response that does not run in the background, with 400 (BGR-13)."""
    if not record.background:
        raise invalid("Only responses created with 'background' set to true can be cancelled.")


def cancel(record: Record, last: int) -> Record:
    """Stops a response at its step; one that has ended or was cancelled does not change (BGR-11, BGR-12)."""
    return record if record.cut is not None or record.step >= last else replace(record, cut=record.step)


def may_resume(record: Record) -> None:
    """Rejects resuming a response that was not created with `background` and `stream`, with 400 (RSM-02)."""
    if not (record.background and record.streamed):
        message = "Only responses created with 'background' and 'stream' set to true can be streamed again."
        raise invalid(message, "stream")


def resume(events: Sequence[Event], starting_after: int | None) -> Sequence[Event]:
    """Returns the events with a greater number, or all of them without one (RSM-03, RSM-04)."""
    if starting_after is None:
        return events
    return [event for event in events if event["sequence_number"] > starting_after]


def delete(record: Record) -> Record:
    """Marks a response as deleted; those that continue it keep their context (STA-18 leaves this open)."""
    return replace(record, deleted=True)


def deletion_body(response_id: str) -> dict[str, Any]:
    """Returns the body of the answer to a delete (RET-07)."""
    return {"id": response_id, "object": "response", "deleted": True}
