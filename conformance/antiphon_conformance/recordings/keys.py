"""The keys in recorded requests, and exchanges without them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import orjson

from antiphon_conformance.http import sse, strict_json
from antiphon_conformance.http.address import REDACTED, is_secret_name
from antiphon_conformance.http.exchange import Exchange, Reply, Request
from antiphon_conformance.http.redaction import Redaction, is_secret, redaction_of
from antiphon_conformance.http.turns import read_turn, redact
from antiphon_conformance.recordings.transcript import SECRET_HEADERS

MOST_KEYS = 20
"""How many keys of other requests are looked for in an answer; those of its own request always are."""
SHORTEST_COOKIE = 16
"""Shorter values of cookies are settings, such as a language."""
COOKIES = frozenset({"cookie", "set-cookie"})


def keys_in(exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """The keys in the headers and the queries of recorded requests, each once."""
    keys = dict.fromkeys(key for exchange in exchanges for key in keys_of(exchange.request))
    return tuple(key for key in keys if is_secret(key))


def keys_of(request: Request) -> Iterator[str]:
    """The credentials of one request."""
    for name, value in request.headers.pairs:
        if name.lower() in COOKIES:
            values = (pair.partition("=")[2].strip() for pair in value.split(";"))
            yield from (text for text in values if len(text) >= SHORTEST_COOKIE)
        elif (name.lower() in SECRET_HEADERS or is_secret_name(name)) and value != REDACTED:
            yield value.rpartition(" ")[2]
    for pair in request.path.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if value and is_secret_name(unquote(name)):
            yield unquote(value)


def without_keys(exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """The exchanges without the keys of their requests, wherever these stand. The judge sees no key, so that
    no excerpt can show a part of one."""
    pool = tuple(exchanges)
    shared = keys_in(pool)[:MOST_KEYS]
    if not shared:
        return pool
    return tuple(hide(item, redaction_of((*shared, *keys_in([item])))) for item in pool)


def hide(exchange: Exchange, redaction: Redaction) -> Exchange:
    """The exchange without secrets in its request, its answer and the reason of its failure."""
    request, reply = exchange.request, exchange.reply
    return replace(
        exchange,
        request=replace(
            request,
            path=redaction.text(request.path),
            headers=redaction.headers(request.headers),
            body=_body(request.body, redaction),
            raw=None if request.raw is None else redaction.raw(request.raw),
        ),
        reply=None if reply is None else _reply(reply, redaction),
        failure=redaction.text(exchange.failure) if exchange.failure else exchange.failure,
    )


def _body(body: Any, redaction: Redaction) -> Any:
    if body is None:
        return None
    try:
        raw = orjson.dumps(body)
    except (TypeError, ValueError):  # integers beyond 64 bits, lone surrogates
        return body
    clean = redaction.raw(raw)
    return body if clean == raw else strict_json.read(clean).value


def _turn(reply: Reply, redaction: Redaction) -> Reply:
    messages = redact([*reply.messages], redaction)
    clean = read_turn(messages, cut=reply.stream is not None and reply.stream.cut)
    return replace(clean, seconds=reply.seconds, started_at=reply.started_at)


def _reply(reply: Reply, redaction: Redaction) -> Reply:
    raw, headers = redaction.raw(reply.raw), redaction.headers(reply.headers)
    if reply.messages:
        return _turn(reply, redaction)
    if raw == reply.raw:
        return reply if headers == reply.headers else replace(reply, headers=headers)
    if reply.stream is not None:
        most = max(1, len(reply.stream.frames)) if reply.stream.limited else sse.MOST_EVENTS
        stream = sse.read(raw, cut=reply.stream.cut, most=most)
        return replace(reply, headers=headers, raw=raw, stream=stream, arrivals=())
    reading = strict_json.read(raw)
    return replace(reply, headers=headers, raw=raw, body=reading.value, json_faults=reading.faults)
