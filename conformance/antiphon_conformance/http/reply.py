"""Turns the bytes of an answer into a Reply: an event stream, a JSON document, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from antiphon_conformance.http import sse, strict_json
from antiphon_conformance.http.exchange import Headers, Reply, Stream

_LOOKS_LIKE_EVENTS = re.compile(rb"(?:\xef\xbb\xbf)?(?:event|data|id|retry)?:")


def headers(source: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> Headers:
    """Headers from pairs, or from a mapping whose values are texts, bytes or lists of them."""
    if not isinstance(source, Mapping):
        return Headers(tuple((field_text(name), field_text(value)) for name, value in source))
    lists = ((name, value if isinstance(value, list) else [value]) for name, value in source.items())
    return Headers(tuple((field_text(name), field_text(value)) for name, values in lists for value in values))


def field_text(value: Any) -> str:
    """A name or a value of a header as text that can be written: UTF-8, and otherwise Latin-1, the coding of
    old servers (RFC 9110, 5.5), so that no byte is lost."""
    if type(value) is str and value.isascii():  # as nearly every one
        return value
    try:
        raw = value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair, which stands for no byte
        raw = str(value).encode(errors="replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def is_stream(fields: Headers, raw: bytes) -> bool:
    """Whether an answer is an event stream, by its content type or by its first bytes.

    A stream with a wrong content type is judged as a stream: its header is one finding, not fifty.
    """
    media = (fields.get("content-type") or "").partition(";")[0].strip().lower()
    return media == "text/event-stream" or bool(_LOOKS_LIKE_EVENTS.match(raw))


def read_reply(
    status: int,
    fields: Headers,
    raw: bytes,
    *,
    cut: bool = False,
    seconds: float | None = None,
    started_at: float | None = None,
    stream: Stream | None = None,
) -> Reply:
    """The reply that these bytes form. `stream` is given when the bytes were already read as they arrived."""
    if stream is None and is_stream(fields, raw):
        stream = sse.read(raw, cut=cut)
    if stream is not None:
        return Reply(status, fields, raw, None, (), stream, seconds, started_at)
    reading = strict_json.read(raw) if raw else strict_json.Reading(None)
    is_single = not any(fault.startswith(strict_json.ANOTHER) for fault in reading.faults)
    body = reading.value if is_single else None
    return Reply(status, fields, raw, body, reading.faults, None, seconds, started_at)


def reply_from_value(status: int, fields: Headers, body: Any) -> Reply:
    """The reply, when a recorder kept only the parsed body."""
    raw = strict_json.write(body)
    reading = strict_json.read(raw)
    return Reply(status, fields, raw, reading.value, reading.faults)


def message_of(reply: Reply) -> str:
    """What an error says: `error.message`, else the text `error`, `detail` or `message`; else empty."""
    error = reply.fields.get("error", reply.fields.get("detail", reply.fields.get("message")))
    message = error.get("message") if isinstance(error, Mapping) else error
    return message if isinstance(message, str) else ""
