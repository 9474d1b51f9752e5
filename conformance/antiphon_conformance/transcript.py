"""Writes down a run so that it can be judged again without the network, to the same verdicts.

A transcript is JSON lines: first `{"run": {...}}`, then one line an exchange in the form of `recordings.py`
with `failure`, `traits` and, in the response, `seconds`, `started_at` and `cut`; last one `{"episode":
{"scenario", "steps": {name: id}, "stopped", "unsupported"}}` for each scenario. A body that JSON cannot
carry unchanged stands under `text` or `base64`, a long one of a request under `gzip`. Credentials are
replaced before a line is written.
"""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import orjson

from antiphon_conformance.exchange import Episode, Exchange, Headers, Reply, Request

REDACTED = "REDACTED"
LONG = 100_000
"""How many bytes of JSON a request may have before it is compressed."""
SHORTEST_SECRET = 6
SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "api-key", "x-api-key", "cookie", "set-cookie"}
)


def is_run(entry: Mapping[str, Any]) -> bool:
    """Whether a line is the header of a transcript."""
    return "run" in entry and "request" not in entry


def is_episode(entry: Mapping[str, Any]) -> bool:
    """Whether a line sums up a scenario."""
    return "episode" in entry and "request" not in entry


def lines(
    run: Mapping[str, Any], episodes: Iterable[Episode], secrets: Iterable[str] = ()
) -> Iterator[bytes]:
    """The lines of a transcript; every one of `secrets` is replaced wherever it stands."""
    hidden = hideable_secrets(secrets)
    kept = tuple(episodes)
    yield _line({"run": dict(run)}, hidden)
    for episode in kept:
        for exchange in episode.exchanges.values():
            yield _line(entry(exchange), hidden)
    for episode in kept:
        yield _line(_episode_entry(episode), hidden)


def entry(exchange: Exchange) -> dict[str, Any]:
    """One exchange as a line of our form, its secret headers replaced."""
    asked = exchange.request
    request: dict[str, Any] = {
        "method": asked.method,
        "path": asked.path,
        "headers": _headers(asked.headers),
        "body": asked.body,
    }
    if asked.raw is not None:
        request |= _bytes(asked.raw)
    packed = _packed(asked)
    if packed is not None:
        request |= {"body": None, "gzip": packed}
    reply = exchange.reply
    found: dict[str, Any] = {
        "id": exchange.id,
        "request": request,
        "response": None if reply is None else _response(reply),
    }
    if exchange.failure:
        found["failure"] = exchange.failure
    if exchange.traits:
        found["traits"] = sorted(exchange.traits)
    return found


def episode(found: Mapping[str, Any], exchanges: Mapping[str, Exchange]) -> Episode:
    """The Episode that a line sums up, of the exchanges read before it."""
    told = found["episode"]
    steps = {name: exchanges[identity] for name, identity in told["steps"].items()}
    return Episode(
        told["scenario"], steps, told.get("stopped"), told.get("unsupported"), told.get("blame") or "target"
    )


def _packed(asked: Request) -> str | None:
    """A long body, compressed: a request that is too large on purpose is megabytes of the same letter."""
    if asked.raw is not None or asked.body is None:
        return None
    raw = orjson.dumps(asked.body)
    return base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode() if len(raw) > LONG else None


def body_of(message: Mapping[str, Any]) -> Any:
    """The parsed body of a request, compressed or not."""
    if "gzip" not in message:
        return message.get("body")
    return orjson.loads(gzip.decompress(base64.b64decode(message["gzip"])))


def raw_of(message: Mapping[str, Any]) -> bytes | None:
    """The bytes of a body that stands under `text` or `base64`; None when it stands elsewhere."""
    if "base64" in message:
        return base64.b64decode(message["base64"])
    text = message.get("text")
    return text.encode() if isinstance(text, str) else None


def hideable_secrets(secrets: Iterable[str]) -> tuple[str, ...]:
    """Those that can be hidden: a shorter one is a placeholder, and would be found in the middle of words."""
    return tuple(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)


def scrub(raw: bytes, secrets: Iterable[str]) -> bytes:
    """`raw` with each secret replaced, as it is or in the escapes of JSON."""
    for secret in secrets:
        raw = raw.replace(secret.encode(), REDACTED.encode())
        if b"\\u00" in raw or b"\\/" in raw:
            raw = _escaped(secret).sub(REDACTED.encode(), raw)
    return raw


@cache
def _escaped(secret: str) -> re.Pattern[bytes]:
    """Finds a secret any of whose letters is escaped."""
    slash = {"/": r"\\?/"}
    letters = (rf"(?:{slash.get(one, re.escape(one))}|\\u(?i:{ord(one):04x}))" for one in secret)
    return re.compile("".join(letters).encode())


def redact(request: Request, secrets: Iterable[str]) -> Request:
    """A request that may be kept: no credential in its headers."""
    hidden = frozenset(secrets)
    pairs = tuple(
        (name, REDACTED if name.lower() in SECRET_HEADERS or value in hidden else value)
        for name, value in request.headers.pairs
    )
    return Request(request.method, request.path, Headers(pairs), request.body, request.raw)


def _line(found: Mapping[str, Any], secrets: tuple[str, ...]) -> bytes:
    return scrub(orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE), secrets)


def _episode_entry(told: Episode) -> dict[str, Any]:
    steps = {name: exchange.id for name, exchange in told.exchanges.items()}
    summary = {
        "scenario": told.scenario,
        "steps": steps,
        "stopped": told.stop_reason,
        "unsupported": told.missing_feature,
    }
    return {"episode": summary | ({"blame": told.blame} if told.stop_reason else {})}


def _response(reply: Reply) -> dict[str, Any]:
    given: dict[str, Any] = {"status": reply.status, "headers": _headers(reply.headers)}
    given |= _content(reply)
    if reply.stream is not None and reply.stream.cut:
        given["cut"] = True
    if reply.seconds is not None:
        given["seconds"] = round(reply.seconds, 6)
    if reply.started_at is not None:
        given["started_at"] = reply.started_at
    return given


def _content(reply: Reply) -> dict[str, Any]:
    if reply.stream is not None:
        kept = _bytes(reply.raw)
        return {"sse": kept["text"]} if "text" in kept else kept
    if not reply.raw or reply.json_faults or not _survives(reply):
        return _bytes(reply.raw)
    return {"body": reply.body}


def _survives(reply: Reply) -> bool:
    """Whether the parsed body, written out, gives the same bytes again."""
    try:
        return orjson.dumps(reply.body) == reply.raw
    except (TypeError, orjson.JSONEncodeError):
        return False


def _bytes(raw: bytes) -> dict[str, str]:
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _headers(sent: Headers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in sent.pairs:
        shown = REDACTED if name.lower() in SECRET_HEADERS else value
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), shown]
        else:
            found[name] = shown
    return found
