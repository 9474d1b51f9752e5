"""A response over time: its events with their times, its state at any time, and what may happen to it.

timeline = Timeline(final, dialect, pace=pace)
timeline.events            the stream, numbered from 0
timeline.offsets           when each event comes, in seconds from the create
timeline.due(2.5)          how many events have come 2.5 seconds after the create
timeline.after(7)          the events after number 7
timeline.at(step)          the response after this many events: 0 is its beginning
timeline.cut(step)         the timeline of the same response, cancelled at this step
timeline.milestones        the steps at which its status changes, so that polling shows something new

The functions below the class are decisions about a stored response; `Behaviour` has them, and mutants replace
them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from antiphon_mockserver.response.events import Moments, event_composer
from antiphon_mockserver.response.frames import Event, Events
from antiphon_mockserver.response.pace import AT_ONCE, Pace
from antiphon_mockserver.server.errors import error_event, invalid
from antiphon_mockserver.state.conversation import Conversation
from antiphon_mockserver.state.record import Record, Resource
from antiphon_spec.dialect import Dialect


class Timeline:
    """The events of one response with their times, and its state at any step."""

    def __init__(
        self,
        final: Mapping[str, Any],
        dialect: Dialect,
        *,
        pace: Pace = AT_ONCE,
        obfuscation: bool = False,
        moments: Moments | None = None,
    ) -> None:
        self.final = final
        self.moments = moments
        self.dialect = dialect
        self.pace = pace
        self.obfuscation = obfuscation and dialect.mock.obfuscation

    @cached_property
    def events(self) -> Events:
        """All events in order, numbered from 0 where the dialect numbers them.

        A failure appears as an `error` event, and then as the last event where the grammar has one for it.
        """
        parts = event_composer(self.dialect).events(
            self.final, waiting=self._has_queue, padding=self.obfuscation, moments=self.moments
        )
        if self.final.get("error") is not None and self.dialect.mock.error_event != "absent":
            *before, last = parts
            closing = [last] if isinstance(last, dict) and self._reports_failure(last) else []
            parts = [*before, error_event(self.final["error"], self.dialect), *closing]
        events = Events(parts)
        if self.dialect.mock.numbered_events:
            events.number()
        return events

    @cached_property
    def offsets(self) -> Sequence[float]:
        """When each event comes, in seconds from the create."""
        lanes = self.dialect.grammar.lanes.values()
        pieces = {lane.accumulates.event for lane in lanes if lane.accumulates}
        return self.pace.offsets([event["type"] in pieces for event in self.events], str(self.final["id"]))

    @property
    def steps(self) -> int:
        """The number of events: the step at which the response has ended."""
        return len(self.events)

    def due(self, age: float) -> int:
        """Returns the step at this age of the response, in seconds from the create."""
        return bisect_right(self.offsets, age)

    def after(self, cursor: int | None) -> Sequence[Event]:
        """Returns the events with a greater number, or all of them without one."""
        return self.events if cursor is None else self.events[max(cursor + 1, 0) :]

    @cached_property
    def milestones(self) -> tuple[int, ...]:
        """The steps at which the status changes, with 0 and the last step.

        A response without a queue is in progress from the beginning. Its first event still counts, so that a
        client that polls sees it in progress once.
        """
        statuses = [(step, self._status(event)) for step, event in self.events.marks]
        changes = [(step, status) for step, status in statuses if status is not None]
        changes.append((self.steps, self.final["status"]))  # an `error` event alone may report a failure
        before = ["queued" if self._has_queue else None, *(status for _, status in changes)]
        return (0, *(step for (step, status), last in zip(changes, before, strict=False) if status != last))

    def at(self, step: int) -> dict[str, Any]:
        """Returns the response after this many events."""
        if step <= 0:  # before any event, of which there is always one
            beginning = self._beginning_object(self._beginning) | {"output": []}
            return {**beginning, **self.dialect.mock.unfinished}
        return dict(self.final) if step >= self.steps else self._unfinished(self._status_at(step), step)

    def cut(self, step: int) -> Timeline:
        """Returns the timeline that ends here because the response was cancelled; its end has only the
        finished items. A timeline that ended before stays as it is.
        """
        if step >= self.steps:
            return self
        final = self._unfinished("cancelled", step)
        timeline = Timeline(final, self.dialect, pace=self.pace, obfuscation=self.obfuscation)
        timeline.events = Events(self.events[:step])
        return timeline

    def _unfinished(self, status: str, step: int) -> dict[str, Any]:
        members = self._beginning_object(status) | {"output": self._finished_items(step)}
        return {**members, **self.dialect.mock.unfinished}

    def _reports_failure(self, event: Event) -> bool:
        root = self.dialect.grammar.root
        return root is not None and self.final["status"] in root.statuses.get(event["type"], ())

    @property
    def _has_queue(self) -> bool:
        return self.final.get("background") is True

    @property
    def _beginning(self) -> str:
        return "queued" if self._has_queue else "in_progress"

    def _beginning_object(self, status: str) -> dict[str, Any]:
        root = self.dialect.grammar.root
        if root is None:
            return {**self.final, "status": status}
        return event_composer(self.dialect).beginning(root, self.final, status)

    def _status_at(self, step: int) -> str:
        statuses = (self._status(event) for place, event in reversed(self.events.marks) if place <= step)
        return next((status for status in statuses if status is not None), self._beginning)

    def _status(self, event: Event) -> str | None:
        """The status in an event about the whole response, or None."""
        root = self.dialect.grammar.root
        response = event.get(root.holds) if root is not None and root.holds else None
        return response["status"] if isinstance(response, Mapping) else None

    def _finished_items(self, step: int) -> list[Any]:
        lane = self.dialect.grammar.lanes.get("item")
        if lane is None or lane.holds is None:
            return []
        holds, closing = lane.holds, lane.closing
        marks = self.events.marks
        return [event[holds] for place, event in marks if place <= step and event["type"] in closing]


def keeps(body: Mapping[str, Any]) -> bool:
    """Whether a response is stored: always, unless the request says `store: false` (STA-09, STA-10)."""
    return body.get("store") is not False


def exists(record: Record) -> bool:
    """Whether a record was not deleted (RET-08)."""
    return not record.deleted


def may_see(record: Record | Resource | Conversation, key: str) -> bool:
    """Whether a key sees an object: only the key that created it; for others it does not exist (RET-04)."""
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


def rest(record: Record) -> Record:
    """Leaves a cancelled response as it is (BGR-15)."""
    return record


def may_resume(record: Record) -> None:
    """Rejects resuming a response that was not created with `background` and `stream`, with 400 (RSM-02)."""
    if not (record.background and record.streamed):
        message = "Only responses created with 'background' and 'stream' set to true can be streamed again."
        raise invalid(message, "stream")


def resume(timeline: Timeline, starting_after: int | None) -> Sequence[Event]:
    """Returns the events with a greater number, or all of them without one (RSM-03, RSM-04)."""
    return timeline.after(starting_after)


def delete(record: Record) -> Record:
    """Marks a response as deleted; those that continue it keep their context (STA-18 leaves this open)."""
    return replace(record, deleted=True)


def deletion_body(response_id: str) -> dict[str, Any]:
    """Returns the body of the answer to a delete (RET-07)."""
    return {"id": response_id, "object": "response", "deleted": True}
