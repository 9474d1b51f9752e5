"""Bodies that a recorder kept as values: what its client had parsed, one value or the events of a stream.

Some recorders sit in the client and keep its objects, each with the name of its class beside its members
(`{"__type__": ..., "__data__": ...}`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Headers, Reply
from antiphon_conformance.http.reply import read_reply, reply_from_value
from antiphon_conformance.http.sse import SENTINEL
from antiphon_conformance.recordings.bodies import WRAPPERS

CHUNK = "chat.completion.chunk"
_CLASS = ("__type__", "__data__")
"""The members of an object of a client: the name of its class, and its members."""


def is_value(body: Any) -> bool:
    """Whether a body is a parsed one: an object that wraps no text, or a list of such objects."""
    if isinstance(body, list):
        return bool(body) and all(isinstance(entry, Mapping) and is_value(entry) for entry in body)
    return isinstance(body, Mapping) and bool(body) and not any(name in body for name in WRAPPERS)


def reply(status: int, fields: Headers, body: Any) -> Reply:
    """The reply of a parsed body; a list of events or chunks becomes the stream that has them."""
    value = _members(body)
    events = value if isinstance(value, list) else []
    if events and all(isinstance(event.get("type"), str) for event in events):
        return read_reply(status, fields, b"".join(map(_event, events)))
    if events and all(event.get("object") == CHUNK for event in events):
        return read_reply(status, fields, b"".join(map(_data, events)) + f"data: {SENTINEL}\n\n".encode())
    return reply_from_value(status, fields, value)


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


def _event(event: Mapping[str, Any]) -> bytes:
    return f"event: {event['type']}\n".encode() + _data(event)


def _data(event: Mapping[str, Any]) -> bytes:
    return b"data: " + strict_json.write(event) + b"\n\n"
