"""What handlers work with: one server's dialect, decisions, memory, clock and scripts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from antiphon_mockserver.clock import Clock
from antiphon_mockserver.conduct import Conduct
from antiphon_mockserver.knowledge.library import Library
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.record import Record
from antiphon_mockserver.settings import Settings
from antiphon_mockserver.store import Store
from antiphon_mockserver.timeline import Timeline
from antiphon_spec.dialect import Dialect


@dataclass(frozen=True)
class House:
    """One server, but for the wire."""

    settings: Settings
    dialect: Dialect
    conduct: Conduct
    store: Store
    clock: Clock
    library: Library | None = None
    """What answers are found in, in a dialect of videos."""

    def record(self, id: str, key: str) -> Record | None:
        """The record of this id, if it is there for the holder of this key."""
        found = self.store.get(id)
        if found is None or not self.conduct.exists(found) or not self.conduct.may_see(found, key):
            return None
        return found

    def visible(self, id: str, key: str) -> Record:
        """The same, or a refusal."""
        if not self.conduct.valid_id(id):
            message = "Invalid 'response_id': expected an id of letters, digits, underscores and dashes."
            raise Denied(message, param="response_id", code="invalid_value")
        found = self.record(id, key)
        if found is None:
            raise self.conduct.not_found(id)
        return found

    @cached_property
    def lists(self) -> bool:
        """Whether clients can have the responses listed that they have made."""
        return "listResponses" in self.dialect.document.operations

    def timeline(self, record: Record, *, obfuscated: bool | None = None) -> Timeline:
        """The timeline of a record, padded as its request said, unless `obfuscated` says otherwise."""
        if obfuscated is None:
            options = record.request.get("stream_options") or {}
            obfuscated = options.get("include_obfuscation") is not False
        return Timeline(record.response, self.dialect, obfuscated=obfuscated)

    def advanced(self, record: Record, timeline: Timeline) -> Record:
        """The record after someone looked: one state on, or as far as it is by now in real time."""
        if not record.background or record.cut is not None or record.step >= timeline.steps:
            return record
        step = (
            self.conduct.observe(record, timeline.milestones)
            if self.clock.virtual
            else self._due(record, timeline)
        )
        return self.store.change(record.id, lambda now: now.at(max(now.step, step))) or record

    def _due(self, record: Record, timeline: Timeline) -> int:
        """The step at which a background response is by the wall clock."""
        if record.streamed and not record.pace:
            return timeline.steps
        passed = self.clock.now() - record.made_at - record.delay
        return min(max(int(passed / (record.pace or PACE)), 0), timeline.steps)


PACE = 0.02
"""Seconds between two events in the background in real time, when no script says otherwise."""
