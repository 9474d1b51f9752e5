"""Bodies that a recorder kept as values: what its client had parsed, one value or the events of a stream.

Some recorders sit in the client and keep its objects, each with the name of its class beside its members
(`{"__type__": ..., "__data__": ...}`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import orjson

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Headers, Reply
from antiphon_conformance.http.reply import read_reply, reply_from_value
from antiphon_conformance.http.sse import SENTINEL
from antiphon_conformance.recordings.bodies import WRAPPERS

CHUNK = "chat.completion.chunk"
START = "response.created"
EVENTS = ("response.", "error", "keepalive")
"""How the types of events begin."""
_CLASS = ("__type__", "__data__")
"""The members of an object of a client: the name of its class, and its members."""


def is_value(body: Any) -> bool:
    """Whether a body is a parsed one: an object that wraps no text, or a list of such objects."""
    if isinstance(body, list):
        return bool(body) and all(isinstance(entry, Mapping) and is_value(entry) for entry in body)
    return isinstance(body, Mapping) and bool(body) and not any(name in body for name in WRAPPERS)


def is_event(value: Any) -> bool:
    """Whether a value is an event of a stream, or a chunk of a chat; Azure's first chunk names no object."""
    if not isinstance(value, Mapping):
        return False
    kind, choices = value.get("type"), value.get("choices")
    is_chunk = isinstance(choices, list) and value.get("object") in (CHUNK, "")
    return is_chunk or (isinstance(kind, str) and kind.startswith(EVENTS))


def streams(events: Sequence[Any]) -> Iterator[list[Any]]:
    """The streams of a list in which the events of several answers follow each other."""
    starts = [at for at, event in enumerate(events) if event.get("type") == START and at] or [0]
    bounds = [0, *starts, len(events)]
    yield from (list(events[start:end]) for start, end in pairwise(bounds) if start < end)


def reply(status: int, fields: Headers, body: Any) -> Reply:
    """The reply of a parsed body; a list of events or chunks becomes the stream that has them."""
    value = _members(body)
    events = value if isinstance(value, list) else []
    if not events or not all(map(is_event, events)):
        return reply_from_value(status, fields, value)
    end = [] if "type" in events[0] else [f"data: {SENTINEL}\n\n".encode()]
    return read_reply(status, fields, b"".join([*map(_frame, events), *end]))


def request(body: Any) -> tuple[Any, bytes]:
    """The parsed body of a request, and bytes that say the same."""
    value = _members(body)
    return value, orjson.dumps(value)


def _members(body: Any) -> Any:
    """The value without the names of classes."""
    if isinstance(body, list):
        return [_members(entry) for entry in body]
    if not isinstance(body, Mapping):
        return body
    if set(body) == set(_CLASS):
        return _members(body[_CLASS[1]])
    return {name: _members(value) for name, value in body.items()}


def _frame(event: Mapping[str, Any]) -> bytes:
    name = f"event: {event['type']}\n".encode() if "type" in event else b""
    return name + b"data: " + strict_json.write(event) + b"\n\n"
