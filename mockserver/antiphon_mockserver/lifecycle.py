"""The life of a response: how far it is, and how it is cancelled, streamed again and deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.record import Record

Event = Mapping[str, Any]


def keeps(body: Mapping[str, Any]) -> bool:
    """A response is stored unless the request says otherwise (STA-09, STA-10)."""
    return body.get("store") is not False


def exists(record: Record) -> bool:
    """Whether it was not deleted (RET-08)."""
    return not record.deleted


def may_see(record: Record, key: str) -> bool:
    """Only the key that created a response sees it; to others it does not exist (RET-04)."""
    return record.owner == key


def may_continue(record: Record) -> bool:
    """Any response may be continued; nothing forbids it for one that is unfinished or failed (STA-16)."""
    return True


def first_step(body: Mapping[str, Any], last: int) -> int:
    """A background response is shown as it begins, any other and every stream to the end (BGR-01)."""
    return 0 if body.get("background") is True and body.get("stream") is not True else last


def observe(record: Record, milestones: Sequence[int]) -> int:
    """The next step at which the status changes: each look finds a response one state on (BGR-03)."""
    return next((step for step in milestones if step > record.step), milestones[-1])


def may_cancel(record: Record) -> None:
    """Only what runs in the background can be cancelled (BGR-13)."""
    if not record.background:
        raise invalid("Only responses created with 'background' set to true can be cancelled.")


def cancel(record: Record, last: int) -> Record:
    """Cuts a response where it stands; one that has ended or was cut stays as it is (BGR-11, BGR-12)."""
    return record if record.cut is not None or record.step >= last else replace(record, cut=record.step)


def may_resume(record: Record) -> None:
    """Only a background response that was created as a stream can be streamed again (RSM-02)."""
    if not (record.background and record.streamed):
        message = "Only responses created with 'background' and 'stream' set to true can be streamed again."
        raise invalid(message, "stream")


def resume(events: Sequence[Event], starting_after: int | None) -> Sequence[Event]:
    """The events behind the one with this number, or all of them (RSM-03, RSM-04)."""
    if starting_after is None:
        return events
    return [event for event in events if event["sequence_number"] > starting_after]


def delete(record: Record) -> Record:
    """Takes a response out of sight; what continues it keeps its context (STA-18 leaves that open)."""
    return replace(record, deleted=True)


def deletion_body(id: str) -> dict[str, Any]:
    """What answers a delete (RET-07)."""
    return {"id": id, "object": "response", "deleted": True}
