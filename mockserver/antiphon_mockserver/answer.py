"""The nouns between the app and its handlers: a request that was let in, and what answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon_mockserver.identity import SHARED, Identity
from antiphon_spec.document import Operation

JSON = "application/json"
EVENT_STREAM = "text/event-stream; charset=utf-8"
NOBODY = Identity("0" * SHARED, {})
NOWHERE = Operation("", "", "", (), None, {}, None, ())
"""What stands for an operation as long as none is found."""


@dataclass(slots=True)
class Incoming:
    """A request, filled in step by step as it is let in."""

    method: str
    path: str
    """Percent-encoded, without the base path and the query."""
    query_string: str
    headers: Mapping[str, str]
    """Names in lower case."""
    operation: Operation = NOWHERE
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What the path says."""
    query: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    content: bytes = b""
    """The body: as it came, and once it is parsed, in the one form that equal bodies have."""
    body: Any = None
    """The parsed body; None before it is parsed, or when there is none."""
    number: int = 0
    """How many identical requests came before."""
    identity: Identity = NOBODY

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query_string}" if self.query_string else self.path


@dataclass(slots=True)
class Answer:
    """An answer in one piece. A mutant of the seam `http` gets it whole, and may change it in place."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: Any = b""
    """Bytes as they are; anything else becomes JSON."""
    delay: float = 0.0
    """Seconds to wait first."""
    record: bytes | None = None
    """What was stored along with it."""
    reusable: bool = False
    """Whether the same request would get the same answer again, but for the ids."""


@dataclass(frozen=True, slots=True)
class Streaming:
    """An answer as a stream of events."""

    events: Sequence[Mapping[str, Any]]
    response_id: str
    pace: float = 0.0
    """Seconds between two events."""
    delay: float = 0.0
    """Seconds before the first one."""
    record: bytes | None = None
    """What was stored along with it."""
    reusable: bool = False
    """Whether the same request would get the same answer again, but for the ids."""
