"""Reads what `httprr` writes in Go: after a first line, pairs of HTTP/1.1 messages, each pair with its sizes.

httprr trace v1
SIZE_OF_THE_REQUEST SIZE_OF_THE_ANSWER
POST https://... HTTP/1.1 ...HTTP/2.0 200 OK ...
"""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request
from antiphon_conformance.http.reply import headers, read_reply
from antiphon_conformance.recordings.bodies import CodingError, decode

FIRST_LINE = b"httprr trace v1"


def exchanges(raw: bytes, name: str) -> Iterator[Exchange]:
    """Every pair as an Exchange called `name#index`. Raises ValueError where a size or a message is no such
    thing."""
    _, _, rest = raw.partition(b"\n")
    index = 0
    while rest:
        sizes, _, rest = rest.partition(b"\n")
        middle, end = map(int, sizes.split())
        end += middle
        if len(rest) < end:
            raise ValueError(f"pair {index} ends too early")
        yield _exchange(f"{name}#{index}", rest[:middle], rest[middle:end])
        rest = rest[end:]
        index += 1


def _exchange(identity: str, question: bytes, answer: bytes) -> Exchange:
    line, fields, body = _message(question)
    method, target, *_ = line.split(" ")
    content = strict_json.read(body).value if body else None
    raw = body if body and content is None else None
    request = Request(method.upper(), target, fields, content, raw)
    try:
        return Exchange(identity, request, _reply(answer))
    except CodingError as error:
        return Exchange(identity, request, None, failure=str(error))


def _reply(answer: bytes) -> Reply:
    line, fields, body = _message(answer)
    return read_reply(int(line.split(" ")[1]), fields, decode(body, fields))


def _message(raw: bytes) -> tuple[str, Headers, bytes]:
    """The first line, the headers and the body of a message of HTTP/1.1."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    fields = headers([(name.strip(), value.strip()) for name, _, value in pairs])
    is_chunked = (fields.get("transfer-encoding") or "").lower() == "chunked"
    return first, fields, b"".join(_chunks(body)) if is_chunked else body


def _chunks(body: bytes) -> Iterator[bytes]:
    """The pieces of a chunked body (RFC 9112, 7.1)."""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if not length:
            return
        yield body[:length]
        body = body[length:].removeprefix(b"\r\n")
