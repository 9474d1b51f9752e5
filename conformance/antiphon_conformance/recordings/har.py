"""Reads HAR files, as browsers, proxies and recorders of tests write them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import headers, read_reply
from antiphon_conformance.http.turns import Message
from antiphon_conformance.recordings import sockets
from antiphon_conformance.recordings.bodies import CodingError, bytes_of, decode, join_chunks
from antiphon_conformance.recordings.members import required

FRAMES = "_webSocketMessages"
BINARY = 2
"""The opcode of a binary frame (RFC 6455, 5.2)."""
SWITCHING = 101
"""The status of a connection that becomes a WebSocket."""


def exchanges(document: Mapping[str, Any], name: str) -> Iterator[Exchange]:
    """Every entry of a HAR document as an Exchange called `name#index`.

    Raises MissingMemberError when an entry lacks a member.
    """
    for index, entry in enumerate(required(required(document, "log", ""), "entries", "log")):
        where, identity = f"log/entries/{index}", f"{name}#{index}"
        if entry.get(FRAMES):
            handshake = _request(required(entry, "request", where), f"{where}/request")
            yield from sockets.exchanges(identity, handshake, _messages(entry[FRAMES]))
        else:
            yield _exchange(identity, entry, where)


def _messages(frames: Any) -> Iterator[tuple[bool, Message]]:
    """Whether the client sent it, and the message, of each frame that a browser wrote; binary in Base64."""
    for frame in frames:
        data, is_sent = str(frame.get("data") or ""), frame.get("type") == "send"
        yield is_sent, base64.b64decode(data) if frame.get("opcode") == BINARY else data


def _exchange(identity: str, entry: Mapping[str, Any], where: str) -> Exchange:
    request = _request(required(entry, "request", where), f"{where}/request")
    response = required(entry, "response", where)
    status = int(response.get("status") or 0)
    if status == SWITCHING:
        return Exchange(identity, request, None, failure="the messages of a WebSocket were not recorded")
    if not status:
        failure = str(response.get("_error") or "no answer was recorded")
        return Exchange(identity, request, None, failure=failure)
    fields = _headers(response, f"{where}/response")
    try:
        raw = decode(_content(response.get("content") or {}), fields)
    except CodingError as error:
        return Exchange(identity, request, None, failure=str(error))
    return Exchange(identity, request, read_reply(status, fields, raw))


def _request(message: Mapping[str, Any], where: str) -> Request:
    method, url = str(required(message, "method", where)), str(required(message, "url", where))
    raw = bytes_of((message.get("postData") or {}).get("text"))
    body = strict_json.read(raw)
    return Request(method.upper(), url, _headers(message, where), body.value, None if body.valid else raw)


def _headers(message: Mapping[str, Any], where: str) -> Headers:
    pairs = ((f"{where}/headers/{index}", pair) for index, pair in enumerate(message.get("headers") or ()))
    return headers((required(pair, "name", place), required(pair, "value", place)) for place, pair in pairs)


def _content(content: Mapping[str, Any]) -> bytes:
    """The bytes of a body: a text, Base64, or a list of chunks, also one that is written as JSON."""
    text, coding = content.get("text") or "", str(content.get("encoding") or "")
    if isinstance(text, list):
        return b"".join(base64.b64decode(chunk) if coding == "base64" else chunk.encode() for chunk in text)
    chunks = join_chunks(text, coding)
    if chunks is not None:
        return chunks
    return base64.b64decode(text) if coding == "base64" else text.encode()
