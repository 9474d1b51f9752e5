"""The command that repeats a request: curl, or websocat for a turn over WebSocket."""

from __future__ import annotations

import re
import shlex

import orjson

from antiphon_conformance.http.address import REDACTED, Address, AddressError, read_address
from antiphon_conformance.http.exchange import Request

KEY_VARIABLE = "$API_KEY"
GLOBBED = re.compile(r"[\[\]{}]")
"""What curl takes for a list of URLs, unless it is told not to."""
AUTOMATIC = frozenset({"accept", "user-agent", "accept-encoding", "content-length", "host"})
LONGEST = 2000
"""The command does not hold a body of more bytes than this; the transcript does."""


def command(request: Request, base: str, insecure: bool = False) -> str:
    """A curl command. It reads the key from `$API_KEY`, because no file of a run holds a key; the value of
    another secret header is in a variable named after it."""
    words = ["curl", "-sS", "-N", "-i"] + (["-k"] if insecure else [])
    if request.method != "GET":
        words += ["-X", request.method]
    words += ["-g"] if GLOBBED.search(request.path) else []
    words += _url(request.path, base)
    for name, value in request.headers.pairs:
        if name.lower() not in AUTOMATIC:
            words += ["-H", _header(name, value)]
    body = _body(request)
    raw = request.raw if request.raw is not None else b""
    option = "--data-raw" if raw.startswith(b"@") and len(raw) <= LONGEST else "--data-binary"
    return " ".join(words + ([option, body] if body else []))


def turn_command(request: Request, base: str, insecure: bool = False) -> str:
    """The command that repeats a turn over WebSocket, on a connection of its own: curl sends no messages."""
    words = ["websocat", "-n"] + (["-k"] if insecure else [])
    for name, value in request.headers.pairs:
        if name.lower() not in AUTOMATIC:
            words += ["-H", _header(name, value)]
    *_, url = _url(request.path, base)
    words.append(re.sub(r"^('?)http", r"\1ws", url))
    raw = request.raw
    if raw is None:
        raw = orjson.dumps({"type": "response.create", **request.fields})
    message = f"@message-of-{len(raw)}-bytes" if len(raw) > LONGEST else _word(raw.decode(errors="replace"))
    return f"echo {message} | {' '.join(words)}"


def _url(path: str, base: str) -> list[str]:
    """The words for the URL, and for the unix socket. A key in the query becomes the variable."""
    try:
        address = read_address(base)
    except AddressError:  # a report of another source may name any target
        address = Address(base.rstrip("/"))
    url = address.url(path)
    socket = ["--unix-socket", _word(address.socket)] if address.socket else []
    if f"={REDACTED}" not in url:
        return [*socket, _word(url)]
    return [*socket, _word(url).replace(f"={REDACTED}", f"='\"{KEY_VARIABLE}\"'")]


def _header(name: str, value: str) -> str:
    if REDACTED not in value:
        return _word(f"{name}: {value}")
    if name.lower() == "authorization":
        return f'"Authorization: Bearer {KEY_VARIABLE}"'
    variable = KEY_VARIABLE if "key" in name.lower() else variable_of(name)
    return f'"{name}: {variable}"'


def variable_of(header: str) -> str:
    """The variable that stands for the value of a header that no file holds: `$X_TENANT`."""
    return "$" + re.sub(r"\W", "_", header).upper()


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
