"""The nouns of a conversation: what was asked, what came back, and when it streamed, its events.

Everything here is frozen and carries no behaviour beyond looking things up: rules are pure functions over it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

Json = Any
T = TypeVar("T")


class Facts:
    """What was worked out about one exchange, kept so that every rule may ask for it again."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def once(self, key: Hashable, find: Callable[..., T], *arguments: Any) -> T:
        """What `find` says to these arguments. It is asked the first time only; `key` names the answer."""
        try:
            return cast(T, self._known[key])
        except KeyError:
            found = self._known[key] = find(*arguments)
            return found


class StepMissing(LookupError):  # noqa: N818 - it names what happened
    """A rule or a scenario asked for an exchange that never took place, or for a body that never came."""


@dataclass(frozen=True, slots=True)
class Headers:
    """HTTP headers in order of arrival; names are matched without regard to case (RFC 9110, 5.1)."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """The first value of `name`, or None."""
        wanted = name.lower()
        return next((value for key, value in self.pairs if key.lower() == wanted), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of `name`, in order."""
        wanted = name.lower()
        return tuple(value for key, value in self.pairs if key.lower() == wanted)


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent. `path` is relative to the base URL and starts with `/`
    (`/responses/resp_1?stream=true`)."""

    method: str
    path: str
    headers: Headers = Headers()
    body: Json = None
    raw: bytes | None = None
    """The bytes sent, when they were not simply `body` as JSON (malformed bodies on purpose)."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body when it is a JSON object, else nothing."""
        return self.body if isinstance(self.body, dict) else {}


@dataclass(frozen=True, slots=True)
class Frame:
    """One dispatched SSE message, as the standard's parser sees it, with every oddity of its bytes."""

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


@dataclass(frozen=True, slots=True)
class Stream:
    """The body of a `text/event-stream` answer."""

    frames: tuple[Frame, ...]
    events: tuple[Event, ...]
    """The frames that hold a JSON object with a string `type`, without the `[DONE]` sentinel."""
    oddities: tuple[str, ...] = ()
    """Oddities of the whole: `bom`, `crlf`, `cr`, `comment`, `unterminated`, `retry`, `invalid-utf8`..."""
    cut: bool = False
    """True when the connection broke, or the time ran out, before the body ended."""

    @property
    def has_sentinel(self) -> bool:
        """Whether a `[DONE]` sentinel was sent."""
        return any(frame.data == "[DONE]" for frame in self.frames)

    def of(self, *types: str) -> Iterator[Event]:
        """The events of these types, in order."""
        return (event for event in self.events if event.type in types)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Exactly one of `stream` and `body` is meaningful; `raw` always holds the bytes."""

    status: int
    headers: Headers = Headers()
    raw: bytes = b""
    body: Json = None
    json_faults: tuple[str, ...] = ()
    """What the strict reader found: `not JSON: ...`, `duplicate key "id"`, `NaN`, `lone surrogate`..."""
    stream: Stream | None = None
    seconds: float | None = None
    started_at: float | None = None
    """Unix seconds of the moment the request was sent, by the judge's clock; None in recordings."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body when it is a JSON object, else nothing."""
        return self.body if isinstance(self.body, dict) else {}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back. `failure` says why nothing did."""

    id: str
    request: Request
    reply: Reply | None
    operation: str | None = None
    """The `operationId` of the dialect's document that the request's method and path name."""
    failure: str | None = None
    traits: frozenset[str] = frozenset()
    """What a recording lost: `parsed` (bytes rewritten), `altered` (ids and times replaced), `trimmed`,
    `request-unknown`, `status-unknown`, `resumed`. Rules that need the lost part pass such exchanges by."""
    facts: Facts = field(default_factory=Facts, init=False, repr=False, compare=False)
    """What rules share. It holds under one dialect: the engine gives each dialect an exchange of its own, as
    every copy of an exchange starts without facts."""

    @property
    def ok(self) -> bool:
        """Whether a 2xx answer came back."""
        return self.reply is not None and 200 <= self.reply.status < 300

    @property
    def answer(self) -> Reply:
        """The reply. Raises StepMissing when none came."""
        if self.reply is None:
            raise StepMissing(f"{self.id}: {self.failure or 'no reply'}")
        return self.reply

    @property
    def response(self) -> Mapping[str, Any]:
        """The response object of this exchange: the JSON body, or what the stream's last lifecycle event
        carries.

        Raises StepMissing when there is none.
        """
        found = self.answer.fields if self.answer.stream is None else final_response(self.answer.stream)
        if not found:
            raise StepMissing(f"{self.id}: no response object came back (status {self.answer.status})")
        return found


def final_response(stream: Stream) -> Mapping[str, Any]:
    """The response object that the last event with one carries; empty when no event has one."""
    for event in reversed(stream.events):
        carried = event.data.get("response")
        if isinstance(carried, dict):
            return carried
    return {}


@dataclass(frozen=True, slots=True)
class Episode:
    """The named exchanges of one scenario, in the order in which they took place."""

    scenario: str
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    stop_reason: str | None = None
    """Why the scenario ended early (`created: answered 500`), or None when it ran to its end."""
    missing_feature: str | None = None
    """The optional feature that the target does not offer, when the scenario ended for that reason."""
    blame: str = "target"
    """Whose doing it was when it stopped: `target`; `limit` (ours: requests, time, Ctrl-C); `given`
    (who runs the suite has to name something first); `suite` (our bug)."""

    def __getitem__(self, name: str) -> Exchange:
        if name not in self.exchanges:
            raise StepMissing(f"step `{name}` did not take place: {self.stop_reason or 'not reached'}")
        return self.exchanges[name]

    def __contains__(self, name: str) -> bool:
        return name in self.exchanges
