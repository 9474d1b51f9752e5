"""Reads cassettes: of VCR in Ruby and R, betamax, vcrpy and go-vcr.

They differ in the names of members (`uri` or `url`, `body` or `content`), in how they write the status
(`200`, `200 OK`, `{code: 200}`) and in how they keep bodies (`bodies.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Exchange, Headers, Part, Reply, Request
from antiphon_conformance.http.reply import headers, read_reply, reply_from_value
from antiphon_conformance.recordings.bodies import CodingError, bytes_of, decode
from antiphon_conformance.recordings.members import required

KEYS = ("interactions", "http_interactions")
STATUS_NAMES = ("code", "status_code", "status")


def exchanges(document: Mapping[str, Any], name: str) -> Iterator[Exchange]:
    """Every interaction of a cassette as an Exchange called `name#index`.

    Raises MissingMemberError when an interaction lacks a member.
    """
    key = next(key for key in KEYS if key in document)
    for index, entry in enumerate(document[key] or ()):
        where = f"{key}/{index}"
        yield interaction(f"{name}#{index}", required(entry, "request", where), entry.get("response"), where)


def interaction(
    identity: str, message: Mapping[str, Any], response: Mapping[str, Any] | None, where: str = ""
) -> Exchange:
    """One recorded request and its answer as an Exchange. Raises MissingMemberError."""
    request = _request(message, f"{where}/request")
    if not response:
        return Exchange(identity, request, None, failure="no answer was recorded")
    try:
        reply, lost = _reply(response)
    except CodingError as error:
        return Exchange(identity, request, None, failure=str(error))
    return Exchange(identity, request, reply, not_recorded=lost)


def _reply(response: Mapping[str, Any]) -> tuple[Reply, frozenset[Part]]:
    fields, status = _headers(response), _status(response)
    lost = frozenset({Part.STATUS}) if status is None else frozenset[Part]()
    if "parsed_body" in response:  # a common custom serializer keeps bodies as YAML
        return reply_from_value(status or 200, fields, response["parsed_body"]), lost | {Part.BYTES}
    raw = decode(bytes_of(response.get("body", response.get("content"))), fields)
    return read_reply(status or 200, fields, raw), lost


def _status(response: Mapping[str, Any]) -> int | None:
    """The status: a number, a text that begins with one, or either in an object; None when there is none."""
    for name in STATUS_NAMES:
        value = response.get(name)
        if isinstance(value, Mapping):
            return _status(value)
        first = str(value).split(" ")[0]
        if first.isdecimal() and len(first) == 3:
            return int(first)
    return None


def _request(message: Mapping[str, Any], where: str) -> Request:
    place = str(message["uri"] if "uri" in message else required(message, "url", where))
    method = str(required(message, "method", where))
    fields = _headers(message)
    if "parsed_body" in message:
        body, raw = message["parsed_body"], orjson.dumps(message["parsed_body"])
    else:
        raw = _request_bytes(message, fields)
        body = strict_json.read(raw).value
    readable = body is not None or not raw
    return Request(method.upper(), place, fields, body, None if readable else raw)


def _request_bytes(message: Mapping[str, Any], fields: Headers) -> bytes:
    raw = bytes_of(message.get("body"))
    try:
        return decode(raw, fields)
    except CodingError:
        return raw


def _headers(message: Mapping[str, Any]) -> Headers:
    return headers(message.get("headers") or {})
