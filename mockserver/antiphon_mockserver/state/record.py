"""What the server stores of a response and of other objects, and a request as the checks see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from antiphon_mockserver.response.pace import AT_ONCE, Pace, read_pace
from antiphon_mockserver.video_library.library import Library
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """A response with everything that later requests for it need; JSON only."""

    id: str
    owner: str
    """The API key that created the response."""
    request: Mapping[str, Any]
    """The body of the create request."""
    input: tuple[dict[str, Any], ...]
    """The input of this turn as items with ids, without earlier turns."""
    response: Mapping[str, Any]
    """The response object at the end of its timeline."""
    previous: str | None = None
    """The id of the response that this one continues, or None."""
    pace: Pace = AT_ONCE
    """When its events come, counted from its create."""
    made_at: float = 0.0
    """The Unix time of the create; the real clock derives the progress of a background response from it."""
    step: int = 0
    """The latest step of the timeline that a client has seen."""
    cut: int | None = None
    """The step of its cancellation, or None."""
    cancelled_at: int | None = None
    """The Unix second of its cancellation, or None."""
    deleted: bool = False

    @property
    def background(self) -> bool:
        """Whether the response runs in the background."""
        return self.request.get("background") is True

    @property
    def streamed(self) -> bool:
        """Whether the create request has `stream: true`."""
        return self.request.get("stream") is True

    def at(self, step: int) -> Record:
        """Returns the record at this step; a cancelled one does not change."""
        if self.cut is not None or step == self.step:
            return self
        return Record(
            self.id,
            self.owner,
            self.request,
            self.input,
            self.response,
            self.previous,
            self.pace,
            self.made_at,
            step,
            deleted=self.deleted,
        )


def pack_record(record: Record) -> bytes:
    """The JSON of a record; it leaves out what most records have in common."""
    members: dict[str, Any] = {
        "id": record.id,
        "owner": record.owner,
        "request": record.request,
        "input": record.input,
        "response": record.response,
        "made_at": record.made_at,
        "step": record.step,
    }
    if record.pace is not AT_ONCE:
        members["pace"] = record.pace
    for name in ("previous", "cut", "cancelled_at"):
        if (value := getattr(record, name)) is not None:
            members[name] = value
    if record.deleted:
        members["deleted"] = True
    return orjson.dumps(members)


def unpack_record(content: bytes) -> Record:
    """Returns the record of a response from its JSON."""
    members: Mapping[str, Any] = orjson.loads(content)
    values: dict[str, Any] = {"input": tuple(members["input"])}
    if "pace" in members:
        values["pace"] = read_pace(members["pace"])
    return Record(**{**members, **values})


@dataclass(frozen=True, slots=True)
class Resource:
    """An object that clients retrieve as it was created, such as a chat completion; JSON only."""

    owner: str
    """The API key that created it."""
    body: Mapping[str, Any]
    """The object as on the wire."""


def unpack_resource(content: bytes) -> Resource:
    """Returns a resource from its JSON."""
    return Resource(**orjson.loads(content))


@dataclass(frozen=True, slots=True)
class RequestDetails:
    """A request as the checks see it: parsed, with the stored turns that it continues."""

    operation: str
    """The operationId."""
    body: Mapping[str, Any]
    dialect: Dialect
    chain: tuple[Record, ...] = ()
    """The responses that the request continues, oldest first."""
    items: tuple[dict[str, Any], ...] = ()
    """The whole context: earlier input and output, then the new input, with references resolved."""
    new_items: tuple[dict[str, Any], ...] = ()
    """Only the new input."""
    library: Library | None = None
    """The videos that answers come from, in a dialect with a library."""
