"""The curl command that repeats a request."""

from __future__ import annotations

import shlex

import orjson

from antiphon_conformance.http.exchange import Request

KEY_VARIABLE = "$API_KEY"
AUTOMATIC = frozenset({"accept", "user-agent", "accept-encoding", "content-length", "host"})
LONGEST = 2000
"""The command does not hold a body of more bytes than this; the transcript does."""


def command(request: Request, base: str) -> str:
    """A curl command. It reads the key from `$API_KEY`, because no file of a run holds a key."""
    words = ["curl", "-sS", "-N", "-i"]
    if request.method != "GET":
        words += ["-X", request.method]
    words.append(_word(base.rstrip("/") + request.path))
    for name, value in request.headers.pairs:
        if name.lower() not in AUTOMATIC:
            words += ["-H", _header(name, value)]
    body = _body(request)
    return " ".join(words + (["--data-binary", body] if body else []))


def _header(name: str, value: str) -> str:
    if name.lower() == "authorization" and "REDACTED" in value:
        return f'"Authorization: Bearer {KEY_VARIABLE}"'
    return _word(f"{name}: {value}")


def _word(text: str) -> str:
    """The text as one word of a shell; a path may repeat an id that a hostile server sent."""
    return shlex.quote(text) if text.isprintable() else "$" + _ansi(text)


def _body(request: Request) -> str:
    if request.raw is None and request.body is None:
        return ""
    raw = orjson.dumps(request.body) if request.raw is None else request.raw
    if len(raw) > LONGEST:
        return f"@body-of-{len(raw)}-bytes"
    return _word(raw.decode(errors="backslashreplace"))


def _ansi(text: str) -> str:
    """ANSI-C quoting of a shell: control characters stay visible."""
    body = text.replace("\\", "\\\\").replace("'", "\\'")
    escapes = "".join(
        sign if sign.isprintable() else "".join(map(_octet, sign.encode(errors="replace"))) for sign in body
    )
    return f"'{escapes}'"


def _octet(byte: int) -> str:
    return f"\\x{byte:02x}"
