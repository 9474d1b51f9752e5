"""Writes a run to a file, so that it can be judged again without the network, with the same verdicts.

A transcript is JSON lines: first `{"run": {...}}`, then one line an exchange in the form of `recordings.py`
with `failure`, `traits`, `not_recorded` and, in the response, `seconds`, `started_at`, `arrivals` and `cut`;
last one `{"episode": {"scenario", "steps": {name: id}, "stopped", "unsupported"}}` for each scenario. A body
that JSON cannot carry unchanged stands under `text` or `base64`, a long one of a request under `gzip`.
Credentials are replaced before a line is written.
"""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import orjson

from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request, Trace
from antiphon_spec.renamed import current_step

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


def lines(run: Mapping[str, Any], traces: Iterable[Trace], secrets: Iterable[str] = ()) -> Iterator[bytes]:
    """The lines of a transcript; each of `secrets` is replaced everywhere."""
    hideable = hideable_secrets(secrets)
    all_episodes = tuple(traces)
    yield run_line(run, hideable)
    for trace in all_episodes:
        for exchange in trace.exchanges.values():
            yield _line(entry(exchange), hideable)
    for trace in all_episodes:
        yield _line(_episode_entry(trace), hideable)


def run_line(run: Mapping[str, Any], secrets: tuple[str, ...]) -> bytes:
    """The first line of a transcript."""
    return _line({"run": dict(run)}, secrets)


def trace_lines(trace: Trace, secrets: tuple[str, ...]) -> Iterator[bytes]:
    """The lines of one scenario: its exchanges, then what sums it up."""
    for exchange in trace.exchanges.values():
        yield _line(entry(exchange), secrets)
    yield _line(_episode_entry(trace), secrets)


def entry(exchange: Exchange) -> dict[str, Any]:
    """One exchange as a line of our form, its secret headers replaced."""
    request = exchange.request
    fields: dict[str, Any] = {
        "method": request.method,
        "path": request.path,
        "headers": _headers(request.headers),
        "body": request.body,
    }
    if request.raw is not None:
        fields |= _bytes(request.raw)
    archive = _compress(request)
    if archive is not None:
        fields |= {"body": None, "gzip": archive}
    reply = exchange.reply
    line: dict[str, Any] = {
        "id": exchange.id,
        "request": fields,
        "response": None if reply is None else _response(reply),
    }
    if exchange.failure:
        line["failure"] = exchange.failure
    if exchange.traits:
        line["traits"] = sorted(exchange.traits)
    if exchange.not_recorded:
        line["not_recorded"] = sorted(exchange.not_recorded)
    return line


def trace(line: Mapping[str, Any], exchanges: Mapping[str, Exchange]) -> Trace:
    """The scenario that a line sums up, from the exchanges of the lines before it.

    Names of steps of earlier versions become the current ones, for the rules know the steps by name.
    """
    summary = line["episode"]
    steps = {current_step(name): exchanges[identity] for name, identity in summary["steps"].items()}
    return Trace(
        summary["scenario"],
        steps,
        summary.get("stopped"),
        summary.get("unsupported"),
        summary.get("blame") or "target",
    )


def _compress(request: Request) -> str | None:
    """A long body, compressed; None for a short one. A request that is too large on purpose repeats one
    letter."""
    if request.raw is not None or request.body is None:
        return None
    raw = orjson.dumps(request.body)
    return base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode() if len(raw) > LONG else None


def body_of(message: Mapping[str, Any]) -> Any:
    """The parsed body of a request, compressed or not."""
    if "gzip" not in message:
        return message.get("body")
    return orjson.loads(gzip.decompress(base64.b64decode(message["gzip"])))


def raw_of(message: Mapping[str, Any]) -> bytes | None:
    """The bytes of a body under `text` or `base64`; None when it has neither."""
    if "base64" in message:
        return base64.b64decode(message["base64"])
    text = message.get("text")
    return text.encode() if isinstance(text, str) else None


def hideable_secrets(secrets: Iterable[str]) -> tuple[str, ...]:
    """The secrets that can be hidden. A shorter one is a placeholder and would match in the middle of
    words."""
    return tuple(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)


def scrub(raw: bytes, secrets: Iterable[str]) -> bytes:
    """`raw` with each secret replaced, also where JSON escapes its letters."""
    for secret in secrets:
        raw = raw.replace(secret.encode(), REDACTED.encode())
        if b"\\u00" in raw or b"\\/" in raw:
            raw = _secret_pattern(secret).sub(REDACTED.encode(), raw)
    return raw


@cache
def _secret_pattern(secret: str) -> re.Pattern[bytes]:
    """The pattern of a secret in which any letter may be escaped."""
    slash = {"/": r"\\?/"}
    letters = (rf"(?:{slash.get(letter, re.escape(letter))}|\\u(?i:{ord(letter):04x}))" for letter in secret)
    return re.compile("".join(letters).encode())


def _line(line: Mapping[str, Any], secrets: tuple[str, ...]) -> bytes:
    return scrub(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE), secrets)


def _episode_entry(trace: Trace) -> dict[str, Any]:
    steps = {name: exchange.id for name, exchange in trace.exchanges.items()}
    summary = {
        "scenario": trace.scenario,
        "steps": steps,
        "stopped": trace.stop_reason,
        "unsupported": trace.missing_feature,
    }
    return {"episode": summary | ({"blame": trace.blame} if trace.stop_reason else {})}


def _response(reply: Reply) -> dict[str, Any]:
    fields: dict[str, Any] = {"status": reply.status, "headers": _headers(reply.headers)}
    fields |= _content(reply)
    if reply.stream is not None and reply.stream.cut:
        fields["cut"] = True
    if reply.seconds is not None:
        fields["seconds"] = round(reply.seconds, 6)
    if reply.started_at is not None:
        fields["started_at"] = reply.started_at
    if reply.arrivals:
        fields["arrivals"] = [[size, round(seconds, 4)] for size, seconds in reply.arrivals]
    return fields


def _content(reply: Reply) -> dict[str, Any]:
    if reply.stream is not None:
        content = _bytes(reply.raw)
        return {"sse": content["text"]} if "text" in content else content
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


def _headers(headers: Headers) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in headers.pairs:
        text = REDACTED if name.lower() in SECRET_HEADERS else value
        if name in fields:
            fields[name] = [*(fields[name] if isinstance(fields[name], list) else [fields[name]]), text]
        else:
            fields[name] = text
    return fields


def keys_in(exchanges: Iterable[Exchange]) -> list[str]:
    """The credentials of recorded requests, so that a report can hide them where an answer repeats them."""
    keys: dict[str, None] = {}
    for exchange in exchanges:
        for name, value in exchange.request.headers.pairs:
            if name.lower() in SECRET_HEADERS and value != REDACTED:
                keys[value.rpartition(" ")[2]] = None
    return [key for key in hideable_secrets(keys) if key != REDACTED]
