"""A target that answers as the mock server does, with one hostile value at one place of each answer."""

from __future__ import annotations

import re

from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings

DEEP = 3000
VALUES = {
    "a Latin-1 byte": b'"caf\xe9"',
    "invalid UTF-8": b'"\xc3\x28 \xff\xfe \xed\xa0\x80"',
    "UTF-16": '"caf\u00e9"'.encode("utf-16-le"),
    "a lone surrogate": b'"a \\ud800 b"',
    "half an emoji twice": b'"\\udc00\\ud83d"',
    "NUL": b'"a\\u0000b"',
    "a raw NUL": b'"a\x00b"',
    "control characters": b'"\\u001b[2J\\u0007\\u202e\\u2028"',
    "a byte order mark": b'"\xef\xbb\xbfa"',
    "2^63 - 1": b"9223372036854775807",
    "2^63": b"9223372036854775808",
    "2^64": b"18446744073709551616",
    "-2^63 - 1": b"-9223372036854775809",
    "a number of 400 digits": b"9" * 400,
    "a number of 5000 digits": b"7" * 5000,
    "a float beyond range": b"1e400",
    "a float below range": b"-1.5E999",
    "a tiny float": b"1e-5000",
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "minus zero": b"-0.0",
    "true": b"true",
    "null": b"null",
    "1 MB of text": b'"' + b"x" * 1_000_000 + b'"',
    "a member name of 1 MB": b'{"' + b"k" * 1_000_000 + b'": 1}',
    "duplicate keys": b'{"a": 1, "a": 2, "": 3, "": 4}',
    "300 levels": b"[" * 300 + b"]" * 300,
    "1500 levels": b'{"a":' * 1500 + b"1" + b"}" * 1500,
    "3000 levels": b"[" * DEEP + b"]" * DEEP,
    "an open array": b"[" * 50_000,
    "100,000 elements": b"[" + b"1," * 99_999 + b"1]",
    "a text like a key": b'"sk-REDACTED ::error::x <b> ]]> \\"`"',
}
"""Hostile values as they stand in JSON."""
NUMBER = rb"-?\d+(?:\.\d+)?"
TEXT = rb'"(?:[^"\\]|\\.)*"'
PLACES = {
    "member": rb'("metadata": ?)(?:\{[^{}]*\}|null)',
    "id": rb'("id": ?)' + TEXT,
    "every id": rb'("(?:id|item_id|call_id)": ?)' + TEXT,
    "created_at": rb'("(?:created_at|completed_at)": ?)' + NUMBER,
    "usage": rb'("(?:input_tokens|output_tokens|total_tokens)": ?)' + NUMBER,
    "text": rb'("(?:text|delta)": ?)' + TEXT,
    "type": rb'("type": ?)' + TEXT,
    "error message": rb'("message": ?)' + TEXT,
    "error code": rb'("code": ?)(?:' + TEXT + rb"|null)",
    "sequence number": rb'("(?:sequence_number|output_index)": ?)' + NUMBER,
    "event data": rb"(data: )[^\n]*",
    "event name": rb"(event: )[^\n]*",
    "whole body": rb"(?s)()\{.*\}\s*$",
}
"""Patterns of the places; the first group stays."""
NEW_LINES = re.compile(rb"[\r\n]")


def planted(body: bytes, place: str, value: bytes, most: int = 0) -> bytes:
    """The body with the value at the place, at most so many times; 0 is every time."""
    if place == "event name":
        value = NEW_LINES.sub(b" ", value.strip(b'"'))[:2000]
    return re.sub(PLACES[place], lambda match: match[1] + value, body, count=most)


class HostileTarget:
    """An ASGI application: the answers of the mock, with `value` at `place`; a header has it, too."""

    def __init__(self, value: bytes, place: str, dialect: str = "openai", most: int = 0) -> None:
        self.inner = make_app(Settings(dialect=dialect))
        self.value, self.place, self.most = value, place, most
        self.hits = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        start, pieces = {}, []

        async def keep(message):
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                pieces.append(message.get("body", b""))

        await self.inner(scope, receive, keep)
        body = b"".join(pieces)
        if self.place != "header":
            after = planted(body, self.place, self.value, self.most)
            self.hits += after != body
            body = after
        headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        if self.place == "header":
            self.hits += 1
            plain = NEW_LINES.sub(b" ", self.value)[:8000]
            headers += [(b"x-hostile", plain), (b"openai-version", plain), (b"retry-after", plain)]
            headers += [(b"x-" + b"n" * 30, plain)]
        await send({"type": "http.response.start", "status": start["status"], "headers": headers})
        await send({"type": "http.response.body", "body": body})
