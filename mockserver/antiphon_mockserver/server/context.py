"""What handlers use and return: the server (behaviour, store, clock), the request, and the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.behaviour.checks import Selection
from antiphon_mockserver.behaviour.context import LOOKS_AT
from antiphon_mockserver.hosted_tools.moments import moments
from antiphon_mockserver.prompt_templates.template import Registry, Template, Version, open_reusable
from antiphon_mockserver.response.completion import Chunks
from antiphon_mockserver.response.frames import Events
from antiphon_mockserver.response.identity import SHARED, Identity
from antiphon_mockserver.response.mould import Moulds
from antiphon_mockserver.response.pace import AT_ONCE, Pace
from antiphon_mockserver.response.plan import ApiError, Context, Item
from antiphon_mockserver.response.timeline import Timeline
from antiphon_mockserver.settings import Settings
from antiphon_mockserver.state.clock import Clock
from antiphon_mockserver.state.conversation import Conversation, unpack_conversation
from antiphon_mockserver.state.record import Record, Resource, pack_record, unpack_record, unpack_resource
from antiphon_mockserver.state.store import Store, Table
from antiphon_mockserver.video_library.library import Library
from antiphon_spec.dialect import Dialect
from antiphon_spec.document import Operation
from antiphon_spec.loading.construction import dataclass

JSON = "application/json"
EVENT_STREAM = "text/event-stream; charset=utf-8"
NO_IDENTITY = Identity("0" * SHARED, {})
NO_OPERATION = Operation("", "", "", (), None, {}, None, ())
"""Stands for the operation until the router has found one."""


@dataclass(slots=True)
class Request:
    """A request; each step of the app fills in more of it."""

    method: str
    path: str
    """Percent-encoded, without the base path and the query."""
    query_string: str
    headers: Mapping[str, str]
    """Names in lower case."""
    operation: Operation = NO_OPERATION
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The parameters in the path."""
    query: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    content: bytes = b""
    """The body as received; after parsing, the canonical JSON that equal bodies share."""
    body: Any = None
    """The parsed body; None before parsing, and when there is no body."""
    number: int = 0
    """How many identical requests came before."""
    identity: Identity = NO_IDENTITY
    earlier_key: str | None = None
    """The key that an earlier request of the connection had with the same headers, which were accepted."""
    admitted: bool = False
    """Whether its head was accepted: the operation exists, and the client may call it."""

    def again(self, headers: Mapping[str, str]) -> Request:
        """A request with a head that says the same: nothing of it has to be read again."""
        return Request(
            self.method,
            self.path,
            self.query_string,
            headers,
            self.operation,
            self.parameters,
            self.query,
            self.key,
            admitted=self.admitted,
        )

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query_string}" if self.query_string else self.path


@dataclass(slots=True)
class Answer:
    """An answer in one piece. A mutant of the seam `http` gets it whole and may change it in place."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: Any = b""
    """Bytes are sent unchanged; anything else is sent as JSON."""
    delay: float = 0.0
    """Seconds to wait before sending."""
    has_length: bool = True
    """Whether the headers say how long the body is."""


@dataclass(frozen=True, slots=True)
class Streaming:
    """An answer as a stream of events."""

    events: Sequence[Mapping[str, Any]]
    response_id: str
    times: Sequence[float] = ()
    """When each event is due, in Unix seconds of the server's clock; () means that all of them are."""
    start: float = 0.0
    """When the stream itself begins, by the same clock."""
    keep_alive: float = 0.0
    """Seconds of silence before a comment says that the stream lives; 0 means no comments."""
    delay: float = 0.0
    """Seconds to wait before sending."""
    are_chunks: bool = False
    """Whether these are the chunks of a chat completion, which have no type, and end with `[DONE]`."""

    @property
    def is_long(self) -> bool:
        """Whether the events are made while they are sent, because all of them would take much memory."""
        return isinstance(self.events, Events | Chunks) and self.events.is_long


@dataclass(frozen=True, slots=True)
class Turn:
    """A valid request, with everything that it builds upon."""

    body: Mapping[str, Any]
    """The body of the request, without ignored parameters."""
    chain: tuple[Record, ...]
    """The responses that it continues, oldest first."""
    input: tuple[Item, ...]
    """The new input."""
    context: Context
    version: Version | None = None
    """The version of the prompt template that the request uses, or None."""
    conversation: Conversation | None = None
    """The conversation that the response belongs to, or None."""
    instructions: tuple[Item, ...] = ()
    """The messages of its reusable prompt, as the response shows them."""


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
    moulds: Moulds | None = None
    """The moulds of answers; None where each answer has to be composed."""

    @cached_property
    def checks(self) -> Selection:
        """The checks of a request."""
        return Selection(self.behaviour.requests.checks.values())

    @cached_property
    def context_checks(self) -> Selection:
        """The checks of a request with its context."""
        return Selection(self.behaviour.requests.context_checks.values(), LOOKS_AT)

    @cached_property
    def responses(self) -> Table[Record]:
        """The stored responses."""
        return Table(self.store, "response", unpack_record, pack_record)

    @cached_property
    def reusable_prompts(self) -> Mapping[str, Template] | None:
        """The reusable prompts by id, in a dialect that has them; few requests name one."""
        return open_reusable(self.settings.prompts) if self.dialect.mock.reusable_prompts else None

    @cached_property
    def completions(self) -> Table[Resource]:
        """The stored chat completions."""
        return Table(self.store, "chat.completion", unpack_resource)

    @cached_property
    def conversations(self) -> Table[Conversation]:
        """The stored conversations."""
        return Table(self.store, "conversation", unpack_conversation)

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
        timeline = Timeline(
            record.response,
            self.dialect,
            pace=record.pace,
            obfuscation=obfuscation,
            moments=moments(record.response, record.request) if record.request.get("tools") else None,
        )
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
