"""Reads cassettes: of VCR in Ruby, R, PHP and Elixir, betamax, vcrpy, go-vcr, nock and the Azure test proxy.

They differ in how they pair requests and answers (a list of interactions, or a list of each), in the names of
members (`uri` or `url`, `body` or `content`), in how they write the status (`200`, `200 OK`, `{code: 200}`)
and in how they keep bodies (`bodies.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Exchange, Headers, Part, Reply, Request
from antiphon_conformance.http.reply import headers, read_reply
from antiphon_conformance.recordings import azure, nock, parsed
from antiphon_conformance.recordings.bodies import CodingError, bytes_of, decode
from antiphon_conformance.recordings.members import required

KEYS = ("interactions", "http_interactions")
REQUESTS, RESPONSES = "requests", "responses"
"""The members of a cassette whose serializer keeps requests and answers apart, in one order."""
PARSED = "parsed_body"
"""The member in which a common custom serializer keeps bodies as YAML."""
STATUS_NAMES = ("code", "status_code", "status")


def is_cassette(document: Any) -> bool:
    """Whether a document is a cassette."""
    if isinstance(document, list):
        return bool(document) and all(map(_is_interaction, document))
    return azure.is_recording(document) or (
        isinstance(document, Mapping)
        and (any(key in document for key in KEYS) or {REQUESTS, RESPONSES} <= set(document))
    )


def _is_interaction(entry: Any) -> bool:
    return isinstance(entry, Mapping) and (isinstance(entry.get("request"), Mapping) or nock.is_call(entry))


def exchanges(document: Any, name: str) -> Iterator[Exchange]:
    """Every interaction of a cassette as an Exchange called `name#index`.

    Raises MissingMemberError when an interaction lacks a member.
    """
    for index, (where, entry) in enumerate(_interactions(document)):
        yield interaction(f"{name}#{index}", required(entry, "request", where), entry.get("response"), where)


def _interactions(document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The interactions of a cassette, each with its place."""
    if isinstance(document, list):
        for index, entry in enumerate(document):
            yield f"{index}", nock.interaction(entry) if nock.is_call(entry) else entry
        return
    if azure.is_recording(document):
        yield from azure.interactions(document)
        return
    key = next((key for key in KEYS if key in document), REQUESTS)
    if key != REQUESTS:
        yield from ((f"{key}/{index}", entry) for index, entry in enumerate(document[key] or ()))
        return
    for index, pair in enumerate(zip_longest(document[REQUESTS] or (), document[RESPONSES] or ())):
        request, response = pair
        if request is not None:
            yield f"{REQUESTS}/{index}", {"request": request, "response": response}


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
    body = response.get("body", response.get("content"))
    if PARSED in response or parsed.is_value(body):
        return parsed.reply(status or 200, fields, response.get(PARSED, body)), lost | {Part.BYTES}
    raw = decode(bytes_of(body), fields)
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
    if PARSED in message or parsed.is_value(message.get("body")):
        body, raw = parsed.request(message.get(PARSED, message.get("body")))
    else:
        raw = _request_bytes(message, fields)
        body = strict_json.read(raw).value
    readable = body is not None or not raw
    return Request(method.upper(), place, fields, body, None if readable else raw)


def _request_bytes(message: Mapping[str, Any], fields: Headers) -> bytes:
    raw = bytes_of(message.get("body") or message.get("request_body"))
    try:
        return decode(raw, fields)
    except CodingError:
        return raw


def _headers(message: Mapping[str, Any]) -> Headers:
    return headers(message.get("headers") or {})
