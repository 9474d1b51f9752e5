"""From the bytes of an answer to a Reply: an event stream, a JSON document, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from antiphon_conformance import sse, strict_json
from antiphon_conformance.exchange import Headers, Reply, Stream

_LOOKS_LIKE_EVENTS = re.compile(rb"(?:\xef\xbb\xbf)?(?:event|data|id|retry)?:")


def headers(found: Mapping[str, Any] | Iterable[tuple[str, str]]) -> Headers:
    """Headers from pairs, or from a mapping whose values are strings or lists of strings."""
    if not isinstance(found, Mapping):
        return Headers(tuple((str(name), str(value)) for name, value in found))
    listed = ((name, value if isinstance(value, list) else [value]) for name, value in found.items())
    return Headers(tuple((str(name), str(one)) for name, values in listed for one in values))


def is_stream(sent: Headers, raw: bytes) -> bool:
    """Whether an answer is an event stream: it says so, or it looks so and does not look like JSON.

    A stream with the wrong content type is still judged as one; its header is one finding and not fifty.
    """
    media = (sent.get("content-type") or "").partition(";")[0].strip().lower()
    return media == "text/event-stream" or bool(_LOOKS_LIKE_EVENTS.match(raw))


def read_reply(
    status: int,
    sent: Headers,
    raw: bytes,
    *,
    cut: bool = False,
    seconds: float | None = None,
    started_at: float | None = None,
    stream: Stream | None = None,
) -> Reply:
    """The reply that these bytes are; `stream` when they have been read already, as they came."""
    if stream is None and is_stream(sent, raw):
        stream = sse.read(raw, cut=cut)
    if stream is not None:
        return Reply(status, sent, raw, None, (), stream, seconds, started_at)
    reading = strict_json.read(raw) if raw else strict_json.Reading(None)
    return Reply(status, sent, raw, reading.value, reading.faults, None, seconds, started_at)


def reply_from_value(status: int, sent: Headers, body: Any) -> Reply:
    """The reply of which a recorder kept only the parsed body."""
    return Reply(status, sent, orjson.dumps(body), body)
