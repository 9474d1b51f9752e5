"""Writes a run to a file, so that it can be judged again without the network, with the same verdicts.

A transcript is JSON lines: first `{"run": {...}}`, then one line an exchange in the form of `recordings.py`
with `failure`, `traits`, `not_recorded` and, in the response, `seconds`, `started_at`, `arrivals` and `cut`;
last one `{"episode": {"scenario", "steps": {name: id}, "stopped", "unsupported"}}` for each scenario, with
`webhooks` where some came. A body
that JSON cannot carry unchanged stands under `text` or `base64`, a long one of a request under `gzip`. A turn
over WebSocket has `messages`, a list of texts.
Credentials are replaced before a line is written.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.address import REDACTED
from antiphon_conformance.http.delivery import Delivery, Signature
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request, Trace
from antiphon_conformance.http.redaction import Redaction, redaction_of
from antiphon_conformance.http.text import inert_json
from antiphon_spec.renamed import current_step

LONG = 100_000
"""How many bytes of JSON a request may have before it is compressed."""
ENDINGS = ("stopped", "unsupported")
"""The members of an episode that say why it ended early."""
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
    redaction = redaction_of(tuple(secrets))
    all_episodes = tuple(traces)
    yield _line({"run": dict(run)}, redaction)
    for trace in all_episodes:
        for exchange in trace.exchanges.values():
            yield _line(entry(exchange), redaction)
    for trace in all_episodes:
        yield _line(_episode_entry(trace), redaction)


def run_line(run: Mapping[str, Any], secrets: tuple[str, ...]) -> bytes:
    """The first line of a transcript."""
    return _line({"run": dict(run)}, redaction_of(secrets))


def trace_lines(trace: Trace, secrets: tuple[str, ...]) -> Iterator[bytes]:
    """The lines of one scenario: its exchanges, then what sums it up."""
    redaction = redaction_of(secrets)
    for exchange in trace.exchanges.values():
        yield _line(entry(exchange), redaction)
    yield _line(_episode_entry(trace), redaction)


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
    reason, feature = (None if value is None else str(value) for value in map(summary.get, ENDINGS))
    blame, deliveries = str(summary.get("blame") or "target"), map(_delivery, summary.get("webhooks") or ())
    step = summary.get("stopped_at")
    head = (reason or "").partition(": ")[0]  # older transcripts name the step only there
    step = head if "stopped_at" not in summary and head in steps else step
    return Trace(str(summary["scenario"]), steps, reason, feature, blame, tuple(deliveries), step)


def _delivery(line: Mapping[str, Any]) -> Delivery:
    raw = raw_of(line) or b""
    pairs = [(name, text) for name, value in line["headers"].items() for text in _texts(value)]
    return Delivery(
        str(line["path"]),
        Headers(tuple(pairs)),
        raw,
        strict_json.read(raw).value,
        float(line["arrived_at"]),
        int(line["answered"]),
        Signature(line["signature"]),
    )


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _delivery_entry(delivery: Delivery) -> dict[str, Any]:
    return {
        "path": delivery.path,
        "headers": _headers(delivery.headers),
        **_bytes(delivery.raw),
        "arrived_at": delivery.arrived_at,
        "answered": delivery.status,
        "signature": delivery.signature,
    }


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
        return _parsed(message.get("body"))
    return orjson.loads(gzip.decompress(base64.b64decode(message["gzip"])))


def _parsed(body: Any) -> Any:
    """The body; where a recorder kept the text of an object, the object."""
    if not isinstance(body, str) or not body.startswith("{"):
        return body
    value = strict_json.read(body.encode()).value
    return body if value is None else value


def raw_of(message: Mapping[str, Any]) -> bytes | None:
    """The bytes of a body under `text` or `base64`; None when it has neither."""
    if "base64" in message:
        return base64.b64decode(message["base64"])
    text = message.get("text")
    return text.encode() if isinstance(text, str) else None


def _line(line: Mapping[str, Any], redaction: Redaction) -> bytes:
    return inert_json(redaction.raw(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)))


def _episode_entry(trace: Trace) -> dict[str, Any]:
    steps = {name: exchange.id for name, exchange in trace.exchanges.items()}
    summary = {
        "scenario": trace.scenario,
        "steps": steps,
        "stopped": trace.stop_reason,
        "unsupported": trace.missing_feature,
    }
    summary |= {"blame": trace.blame, "stopped_at": trace.stop_step} if trace.stop_reason else {}
    webhooks = [_delivery_entry(delivery) for delivery in trace.deliveries]
    return {"episode": summary | ({"webhooks": webhooks} if webhooks else {})}


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


def messages_of(response: Mapping[str, Any]) -> list[str | bytes]:
    """The messages of a turn over WebSocket; empty for an answer over HTTP."""
    entries = response.get("messages") or ()
    return [entry if isinstance(entry, str) else base64.b64decode(entry["base64"]) for entry in entries]


def _content(reply: Reply) -> dict[str, Any]:
    if reply.messages:
        return {"messages": [_message(entry) for entry in reply.messages]}
    if reply.stream is not None:
        content = _bytes(reply.raw)
        return {"sse": content["text"]} if "text" in content else content
    if not reply.raw or reply.json_faults or not _survives(reply):
        return _bytes(reply.raw)
    return {"body": reply.body}


def _message(message: str | bytes) -> str | dict[str, str]:
    return message if isinstance(message, str) else {"base64": base64.b64encode(message).decode()}


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
