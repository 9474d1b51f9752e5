"""Turns over WebSocket: each is one create and the messages that answer it, one JSON text an event.

A turn ends with a terminal event of its response or with an error. An error before any event is an answer
of its own: the error over HTTP, with its status beside it. After events it is no event of the stream, which
then is cut: the reply has both. `[DONE]` belongs to SSE; where a server sends it, it is kept, and it ends no
turn that has not begun. What still comes of an earlier response belongs to its turn. A message of another
API, without a number, is about the connection and belongs to no stream.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from antiphon_conformance.http import sse, strict_json
from antiphon_conformance.http.exchange import ENDS, Exchange, Frame, Headers, Part, Reply, is_beside
from antiphon_conformance.http.redaction import Redaction
from antiphon_spec.loading.construction import dataclass

ERROR = "error"
BINARY = "binary"
"""The oddity of a message that is no text."""
LATE = "late"
"""The oddity of a message that came after the end of its turn: it is no event of the stream."""
UNKNOWN_STATUS = 400
"""The status of an error that says none."""
LANE = "stream_id"
"""The member that names the lane of a message, where a connection has several."""
WARM_UP = "generate"
"""The member that is false in a create which only makes its context known."""
OF_MESSAGES = frozenset({"type", LANE, WARM_UP})
"""The members of a message that are none of the create."""
STEER = "response.steer"
"""The type of the message that adds input to a running response; those of its answers begin so, too."""
BEGINNINGS = ("response.created", "response.output_item.added")
"""The events that tell a new id: they belong to the turn that runs, also where a server repeats its ids."""
Message = str | bytes


class Listener(ABC):
    """What reads the messages that answer ours, until it has enough."""

    size: int
    """Bytes so far, with a line feed after each message."""
    is_over: bool

    @abstractmethod
    def take(self, message: Message, seconds: float) -> None:
        """Takes one message that came so many seconds after ours."""

    @property
    def may_be_over(self) -> bool:
        """Whether only an answer is missing that a server without the feature never gives."""
        return False

    def next_text(self) -> str | None:
        """A further message to send now; None when there is none."""
        return None


@dataclass(slots=True)
class Turn(Listener):
    """The messages of one turn, as they arrive."""

    messages: list[Message] = field(default_factory=list)
    arrivals: list[tuple[int, float]] = field(default_factory=list)
    earlier: frozenset[str] = frozenset()
    """The ids of the responses and items of earlier turns on the connection."""
    late: list[Message] = field(default_factory=list)
    """What still came of them."""
    size: int = 0
    is_over: bool = False
    _ids: set[str] = field(default_factory=set)
    _has_start: bool = False

    @property
    def has_begun(self) -> bool:
        """Whether anything came."""
        return self._has_start

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its response and items, as far as they came."""
        return frozenset(self._ids)

    def take(self, message: Message, seconds: float) -> None:
        """Takes one message that came so many seconds after the request."""
        fields = fields_of(message)
        ids = ids_of(fields)
        if ids and ids <= self.earlier - self._ids and fields.get("type") not in BEGINNINGS:
            self.late.append(message)
            return
        self._ids |= ids
        self.messages.append(message)
        self.size += len(_encode(message)) + 1
        self.arrivals.append((self.size, seconds))
        self.is_over = ends_a_turn(message) or (self._has_start and text_of(message) == sse.SENTINEL)
        is_of_the_turn = text_of(message) != sse.SENTINEL and not is_of_the_connection(fields)
        self._has_start = self._has_start or is_of_the_turn

    def reply(self, *, cut: bool, seconds: float | None = None, started_at: float | None = None) -> Reply:
        """The reply so far."""
        reply = read_turn(self.messages, cut=cut)
        arrivals = tuple(self.arrivals) if reply.stream is not None else ()
        return replace(reply, seconds=seconds, started_at=started_at, arrivals=arrivals)


def read_turn(messages: Sequence[Message], *, cut: bool = False) -> Reply:
    """The reply that the messages of a turn form: an error, or a stream of events."""
    raw = b"".join(_encode(message) + b"\n" for message in messages)
    kept = tuple(messages)
    values = [strict_json.read(text_of(message)) for message in messages]
    last = next((index for index, value in enumerate(values) if is_error(value.value)), len(values))
    error = values[last] if last < len(values) else strict_json.Reading(None)
    events = [
        message
        for message, value in zip(messages[:last], values, strict=False)
        if not (isinstance(value.value, dict) and is_of_the_connection(value.value))
    ]
    before = [message for message in events if text_of(message) != sse.SENTINEL]
    if error.value is not None and not before:
        status = error_status(error.value) or UNKNOWN_STATUS
        return Reply(status, Headers(), raw, error.value, error.faults, messages=kept)
    frames = [_frame(index, message) for index, message in enumerate(events)]
    end = next((index for index, message in enumerate(events, 1) if ends_a_turn(message)), len(events))
    stream = sse.stream(frames[:end], cut=cut or error.value is not None)
    late = (replace(frame, oddities=(*frame.oddities, LATE)) for frame in frames[end:])
    stream = replace(stream, frames=(*stream.frames, *late))
    return Reply(200, Headers(), raw, error.value, error.faults, stream, messages=kept)


def redact(messages: list[Message], redaction: Redaction) -> list[Message]:
    """The messages without secrets, also where one comes in several events."""
    if not redaction:
        return messages
    texts = [message for message in messages if isinstance(message, str)]
    if len(texts) == len(messages) and not any("\n" in text or "\r" in text for text in texts):
        raw = "".join(f"data: {text}\n\n" for text in texts).encode(errors="replace")
        return [frame.data for frame in sse.read(redaction.raw(raw)).frames]
    return [
        redaction.text(message) if isinstance(message, str) else redaction.raw(message)
        for message in messages
    ]


def response_id(message: Message) -> str | None:
    """The id of the response that a lifecycle event holds; None for any other message."""
    value = strict_json.read(text_of(message)).value
    response = value.get("response") if isinstance(value, dict) else None
    identity = response.get("id") if isinstance(response, dict) else None
    return identity if isinstance(identity, str) else None


def with_late(exchange: Exchange, messages: Sequence[Message]) -> Exchange:
    """A turn with what came of it after its end, as a part of its stream."""
    before = exchange.answer
    reply = read_turn((*before.messages, *messages))
    moment = before.arrivals[-1][1] if before.arrivals else 0.0
    arrivals = (*before.arrivals, (len(reply.raw), moment)) if reply.stream is not None else ()
    timed = replace(reply, seconds=before.seconds, started_at=before.started_at, arrivals=arrivals)
    return replace(exchange, reply=timed)


def error_of(exchange: Exchange) -> Mapping[str, Any]:
    """The message with the error that ended a turn; empty for any other exchange."""
    reply = exchange.reply if exchange.is_turn else None
    return reply.fields if reply is not None and is_error(reply.body) else {}


def missing_parts(exchange: Exchange) -> frozenset[Part]:
    """The parts of an answer over HTTP that a turn lacks: headers, bytes of SSE and, mostly, a status."""
    has_status = error_status(error_of(exchange)) is not None
    return frozenset({Part.REPLY_HEADERS, Part.BYTES, *(() if has_status else (Part.STATUS,))})


def fields_of(message: Message) -> Mapping[str, Any]:
    """The members of a message; empty when it is no JSON object."""
    value = strict_json.read(text_of(message)).value
    return value if isinstance(value, dict) else {}


def is_about_steering(message: Message) -> bool:
    """Whether a message answers one that steers a response: it is an event beside the stream."""
    return str(fields_of(message).get("type")).startswith(f"{STEER}.")


def ids_of(fields: Mapping[str, Any]) -> set[str]:
    """The ids of the response and the item that an event is about."""
    inner = (value for name in ("response", "item") if isinstance(value := fields.get(name), dict))
    values = (fields.get("item_id"), *(value.get("id") for value in inner))
    return {value for value in values if isinstance(value, str)}


def is_of_the_connection(fields: Mapping[str, Any]) -> bool:
    """Whether a message is about the connection and not about a response: it stands beside the response, or
    has a type of its own, and neither a number nor the id of a response or an item."""
    kind = fields.get("type")
    if isinstance(kind, str) and is_beside(kind):
        return True
    is_of_the_api = not isinstance(kind, str) or kind == ERROR or kind.startswith("response.")
    return not (is_of_the_api or "sequence_number" in fields or ids_of(fields))


def ends_a_turn(message: Message) -> bool:
    """Whether a message is the last of its turn."""
    value = strict_json.read(text_of(message)).value
    return is_error(value) or (isinstance(value, dict) and value.get("type") in ENDS)


def is_error(value: Any) -> bool:
    """Whether a message is an error: by its type, or because it has no type and nothing but an error."""
    if not isinstance(value, dict):
        return False
    return value.get("type") == ERROR or ("type" not in value and value.get("error") is not None)


def error_status(value: Mapping[str, Any]) -> int | None:
    """The status that an error names, as an answer over HTTP would have it; None when it names none."""
    status = value.get("status")
    return status if type(status) is int and 400 <= status < 600 else None


def _frame(index: int, message: Message) -> Frame:
    return Frame(index, text_of(message), oddities=(BINARY,) if isinstance(message, bytes) else ())


def text_of(message: Message) -> str:
    """A message as a text; what is not UTF-8 is replaced."""
    return message if isinstance(message, str) else message.decode(errors="replace")


def _encode(message: Message) -> bytes:
    return message if isinstance(message, bytes) else message.encode(errors="replace")
