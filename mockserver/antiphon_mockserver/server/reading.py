"""Reads the body of a request from the connection, as JSON of bounded size, and as canonical JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid

if TYPE_CHECKING:
    from antiphon_mockserver.server.context import Request
    from antiphon_mockserver.server.sender import Receive


# More members, objects or arrays than these would hold up other clients. The bytes are counted first, which
# takes a millisecond: a usual body is looked at no further.
MOST_VALUES = 20_000
"""How many objects and arrays a body may have."""
MOST_MEMBERS = 5_000
"""How many members one object may have: OpenAI allows a schema as many properties."""
MOST_MEMBERS_OF_ALL = 100_000
"""How many members all objects of a body may have."""
MOST_ELEMENTS = 200_000
"""How many members and elements a body may have: the parser holds up everything while it reads them."""
LONGEST_NAME = 100_000
"""How many characters the name of a member may have."""
LARGEST_SIZE = 1 << 16
"""Bytes of the largest body that is read by the loop itself."""
STEP = 1 << 20
"""Bytes that are looked at in one piece: others have their turn between two."""


def parse(raw: bytes) -> Any:
    """The JSON of a body. Rejects too many members, objects and arrays; raises orjson.JSONDecodeError."""
    if len(raw) <= MOST_VALUES:  # so many objects, or so many names of one, take more bytes
        return orjson.loads(raw)
    # A text holds no quotation mark but an escaped one: these are names of members, and nearly all of them.
    members = _count(raw, b'":') - _count(raw, b'\\":')
    if members > MOST_MEMBERS_OF_ALL:
        message = f"The body has more than {MOST_MEMBERS_OF_ALL} members."
        raise invalid(message, code="object_above_max_properties")
    if _count(raw, b",") > MOST_ELEMENTS and _separators(raw) > MOST_ELEMENTS:
        raise invalid(f"The body has more than {MOST_ELEMENTS} values.", code="invalid_value")
    body = orjson.loads(raw)
    has_many = _count(raw, b":") > MOST_MEMBERS or _count(raw, b"{") + _count(raw, b"[") > MOST_VALUES
    if has_many or len(raw) > STEP:
        _reject_large(body)
    return body


def _count(raw: bytes, what: bytes) -> int:
    """How often some bytes occur, counted in pieces."""
    beyond = STEP + len(what) - 1
    return sum(raw.count(what, start, start + beyond) for start in range(0, len(raw), STEP))


def _separators(raw: bytes) -> int:
    """How many commas stand outside of texts; no more are counted than matter."""
    count = start = 0
    while count <= MOST_ELEMENTS:
        opening = raw.find(b'"', start)
        if opening < 0:
            return count + raw.count(b",", start)
        count += raw.count(b",", start, opening)
        start = closing = opening + 1
        while (closing := raw.find(b'"', closing)) >= 0 and _is_escaped(raw, closing):
            closing += 1
        if closing < 0:
            return count
        start = closing + 1
    return count


def _is_escaped(raw: bytes, place: int) -> bool:
    """Whether an odd number of backslashes stands before this byte."""
    before = place
    while raw[before - 1 : before] == b"\\":
        before -= 1
    return (place - before) % 2 == 1


def _reject_large(body: Any) -> None:
    """Rejects too many objects and arrays, and an object with too many members, by its path."""
    rest, count = [("", body)], 0
    while rest:
        path, value = rest.pop()
        count += 1
        if count > MOST_VALUES:
            raise invalid(f"The body has more than {MOST_VALUES} objects and arrays.", code="invalid_value")
        if isinstance(value, dict):
            if max(map(len, value), default=0) > LONGEST_NAME:
                place = f"of '{path}'" if path else "of the body"
                message = f"The name of a member {place} has more than {LONGEST_NAME} characters."
                raise invalid(message, path or None, "property_name_above_max_length")
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


def is_large(request: Request) -> bool:
    """Whether a body may take long: it has many bytes, or nobody knows how many before it is decompressed."""
    return len(request.content) > LARGEST_SIZE or (
        "content-encoding" in request.headers and bool(request.content)
    )


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
        pieces.append(piece := message.get("body", b""))
        size += len(piece)
        more = message.get("more_body", False)
    reject_too_long(size, limit)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def reject_too_long(size: int, limit: int) -> None:
    """Rejects a body of more than `limit` bytes with 413."""
    if size > limit:
        text = f"The body is larger than {limit} bytes."
        raise ApiError(text, status=413, code="request_too_large", headers={"connection": "close"})
