"""A response over time: the final object, and its state at every step.

timeline = Timeline(final, dialect)
timeline.events            the stream, numbered from 0
timeline.after(7)          the events after number 7
timeline.at(step)          the response after this many events: 0 is its beginning
timeline.cut(step)         the response when it is cancelled at this step
timeline.milestones        the steps at which its status changes, so that polling shows something new
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from antiphon_mockserver.response.events import Event, event_composer
from antiphon_mockserver.server.errors import error_event
from antiphon_spec.dialect import Dialect


class Timeline:
    """The events of one response, and its state at any step."""

    def __init__(self, final: Mapping[str, Any], dialect: Dialect, *, obfuscation: bool = False) -> None:
        self.final = final
        self.dialect = dialect
        self.obfuscation = obfuscation and dialect.mock.obfuscation

    @cached_property
    def events(self) -> Sequence[Event]:
        """All events in order, numbered from 0 where the dialect numbers them.

        A failure appears as an `error` event, and then as the last event where the grammar has one for it.
        """
        events = event_composer(self.dialect).events(
            self.final, waiting=self._has_queue, padding=self.obfuscation
        )
        if self.final.get("error") is not None and self.dialect.mock.error_event != "absent":
            *before, last = events
            closing = [last] if self._reports_failure(last) else []
            events = [*before, error_event(self.final["error"], self.dialect), *closing]
        return _number(events) if self.dialect.mock.numbered_events else events

    @property
    def steps(self) -> int:
        """The number of events: the step at which the response has ended."""
        return len(self.events)

    def after(self, sequence: int) -> Sequence[Event]:
        """Returns the events with a greater number."""
        return self.events[max(sequence + 1, 0) :]

    @cached_property
    def milestones(self) -> tuple[int, ...]:
        """The steps at which the status changes, with 0 and the last step.

        A response without a queue is in progress from the beginning. Its first event still counts, so that a
        client that polls sees it in progress once.
        """
        statuses = [(step, self._status(event)) for step, event in enumerate(self.events, start=1)]
        changes = [(step, status) for step, status in statuses if status is not None]
        changes.append((self.steps, self.final["status"]))  # an `error` event alone may report a failure
        before = ["queued" if self._has_queue else None, *(status for _, status in changes)]
        return (0, *(step for (step, status), last in zip(changes, before, strict=False) if status != last))

    def at(self, step: int) -> dict[str, Any]:
        """Returns the response after this many events."""
        return dict(self.final) if step >= self.steps else self._unfinished(self._status_at(step), step)

    def cut(self, step: int) -> dict[str, Any]:
        """Returns the response cancelled at this step, with its finished items; or as it ended before."""
        return dict(self.final) if step >= self.steps else self._unfinished("cancelled", step)

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
        statuses = (self._status(event) for event in reversed(self.events[:step]))
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
        return [event[lane.holds] for event in self.events[:step] if event["type"] in lane.closing]


def _number(events: Sequence[Event]) -> list[Event]:
    """Numbers the events in place; nobody else holds them."""
    for number, event in enumerate(events):
        event["sequence_number"] = number
    return list(events)
