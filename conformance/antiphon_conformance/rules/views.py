"""The views that rules look at: of an exchange or a scenario's trace, under one dialect.

One exchange yields several views: itself as `AnyReply`, and as `TurnReply` where it is a turn over WebSocket,
then `ErrorReply`, `DocumentReply` or `StreamReply`, a `ResponseObject` for each response object in it, and an
`Item` for each output item of a response with a terminal status.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import (
    BESIDE_THE_API,
    ENDS,
    Event,
    Exchange,
    Reply,
    Request,
    Stream,
    Trace,
    final_response,
    is_beside,
    lazy,
    with_streamed_items,
)
from antiphon_conformance.http.streamed_items import streamed_items
from antiphon_conformance.requests.constants import CHAT, LIBRARY_CHAT
from antiphon_conformance.rules.reading.chat import is_of_a_proxy, joined
from antiphon_conformance.rules.reading.output import item_kind, output, refusals, text_of, texts
from antiphon_conformance.video_library.library import Library, library_of
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

INVALID = "wrong-request"
"""The trait of an exchange whose request is wrong in this dialect."""
TERMINAL = frozenset({"completed", "failed", "incomplete", "cancelled"})
STATUSES = {
    **ENDS,
    "response.created": "in_progress",
    "response.queued": "queued",
    "response.in_progress": "in_progress",
}
"""The events that have a response -> the status that it then has."""


@dataclass(frozen=True)
class AnyReply:
    """Any exchange with a reply."""

    exchange: Exchange
    dialect: Dialect

    @lazy
    def request(self) -> Request:
        return self.exchange.request

    @lazy
    def reply(self) -> Reply:
        return self.exchange.answer

    @lazy
    def request_fields(self) -> Mapping[str, Any]:
        """The fields of the request's JSON body; empty when the request has none or a recording lost it."""
        return self.exchange.request.fields

    @lazy
    def operation(self) -> str | None:
        return self.exchange.operation


@dataclass(frozen=True)
class TurnReply(AnyReply):
    """The reply of a turn over WebSocket, an error included."""

    feature: ClassVar[str] = "websocket"
    """The optional feature of the targets that show it."""


@dataclass(frozen=True)
class ErrorReply(AnyReply):
    """A reply with a 4xx or 5xx status."""

    @lazy
    def error(self) -> Mapping[str, Any]:
        """The error object inside the envelope; empty when the envelope has none."""
        inner = self.reply.fields.get("error")
        return inner if isinstance(inner, dict) else {}


@dataclass(frozen=True)
class ChatErrorReply(ErrorReply):
    """The same for a chat."""

    feature: ClassVar[str] = "chat_completions"
    """The optional feature of the targets that show it."""


@dataclass(frozen=True)
class SuccessReply(AnyReply):
    """A successful reply, or a part of one."""

    @lazy
    def request_fields(self) -> Mapping[str, Any]:
        """The fields of the request; empty when the request is wrong. The server's one fault is then to have
        accepted it: nobody can say what the right answer would be."""
        return {} if INVALID in self.exchange.traits else self.exchange.request.fields


@dataclass(frozen=True)
class DocumentReply(SuccessReply):
    """A 2xx reply that is one document, not a stream."""

    @lazy
    def object(self) -> Mapping[str, Any]:
        return self.reply.fields


@dataclass(frozen=True)
class StreamedReply(SuccessReply):
    """A 2xx reply that is a stream, whatever its messages are."""

    @lazy
    def source(self) -> Stream:
        stream = self.reply.stream
        assert stream is not None  # noqa: S101 - holds by construction in `views`
        return stream


@dataclass(frozen=True)
class StreamReply(StreamedReply):
    """A 2xx reply that is an event stream."""

    @lazy
    def events(self) -> Sequence[Event]:
        """What the stream tells: its events without those that stand beside the response."""
        return self.source.events if not self.source.beside else self._events_of_the_response()

    @lazy
    def types(self) -> frozenset[str]:
        """The types of its events."""
        return frozenset(kind for kind in self.source.by_type if not is_beside(kind))

    def _events_of_the_response(self) -> Sequence[Event]:
        return tuple(event for event in self.source.events if not event.is_beside)

    @lazy
    def final(self) -> Mapping[str, Any]:
        """The response object of the last lifecycle event; empty when no event has one."""
        return final_response(self.source)


@dataclass(frozen=True)
class ChatStreamReply(StreamedReply):
    """A 2xx reply that is a stream of the chunks of a chat completion: it has no events of a response."""

    @lazy
    def chunks(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """The chunks with their places: the frames that hold a JSON object."""
        return tuple(_chunks(self.source))

    @lazy
    def is_whole(self) -> bool:
        """Whether the stream came to its end, and tells of no error."""
        return _is_whole(self.source)


@dataclass(frozen=True)
class ChatCompletion(SuccessReply):
    """What a chat completion says: the body, or the chunks of a stream put together."""

    where: str
    """`reply.body` or `stream`."""
    object: Mapping[str, Any]

    @lazy
    def is_whole(self) -> bool:
        """Whether it came to its end."""
        return self.reply.stream is None or _is_whole(self.reply.stream)


@dataclass(frozen=True)
class ResponseObject(SuccessReply):
    """One response object, from a body or from a lifecycle event of a stream."""

    where: str
    object: Mapping[str, Any]
    kind: str
    """`body`, or the type of the event that holds it."""

    @lazy
    def content(self) -> Mapping[str, Any]:
        """The object with what it lacks and the rest of the answer tells: status, and the items of a stream.

        A rule that judges the items reads this. Another rule reports that the object lacks them.
        """
        stream = self.reply.stream
        known = self.object if "status" in self.object else {**self.object, "status": self.status}
        return known if stream is None or not self.is_final else with_streamed_items(known, stream)

    @lazy
    def items(self) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """The output items of its content, with their indices. An item without `type` has the one that its
        members tell."""
        return tuple(output(self.content))

    def items_of(self, *types: str) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """Its items of these types."""
        return [entry for entry in self.items if entry[1].get("type") in types]

    @lazy
    def texts(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Every `output_text` part of its messages, with its place below the response object."""
        return tuple(texts(self.content))

    @lazy
    def refusals(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Every `refusal` part of its messages, with its place below the response object."""
        return tuple(refusals(self.content))

    @lazy
    def text(self) -> str:
        """The text of all its messages."""
        return text_of(self.content)

    @lazy
    def status(self) -> Any:
        """The status; when it is absent or null, what the event or the other members tell, or None."""
        status = self.object.get("status")
        return status if status is not None else STATUSES.get(self.kind) or self._likely_status()

    def _likely_status(self) -> str | None:
        """The status in which the response of a body has ended, by its other members."""
        if isinstance(self.object.get("error"), dict):
            return "failed"
        if isinstance(self.object.get("incomplete_details"), dict):
            return "incomplete"
        at_once = self.creation and self.request_fields.get("background") is not True
        ended = isinstance(self.object.get("usage"), dict) or (at_once and self.object.get("output"))
        return "completed" if ended else None

    @lazy
    def is_final(self) -> bool:
        """Whether it has ended: its status is terminal, or it came with the event that ends a stream."""
        return self.kind in ENDS or (isinstance(self.status, str) and self.status in TERMINAL)

    @lazy
    def creation(self) -> bool:
        """Whether the request is the create request of this response."""
        return self.exchange.operation == self.dialect.create_operation and bool(self.request_fields)


@dataclass(frozen=True)
class Item(SuccessReply):
    """One output item of a response with a terminal status (in a body or a terminal event)."""

    where: str
    object: Mapping[str, Any]
    response: Mapping[str, Any]
    """The response that holds it, with what the rest of the answer tells of it."""

    @lazy
    def type(self) -> str | None:
        """Its type; where `type` is missing, the one that the other members tell; None when nothing tells."""
        return item_kind(self.object)


@dataclass(frozen=True, slots=True)
class ScenarioTrace:
    """The named exchanges of one scenario, seen together. `trace["created"]` is an Exchange."""

    trace: Trace
    dialect: Dialect
    run: Mapping[str, Trace] = field(default_factory=dict)
    """All traces of the run, by scenario."""

    @property
    def library(self) -> Library:
        """The target's library, as far as the run listed it."""
        return library_of(self.run, {})

    def __getitem__(self, name: str) -> Exchange:
        return self.trace[name]

    def __contains__(self, name: str) -> bool:
        return name in self.trace


def is_creation(response: ResponseObject) -> bool:
    """Whether the request is the create request of this response: a scope for tables of rules."""
    return response.creation


def views(exchange: Exchange, dialect: Dialect) -> Iterator[AnyReply]:
    """Every view of one exchange; none when no reply came."""
    reply = exchange.reply
    if reply is None:
        return
    if exchange.operation == CHAT:
        if reply.status < 300:
            yield (ChatStreamReply if reply.stream is not None else DocumentReply)(exchange, dialect)
            yield from _completions(exchange, dialect, reply)
        elif reply.status >= 400 and not exchange.traits & BESIDE_THE_API:
            yield ChatErrorReply(exchange, dialect)
        return
    yield AnyReply(exchange, dialect)
    if exchange.is_turn:
        yield TurnReply(exchange, dialect)
    if exchange.traits & BESIDE_THE_API:
        return
    if reply.status >= 400:
        if not exchange.is_turn:  # its envelope is another
            yield ErrorReply(exchange, dialect)
    elif reply.stream is not None:
        yield StreamReply(exchange, dialect)
    else:
        yield DocumentReply(exchange, dialect)
    if exchange.operation == LIBRARY_CHAT:
        yield from _completions(exchange, dialect, reply)
    has_ended = False
    for response in _response_objects(exchange, dialect):
        yield response
        if response.is_final:
            has_ended = True
            yield from _items(response)
    if reply.stream is not None and not has_ended:
        yield from _items_without_end(exchange, dialect, reply.stream)


def _completions(exchange: Exchange, dialect: Dialect, reply: Reply) -> Iterator[AnyReply]:
    """The view of a chat completion, of which only the content is judged."""
    where = "reply.body" if reply.stream is None else "stream"
    if reply.status < 300 and (completion := completion_of(exchange)):
        yield ChatCompletion(exchange, dialect, where, completion)


def completion_of(exchange: Exchange) -> Mapping[str, Any]:
    """The chat completion of a reply: the body, or the chunks of a stream put together; empty without any.

    Raises MissingStepError when no reply came.
    """
    stream = exchange.answer.stream
    return exchange.answer.fields if stream is None else joined([chunk for _, chunk in _chunks(stream)])


def _chunks(stream: Stream) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for frame in stream.frames:
        value = strict_json.read(frame.data.encode(errors="replace")).value
        if isinstance(value, dict) and not is_of_a_proxy(value):
            yield f"event[{frame.index}]", value


def _is_whole(stream: Stream) -> bool:
    has_error = any(chunk.get("error") for _, chunk in _chunks(stream))
    return not (stream.cut or stream.limited or has_error)


def _response_objects(exchange: Exchange, dialect: Dialect) -> Iterator[ResponseObject]:
    reply = exchange.answer
    if reply.stream is not None:
        for event in reply.stream.events:
            response = event.data.get("response")
            if event.type in STATUSES and isinstance(response, dict):
                yield ResponseObject(exchange, dialect, f"{event.where}/response", response, event.type)
    elif reply.status < 300 and exchange.operation in dialect.response_operations and reply.fields:
        yield ResponseObject(exchange, dialect, "reply.body", reply.fields, "body")


def _items(response: ResponseObject) -> Iterator[Item]:
    for where, item in _places(response):
        if isinstance(item, dict):
            yield Item(response.exchange, response.dialect, where, item, response.content)


def _items_without_end(exchange: Exchange, dialect: Dialect, stream: Stream) -> Iterator[Item]:
    """The finished items of a stream that shows no response at its end."""
    items = streamed_items(stream)
    response = {"status": _status_at_end(stream), "output": [item for _, item in items]}
    return (Item(exchange, dialect, f"{event.where}/item", item, response) for event, item in items)


def _status_at_end(stream: Stream) -> str | None:
    return next((ENDS[event.type] for event in stream.of(*ENDS)), None)


def _places(response: ResponseObject) -> Iterator[tuple[str, Any]]:
    """(path, item) of each item of a response, or of its stream where the end of the stream lacks them."""
    output, stream = response.object.get("output"), response.reply.stream
    if isinstance(output, list):
        yield from ((f"{response.where}/output/{index}", item) for index, item in enumerate(output))
    if not output and stream is not None:
        yield from ((f"{event.where}/item", item) for event, item in streamed_items(stream))
