"""Reads the body of a request from the connection, and as canonical JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.server.sender import Receive


def canonical(body: Any) -> bytes:
    """The body as canonical JSON. Rejects a body that is nested too deeply to be repeated in an answer."""
    try:
        # Answers hold what they repeat some levels deeper than the request did.
        return orjson.dumps([[[[[[body]]]]]], option=orjson.OPT_SORT_KEYS)[6:-6]
    except TypeError:
        raise invalid("The body is nested too deeply.", code="invalid_json") from None


BOUNDARY = re.compile(r"multipart/form-data;.*?\bboundary=\"?([^\";\s]+)", re.IGNORECASE)


def without_boundary(headers: Mapping[str, str], content: bytes) -> bytes:
    """A form without its boundary, which clients choose by chance; any other body as it is."""
    match = BOUNDARY.match(headers.get("content-type", ""))
    return content if match is None else content.replace(match[1].encode(), b"")


async def read(receive: Receive, headers: Mapping[str, str], limit: int, maximum: int) -> bytes:
    """Reads the whole body. Rejects more than `limit` bytes with 413.

    Stops reading beyond `maximum` bytes. A smaller body is read to its end, because a client that is still
    sending when the connection closes never sees the answer.
    """
    length = headers.get("content-length", "0")
    size = int(length) if length.isdecimal() and len(length) < 20 else 0
    size = size if size > maximum else 0
    pieces: list[bytes] = []
    more = True
    while more and size <= maximum:
        message = await receive()
        pieces.append(message.get("body", b""))
        size = sum(map(len, pieces))
        more = message.get("more_body", False)
    reject_too_long(size, limit)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def reject_too_long(size: int, limit: int) -> None:
    """Rejects a body of more than `limit` bytes with 413."""
    if size > limit:
        text = f"The body is larger than {limit} bytes."
        raise ApiError(text, status=413, code="request_too_large", headers={"connection": "close"})
