"""Reads the body of a request from the connection, as JSON of bounded size, and as canonical JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid

if TYPE_CHECKING:
    from antiphon_mockserver.server.sender import Receive


# More members, objects or arrays than these would hold up other clients. The bytes are counted first, which
# takes a millisecond: a usual body is looked at no further.
MOST_VALUES = 20_000
"""How many objects and arrays a body may have."""
MOST_MEMBERS = 5_000
"""How many members one object may have: OpenAI allows a schema as many properties."""
MOST_MEMBERS_OF_ALL = 100_000
"""How many members all objects of a body may have."""


def parse(raw: bytes) -> Any:
    """The JSON of a body. Rejects too many members, objects and arrays; raises orjson.JSONDecodeError."""
    if len(raw) <= MOST_VALUES:  # so many objects, or so many names of one, take more bytes
        return orjson.loads(raw)
    # A text holds no quotation mark but an escaped one: these are names of members, and nearly all of them.
    members = raw.count(b'":') - raw.count(b'\\":')
    if members > MOST_MEMBERS_OF_ALL:
        message = f"The body has more than {MOST_MEMBERS_OF_ALL} members."
        raise invalid(message, code="object_above_max_properties")
    body = orjson.loads(raw)
    if raw.count(b":") > MOST_MEMBERS or raw.count(b"{") + raw.count(b"[") > MOST_VALUES:
        _reject_large(body)
    return body


def _reject_large(body: Any) -> None:
    """Rejects too many objects and arrays, and an object with too many members, by its path."""
    rest, count = [("", body)], 0
    while rest:
        path, value = rest.pop()
        count += 1
        if count > MOST_VALUES:
            raise invalid(f"The body has more than {MOST_VALUES} objects and arrays.", code="invalid_value")
        if isinstance(value, dict):
            if len(value) > MOST_MEMBERS:
                where = f"Invalid '{path}': expected" if path else "The body has to be"
                message = f"{where} an object with at most {MOST_MEMBERS} members, got {len(value)}."
                raise invalid(message, path or None, "object_above_max_properties")
            start = f"{path}." if path else ""
            rest += [(f"{start}{key}", part) for key, part in value.items() if isinstance(part, dict | list)]
        elif isinstance(value, list):
            rest += [
                (f"{path}[{index}]", part)
                for index, part in enumerate(value)
                if isinstance(part, dict | list)
            ]


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
