"""A response in time: composed once, and every view of it a projection.

timeline = Timeline(final, dialect)
timeline.events            the stream, numbered from 0
timeline.after(7)          its tail, for `starting_after=7`
timeline.at(step)          the response when so many events have happened: 0 is its beginning
timeline.cut(step)         what is left of it when it is cancelled then
timeline.milestones        the steps at which its status changes: where polling shows something new
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from antiphon_mockserver.errors import error_event
from antiphon_mockserver.unfold import Event, unfolder
from antiphon_spec.dialect import Dialect


class Timeline:
    """The timed events of one response, and its state at any step."""

    def __init__(self, final: Mapping[str, Any], dialect: Dialect, *, obfuscation: bool = False) -> None:
        self.final = final
        self.dialect = dialect
        self.obfuscation = obfuscation and dialect.traits.obfuscation

    @cached_property
    def events(self) -> Sequence[Event]:
        """All events in order, numbered from 0 where they have numbers.

        A failure is told by an `error` event, and then by the last one where the grammar has one for it.
        """
        events = unfolder(self.dialect).events(self.final, queued=self._queued, padded=self.obfuscation)
        if self.final.get("error") is not None and self.dialect.traits.error_event != "absent":
            *before, last = events
            closing = [last] if self._tells_of_failure(last) else []
            events = [*before, error_event(self.final["error"], self.dialect), *closing]
        return _numbered(events) if self.dialect.traits.numbered_events else events

    @property
    def steps(self) -> int:
        """How many events there are: the step at which the response has ended."""
        return len(self.events)

    def after(self, sequence: int) -> Sequence[Event]:
        """The events whose number is greater."""
        return self.events[max(sequence + 1, 0) :]

    @cached_property
    def milestones(self) -> tuple[int, ...]:
        """The steps at which the status is another than before, 0 and the last step included.

        What waits in no queue is in progress from the beginning. So its first event is one of them, too: who
        polls finds it running once.
        """
        spoken = [(step, self._status(event)) for step, event in enumerate(self.events, start=1)]
        known = [(step, status) for step, status in spoken if status is not None]
        known.append((self.steps, self.final["status"]))  # a failure may be told by an `error` event alone
        before = ["queued" if self._queued else None, *(status for _, status in known)]
        return (0, *(step for (step, status), last in zip(known, before, strict=False) if status != last))

    def at(self, step: int) -> dict[str, Any]:
        """The response when this many events have happened."""
        return dict(self.final) if step >= self.steps else self._unfinished(self._status_at(step), step)

    def cut(self, step: int) -> dict[str, Any]:
        """The response cancelled at this step: what was finished stays; one that has ended is as it was."""
        return dict(self.final) if step >= self.steps else self._unfinished("cancelled", step)

    def _unfinished(self, status: str, step: int) -> dict[str, Any]:
        told = self._opened(status) | {"output": self._finished_items(step)}
        return {**told, **self.dialect.traits.unfinished}

    def _tells_of_failure(self, event: Event) -> bool:
        root = self.dialect.grammar.root
        return root is not None and self.final["status"] in root.statuses.get(event["type"], ())

    @property
    def _queued(self) -> bool:
        return self.final.get("background") is True

    @property
    def _beginning(self) -> str:
        return "queued" if self._queued else "in_progress"

    def _opened(self, status: str) -> dict[str, Any]:
        root = self.dialect.grammar.root
        if root is None:
            return {**self.final, "status": status}
        return unfolder(self.dialect).opened(root, self.final, status)

    def _status_at(self, step: int) -> str:
        spoken = (self._status(event) for event in reversed(self.events[:step]))
        return next((status for status in spoken if status is not None), self._beginning)

    def _status(self, event: Event) -> str | None:
        """The status that an event about the whole response tells."""
        root = self.dialect.grammar.root
        told = event.get(root.holds) if root is not None and root.holds else None
        return told["status"] if isinstance(told, Mapping) else None

    def _finished_items(self, step: int) -> list[Any]:
        lane = self.dialect.grammar.lanes.get("item")
        if lane is None or lane.holds is None:
            return []
        return [event[lane.holds] for event in self.events[:step] if event["type"] in lane.closing]


def _numbered(events: Sequence[Event]) -> list[Event]:
    """The events with their numbers; they are ours alone, and so are numbered in place."""
    for number, event in enumerate(events):
        event["sequence_number"] = number
    return list(events)
