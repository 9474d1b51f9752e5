"""What the model sees, and what it answers: the two types between the server and a planner.

context = Context(request, items, dialect, seed=0, key="")
plan = model.plan(context)                      # or a script's
final = compose(plan, context, identity, created_at)
timeline = Timeline(final, dialect)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from antiphon_mockserver.response.pace import Pace
from antiphon_mockserver.tool_servers.toolserver import ToolServer
from antiphon_mockserver.video_library.library import Library
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

Item = dict[str, Any]
"""An item as on the wire."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """A file of text in a vector store or a container."""

    id: str
    filename: str
    text: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    store: str = ""
    """The id of its vector store; "" for a file that ships."""


@dataclass(frozen=True, slots=True)
class Container:
    """A container in which a program or a shell ran, with the files that it wrote."""

    id: str
    is_own: bool
    """Whether the client made it: then it holds files only while it exists."""
    files: tuple[StoredText, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that the model may use; equal contexts get equal answers."""

    request: Mapping[str, Any]
    """The validated body of the create request."""
    items: tuple[Item, ...]
    """The whole input in order: inputs and outputs of earlier turns, then the new input."""
    dialect: Dialect
    seed: int = 0
    key: str = ""
    """The API key; "" when the request has none."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """The request's headers in lower case; only scripts match on them."""
    library: Library | None = None
    """The videos that answers come from, in a dialect with a library."""
    servers: Mapping[str, ToolServer] = field(default_factory=dict)
    """The tool servers that the model may call, by label."""
    stores: Mapping[str, Sequence[StoredText]] = field(default_factory=dict)
    """The files that hosted tools may read, by the id of their vector store or container."""


class ApiError(Exception):
    """The answer to a request is an error; the server puts it into the dialect's envelope."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.kind = kind
        """The `type` of the error; None means the usual one for the status."""
        self.headers: Mapping[str, str] = headers or {}
        self.delay = delay


@dataclass(frozen=True, slots=True)
class Plan:
    """The content of an answer, before ids, statuses and times."""

    items: tuple[Item, ...] = ()
    """Wire items without `id` and `status`; in an incomplete plan the last one becomes incomplete."""
    status: str = "completed"
    """`completed`, `incomplete` or `failed`."""
    reason: str | None = None
    """`incomplete_details.reason` of an incomplete answer."""
    error: Mapping[str, Any] | None = None
    """`error` of a failed answer: `code` and `message`."""
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    """Part of `output_tokens`."""
    delay: float = 0.0
    """Seconds before the first event, or before the answer."""
    pace: Pace | None = None
    """The pace of its stream; None means that of the server's settings."""
    containers: tuple[Container, ...] = ()
    """The containers that its tools ran in."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The choice and the token counts of a chat completion."""

    choice: dict[str, Any]
    usage: dict[str, int]


class IdSource(Protocol):
    """A source of ids: the same request of the same client always gets the same ids."""

    @property
    def response(self) -> str:
        """The id of the response, prefix included."""

    def item(self, prefix: str, index: int) -> str:
        """The id of the n-th output item, such as `msg_...`."""

    def call(self, index: int) -> str:
        """The `call_id` of the n-th output item, such as `call_...`."""
