"""The nouns of a conversation: the request, the reply and, when the reply streamed, its events.

Every class here is frozen and only looks things up: rules are pure functions over them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from antiphon_conformance.http.streamed_items import items_of
from antiphon_spec.loading.construction import dataclass

if TYPE_CHECKING:
    from antiphon_conformance.http.delivery import Delivery

Json = Any
T = TypeVar("T")


class Facts:
    """Values that were computed from one exchange, kept so that every rule can use them again."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}

    def once(self, key: Hashable, find: Callable[..., T], *arguments: Any) -> T:
        """What `find` returns for these arguments. It is called once; `key` names the value."""
        try:
            value: T = self._values[key]
        except KeyError:
            value = self._values[key] = find(*arguments)
        return value


if TYPE_CHECKING:
    lazy = cached_property
else:

    class lazy(cached_property):  # noqa: N801 - it stands for `cached_property`
        """A member that is computed when it is first read, without the lock that `cached_property` takes
        before Python 3.12: it costs more than most of what the views of an exchange compute."""

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self.attrname] = self.func(instance)
            return value


class Part(StrEnum):
    """A part of an exchange that a recorder may lose or change. A rule says which parts it `reads`."""

    REQUEST = "the request"
    REQUEST_HEADERS = "the headers of the request"
    STATUS = "the status"
    REPLY_HEADERS = "the headers of the reply"
    BYTES = "the bytes of the body"
    """The recorder parsed the body and wrote it again: spelling, order and spacing are its own."""
    BODY_END = "the end of the body"
    TEXTS = "long or secret texts"
    """Texts inside the bodies were shortened or replaced."""
    IDS = "the ids"
    TIMES = "the times"


class MissingStepError(LookupError):
    """A rule or a scenario looked up an exchange that did not take place, or a body that did not arrive."""


class NoEvidenceError(MissingStepError):
    """The exchange took place and proves nothing, because we stopped listening before its end."""


GAVE_UP = "gave-up"
"""The trait of an exchange that we ended: the target may have answered later."""
CLOSED = "closed"
"""The trait of a turn without an answer on a connection that the server has ended, as it may after a turn."""
BUSY = "busy"
"""The trait of an exchange whose answer, 429 or 503, is about the target's load and not about the request."""
UNROUTED = "unrouted"
"""The trait of an exchange whose success is the one that the target answers to any path."""
NOT_OFFERED = "not-offered"
"""The trait of an exchange with an operation for which the target has no code: its router answered."""
OWN_ID = "own-id"
"""The trait of an exchange whose request has an id with unusual characters that the target gave out."""
FATAL = "fatal"
"""The trait of an exchange after which the target's port was closed."""
SILENCING = "silencing"
"""The trait of an exchange after which the target answered nothing, though its port was open."""


OVER_WEBSOCKET = "websocket"
"""The trait of an exchange that is a turn over WebSocket: it has no headers and no SSE around its events."""
WARMS_UP = "warms-up"
"""The trait of a turn that only makes its context known: its response has no output."""
STEERS = "steers"
"""The trait of a message that adds input to a running response; the events that answer it are no stream."""
BESIDE_THE_API = frozenset({WARMS_UP, STEERS})
"""The traits of turns that are no creates, as HTTP knows them."""


class BlockedError(LookupError):
    """A rule has nothing to judge because of a fault that another rule reports; the message names that."""


@dataclass(frozen=True, slots=True)
class Headers:
    """HTTP headers in order of arrival; the case of names does not matter (RFC 9110, 5.1)."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """The first value of `name`, or None."""
        target = name.lower()
        for key, value in self.pairs:  # asked twenty times an exchange: a generator takes twice as long
            if key.lower() == target:
                return value
        return None

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of `name`, in order."""
        target = name.lower()
        return tuple(value for key, value in self.pairs if key.lower() == target)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was sent. `path` is relative to the base URL and starts with `/`
    (`/responses/resp_1?stream=true`)."""

    method: str
    path: str
    headers: Headers = Headers()
    body: Json = None
    raw: bytes | None = None
    """The bytes that were sent, when they are not `body` as JSON (malformed on purpose)."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body when it is a JSON object, else nothing."""
        return self.body if isinstance(self.body, dict) else {}


@dataclass(frozen=True, slots=True)
class Frame:
    """One SSE message as the standard's parser dispatches it, with every oddity of its bytes."""

    index: int
    data: str
    event: str | None = None
    id: str | None = None
    retry: str | None = None
    data_lines: int = 1
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A frame whose data is a JSON object. `index` counts frames, so that a finding can point at the wire."""

    index: int
    type: str
    data: Mapping[str, Any]
    frame: Frame

    @property
    def where(self) -> str:
        """How a finding names this event."""
        return f"event[{self.index}]"

    @property
    def is_beside(self) -> bool:
        """Whether the event stands beside the response, and tells nothing of it."""
        return is_beside(self.type)


KEEPALIVES = ("ping", "keepalive", "keep-alive", "keep_alive", "heartbeat")
"""The types of events that servers and proxies send to keep a connection alive."""
LIMITS = "rate_limits"
"""In the types of events that tell what is left of the rate limits: OpenAI has sent it at the end."""


def is_beside(kind: str) -> bool:
    """Whether events of this type keep the connection alive, or tell what is left of the rate limits."""
    parts = kind.replace(":", ".").split(".")
    return parts[-1] in KEEPALIVES or LIMITS in parts


def by_type(events: Sequence[Event]) -> Mapping[str, Sequence[Event]]:
    """The events of each type, in order: nine of ten are deltas, and most questions are about others."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        if event.type in groups:
            groups[event.type].append(event)
        else:
            groups[event.type] = [event]
    return groups


@dataclass(frozen=True)
class Stream:
    """The body of a `text/event-stream` answer."""

    frames: tuple[Frame, ...]
    events: tuple[Event, ...]
    """The frames that hold a JSON object with a string `type`, without the `[DONE]` sentinel. Where an
    object has no `type`, the `event` line is the type."""
    oddities: tuple[str, ...] = ()
    """Oddities of the stream: `bom`, `crlf`, `cr`, `comment`, `unterminated`, `retry`, `invalid-utf8`..."""
    cut: bool = False
    """True when the connection broke or the time ran out before the body ended, or when it is `limited`."""
    limited: bool = False
    """Whether more came than we read: the limit is ours, and no fault of the server."""

    @property
    def has_sentinel(self) -> bool:
        """Whether the stream holds a `[DONE]` sentinel."""
        return any(frame.data == "[DONE]" for frame in self.frames)

    @lazy
    def by_type(self) -> Mapping[str, Sequence[Event]]:
        """The events of each type, in order."""
        return by_type(self.events)

    @lazy
    def beside(self) -> Sequence[Event]:
        """The events that stand beside the response, in order."""
        return self.of(*filter(is_beside, self.by_type))

    def of(self, *types: str) -> Sequence[Event]:
        """The events of these types, in order."""
        groups = [self.by_type[name] for name in types if name in self.by_type]
        if len(groups) < 2:
            return groups[0] if groups else ()
        return sorted((event for group in groups for event in group), key=attrgetter("index"))


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer. Either `stream` or `body` is meaningful; `raw` always holds the bytes."""

    status: int
    headers: Headers = Headers()
    raw: bytes = b""
    body: Json = None
    json_faults: tuple[str, ...] = ()
    """The strict reader's complaints: `not JSON: ...`, `duplicate key "id"`, `NaN`, `lone surrogate`..."""
    stream: Stream | None = None
    seconds: float | None = None
    started_at: float | None = None
    """When the request was sent, in Unix seconds of the judge's clock; None in recordings."""
    arrivals: tuple[tuple[int, float], ...] = ()
    """Of a stream, the parts in which it arrived: (bytes so far, seconds since the request was sent)."""
    messages: tuple[str | bytes, ...] = ()
    """Over WebSocket, the messages of the turn: texts, and bytes where one is binary."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body when it is a JSON object, else nothing."""
        return self.body if isinstance(self.body, dict) else {}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply. `failure` says why no reply came."""

    id: str
    request: Request
    reply: Reply | None
    operation: str | None = None
    """The `operationId` in the dialect's document for the request's method and path."""
    failure: str | None = None
    traits: frozenset[str] = frozenset()
    """What kind of exchange it is: `resumed` (a tail of a stream), `left-early`, `wrong-request`, or one of
    those above."""
    not_recorded: frozenset[Part] = frozenset()
    """What a recorder lost or changed. Rules that read such a part do not judge the exchange."""
    facts: Facts = field(default_factory=Facts, init=False, repr=False, compare=False)
    """Values that rules share. They hold under one dialect: the engine copies the exchange for each dialect,
    and a copy starts without facts."""

    @property
    def ok(self) -> bool:
        """Whether a 2xx answer came back that is not the one to any path."""
        return self.reply is not None and 200 <= self.reply.status < 300 and UNROUTED not in self.traits

    @property
    def is_turn(self) -> bool:
        """Whether it is a turn over WebSocket."""
        return OVER_WEBSOCKET in self.traits

    @property
    def answer(self) -> Reply:
        """The reply. Raises MissingStepError when no reply came."""
        if self.reply is None:
            error = NoEvidenceError if GAVE_UP in self.traits else MissingStepError
            raise error(f"{self.id}: {self.failure or 'no reply'}")
        return self.reply

    @property
    def response(self) -> Mapping[str, Any]:
        """The response object: the JSON body, or the one in the stream's last lifecycle event.

        Raises MissingStepError when there is none.
        """
        response = self.answer.fields if self.answer.stream is None else final_response(self.answer.stream)
        if not response:
            raise MissingStepError(f"{self.id}: no response object came back (status {self.answer.status})")
        return response


def is_stopper(exchange: Exchange) -> bool:
    """Whether the target stopped answering after this exchange, also when it was sent alone."""
    return bool(exchange.traits & {FATAL, SILENCING})


ENDS = {
    "response.completed": "completed",
    "response.failed": "failed",
    "response.incomplete": "incomplete",
}
"""The events that end a response -> the status in which it ends."""


def final_response(stream: Stream) -> Mapping[str, Any]:
    """The response object of the last event that has one; empty when no event has one.

    An end without items has those of the stream: what is missing there is one fault, and the answer came.
    """
    for event in reversed(stream.events):
        response = event.data.get("response")
        if isinstance(response, dict):
            return with_streamed_items(response, stream) if event.type in ENDS else response
    return {}


def with_streamed_items(response: Mapping[str, Any], stream: Stream) -> Mapping[str, Any]:
    """A response object that ended a stream; its output is that of the stream when it has none itself."""
    items = [] if response.get("output") else [*items_of(stream)]
    return {**response, "output": items} if items else response


@dataclass(frozen=True, slots=True)
class Trace:
    """The named exchanges of one scenario, in the order in which they took place."""

    scenario: str
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    stop_reason: str | None = None
    """Why the scenario ended early (`created: answered 500`); None when it ran to its end."""
    missing_feature: str | None = None
    """The optional feature that the target does not offer, when that ended the scenario."""
    blame: str = "target"
    """Who caused the early end: `target`; `limit` (ours: requests, time, Ctrl-C); `given` (the user has to
    name something first, with `--resource`); `suite` (our bug)."""
    deliveries: tuple[Delivery, ...] = ()
    """The webhooks about responses of the scenario, in the order in which they came."""
    stop_step: str | None = None
    """The name of the step whose answer ended the scenario early; None when no single step did."""

    def __getitem__(self, name: str) -> Exchange:
        if name not in self.exchanges:
            raise MissingStepError(f"step `{name}` did not take place: {self.stop_reason or 'not reached'}")
        exchange = self.exchanges[name]
        if GAVE_UP in exchange.traits:
            raise NoEvidenceError(f"step `{name}`: {exchange.failure}")
        return exchange

    def __contains__(self, name: str) -> bool:
        return name in self.exchanges
