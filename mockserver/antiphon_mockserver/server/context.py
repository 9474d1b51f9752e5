"""What handlers use: the dialect, behaviour, store and clock of one server."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.prompt_templates.template import Registry
from antiphon_mockserver.response.pace import AT_ONCE, Pace
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.response.timeline import Timeline
from antiphon_mockserver.settings import Settings
from antiphon_mockserver.state.clock import Clock
from antiphon_mockserver.state.record import Record, Resource, unpack_record, unpack_resource
from antiphon_mockserver.state.store import Store, Table
from antiphon_mockserver.video_library.library import Library
from antiphon_spec.dialect import Dialect


@dataclass(frozen=True)
class ServerContext:
    """One server, without the wire."""

    settings: Settings
    dialect: Dialect
    behaviour: Behaviour
    store: Store
    clock: Clock
    pace: Pace = AT_ONCE
    """The pace of streams, unless a script has another one."""
    library: Library | None = None
    """The videos that answers come from, in a dialect with a library."""
    prompts: Registry | None = None
    """The prompt templates, in a dialect that has them."""

    @cached_property
    def responses(self) -> Table[Record]:
        """The stored responses."""
        return Table(self.store, "response", unpack_record)

    @cached_property
    def completions(self) -> Table[Resource]:
        """The stored chat completions."""
        return Table(self.store, "chat.completion", unpack_resource)

    def record(self, record_id: str, key: str) -> Record | None:
        """Returns the record with this id, if it exists for this key."""
        record = self.responses.get(record_id)
        if (
            record is None
            or not self.behaviour.storage.exists(record)
            or not self.behaviour.access.may_see(record, key)
        ):
            return None
        return record

    def require(self, response_id: str, key: str) -> Record:
        """Returns the same record; rejects a malformed id with 400 and an unknown one with 404."""
        if not self.behaviour.storage.is_valid_id(response_id):
            message = "Invalid 'response_id': expected an id of letters, digits, underscores and dashes."
            raise ApiError(message, param="response_id", code="invalid_value")
        record = self.record(response_id, key)
        if record is None:
            raise self.behaviour.errors.not_found(response_id)
        return record

    def chain(self, record: Record) -> tuple[Record, ...]:
        """Returns the turns that lead to this response, itself last; earlier ones may be deleted."""
        records = [record]
        while (before := records[-1].previous) is not None and (
            older := self.responses.get(before)
        ) is not None:
            records.append(older)
        return tuple(reversed(records))

    @cached_property
    def lists_responses(self) -> bool:
        """Whether clients can list their responses."""
        return "listResponses" in self.dialect.document.operations

    def timeline(self, record: Record, *, obfuscation: bool | None = None) -> Timeline:
        """Returns the timeline of a record; `obfuscation` overrides what its request says about padding."""
        if obfuscation is None:
            options = record.request.get("stream_options") or {}
            obfuscation = options.get("include_obfuscation") is not False
        timeline = Timeline(record.response, self.dialect, pace=record.pace, obfuscation=obfuscation)
        return timeline if record.cut is None else timeline.cut(record.cut)

    def advance(self, record: Record, timeline: Timeline) -> Record:
        """Returns the record for the next GET: one status further or, in real time, at its current step."""
        if not record.background or record.cut is not None or record.step >= timeline.steps:
            return record
        step = (
            self.behaviour.progress.observe(record, timeline.milestones)
            if self.clock.virtual
            else timeline.due(self.clock.now() - record.made_at)
        )
        return self.responses.change(record.id, lambda now: now.at(max(now.step, step))) or record
