"""What passes between the app and its handlers: the request, and the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon_mockserver.response.identity import SHARED, Identity
from antiphon_spec.document import Operation

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
    target: str
    """Path and query."""
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
