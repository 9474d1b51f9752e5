"""What a rule looks at: views of an exchange or an episode under one dialect.

One exchange yields several subjects: itself as `Answered`, then `Refused` or `Body` or `Streamed`, a
`Snapshot` for each response object it carries, and an `Item` for each output item of a response that has
ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from antiphon_conformance.exchange import Episode, Event, Exchange, Reply, Request, Stream, final_response
from antiphon_conformance.library import Library, library_of
from antiphon_spec.dialect import Dialect

WRONG = "wrong-request"
"""The trait of an exchange whose request is wrong in this dialect."""
TERMINAL = frozenset({"completed", "failed", "incomplete", "cancelled"})
LIFECYCLE = frozenset(
    f"response.{name}" for name in ("created", "queued", "in_progress", "completed", "failed", "incomplete")
)


@dataclass(frozen=True)
class Answered:
    """Any exchange that got a reply."""

    exchange: Exchange
    dialect: Dialect

    @cached_property
    def request(self) -> Request:
        return self.exchange.request

    @cached_property
    def reply(self) -> Reply:
        return self.exchange.answer

    @cached_property
    def asked(self) -> Mapping[str, Any]:
        """The fields of the request's JSON body; empty when it has none or a recording lost it."""
        return self.exchange.request.fields

    @cached_property
    def operation(self) -> str | None:
        return self.exchange.operation


@dataclass(frozen=True)
class Refused(Answered):
    """An answer with a 4xx or 5xx status."""

    @cached_property
    def error(self) -> Mapping[str, Any]:
        """The error object inside the envelope; empty when there is none."""
        inner = self.reply.fields.get("error")
        return inner if isinstance(inner, dict) else {}


@dataclass(frozen=True)
class Taken(Answered):
    """An answer of success, or what it carries."""

    @cached_property
    def asked(self) -> Mapping[str, Any]:
        """The fields of the request; none when it is wrong: having taken it is the server's one fault, and
        nobody can say what the right answer to it would be."""
        return {} if WRONG in self.exchange.traits else self.exchange.request.fields


@dataclass(frozen=True)
class Body(Taken):
    """A 2xx answer that is one document, not a stream."""

    @cached_property
    def object(self) -> Mapping[str, Any]:
        return self.reply.fields


@dataclass(frozen=True)
class Streamed(Taken):
    """A 2xx answer that is an event stream."""

    @cached_property
    def stream(self) -> Stream:
        found = self.reply.stream
        assert found is not None  # noqa: S101 - holds by construction in `subjects`
        return found

    @cached_property
    def events(self) -> Sequence[Event]:
        return self.stream.events

    @cached_property
    def final(self) -> Mapping[str, Any]:
        """The response object of the last lifecycle event; empty when there is none."""
        return final_response(self.stream)


@dataclass(frozen=True)
class Snapshot(Taken):
    """One response object, wherever it stood: a body, or a lifecycle event of a stream."""

    where: str
    object: Mapping[str, Any]
    kind: str
    """`body`, or the type of the event that carries it."""

    @cached_property
    def status(self) -> Any:
        return self.object.get("status")

    @cached_property
    def is_final(self) -> bool:
        """Whether its status is a terminal one."""
        return isinstance(self.status, str) and self.status in TERMINAL

    @cached_property
    def creation(self) -> bool:
        """Whether `asked` is the create request that this response answers."""
        return self.exchange.operation == self.dialect.create_operation and bool(self.asked)


@dataclass(frozen=True)
class Item(Taken):
    """One output item of a response that has ended (body, or terminal event)."""

    where: str
    object: Mapping[str, Any]
    response: Mapping[str, Any]

    @cached_property
    def type(self) -> str | None:
        """Its type; None when that is missing or no string."""
        found = self.object.get("type")
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class Scene:
    """One episode: what a scenario's named exchanges show together. `scene["created"]` is an Exchange."""

    episode: Episode
    dialect: Dialect
    run: Mapping[str, Episode] = field(default_factory=dict)
    """All episodes of the run, by scenario."""

    @property
    def library(self) -> Library:
        """The target's library, as far as it was looked at."""
        return library_of(self.run, {})

    def __getitem__(self, name: str) -> Exchange:
        return self.episode[name]

    def __contains__(self, name: str) -> bool:
        return name in self.episode


def subjects(exchange: Exchange, dialect: Dialect) -> Iterator[Answered]:
    """Every subject that one exchange yields; none when nothing came back."""
    reply = exchange.reply
    if reply is None:
        return
    yield Answered(exchange, dialect)
    if reply.status >= 400:
        yield Refused(exchange, dialect)
    elif reply.stream is not None:
        yield Streamed(exchange, dialect)
    else:
        yield Body(exchange, dialect)
    for snapshot in _snapshots(exchange, dialect):
        yield snapshot
        if snapshot.is_final:
            yield from _items(snapshot)


def _snapshots(exchange: Exchange, dialect: Dialect) -> Iterator[Snapshot]:
    reply = exchange.answer
    if reply.stream is not None:
        for event in reply.stream.events:
            carried = event.data.get("response")
            if event.type in LIFECYCLE and isinstance(carried, dict):
                yield Snapshot(exchange, dialect, f"{event.where}/response", carried, event.type)
    elif reply.status < 300 and exchange.operation in dialect.response_operations:
        yield Snapshot(exchange, dialect, "reply.body", reply.fields, "body")


def _items(snapshot: Snapshot) -> Iterator[Item]:
    output = snapshot.object.get("output")
    for index, item in enumerate(output if isinstance(output, list) else ()):
        if isinstance(item, dict):
            where = f"{snapshot.where}/output/{index}"
            yield Item(snapshot.exchange, snapshot.dialect, where, item, snapshot.object)
