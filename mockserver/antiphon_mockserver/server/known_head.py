"""Heads of requests that come again on a connection, the same but for the length of the body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from antiphon_mockserver.server.context import Request

LARGEST_SIZE = 1 << 16
"""The bytes of the largest body that is awaited here."""
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)(?=\r\n)", re.IGNORECASE)
MOST_DIGITS = len(str(LARGEST_SIZE)) - 1
"""Of the length of a body that is read without the parser: it is smaller than the largest one."""
END = b"\r\n\r\n"


class KnownHead:
    """The head of an earlier request on a connection: clients send it again and again, but for the length."""

    __slots__ = ("lines", "place", "request", "url")

    def __init__(self, url: bytes, lines: list[tuple[bytes, bytes]], request: Request) -> None:
        self.url = url
        self.lines = lines
        self.request = request.again(request.headers)
        places = (place for place, (name, _) in enumerate(lines) if name.lower() == b"content-length")
        self.place = next(places, None)
        """Where the line with the length stands."""

    def again(self, lines: list[tuple[bytes, bytes]]) -> Mapping[str, str] | None:
        """The headers of a head that says the same; None when it differs in more than the URL, and a length
        with no more digits."""
        known, place = self.request, self.place
        if len(lines) != len(self.lines):
            return None
        if place is None:
            return known.headers if lines == self.lines else None
        line, known_line = lines[place], self.lines[place]
        lines[place] = known_line
        is_alike = lines == self.lines and line[0] == known_line[0]
        lines[place] = line
        size = line[1]
        if not is_alike or len(size) > len(known_line[1]) or int(size) > LARGEST_SIZE:
            return None
        return {**known.headers, "content-length": size.decode("latin-1")}


class RawHead(NamedTuple):
    """The bytes of a head that the parser has read and the app has accepted, before and after the length."""

    before: bytes
    after: bytes
    request: Request

    @classmethod
    def of(cls, data: bytes, content: bytes, request: Request) -> RawHead | None:
        """The head of this request; None where these bytes are not it and its content alone, or where no body
        came, as the heads of such requests differ in their URL."""
        head = data[: len(data) - len(content)]
        lengths = [*LENGTH.finditer(head)]
        is_whole = content and data.endswith(content) and head.find(END) == len(head) - len(END)
        if not is_whole or len(lengths) != 1 or int(lengths[0][1]) != len(content):
            return None
        first, last = lengths[0].span(1)
        return cls(head[:first], head[last:], request.again(request.headers))

    def read(self, data: bytes) -> tuple[Request, bytes] | None:
        """The request and its content; None where the bytes are not one whole request with such a head."""
        before, after, known = self
        if not data.startswith(before):
            return None
        start = len(before)
        end = data.find(b"\r", start, start + MOST_DIGITS + 1)
        size = data[start:end]
        if end < 0 or not size.isdigit() or not data.startswith(after, end):
            return None
        content = data[end + len(after) :]
        if not content or len(content) != int(size):
            return None
        return known.again({**known.headers, "content-length": size.decode("latin-1")}), content
