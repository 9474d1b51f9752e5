"""Reads VCR cassettes: those of vcrpy (`interactions`), and those of the original (`http_interactions`)."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from antiphon_conformance import strict_json
from antiphon_conformance.exchange import Exchange, Request
from antiphon_conformance.reply import headers, read_reply, reply_from_value

KEYS = ("interactions", "http_interactions")


def exchanges(document: Mapping[str, Any], name: str) -> Iterator[Exchange]:
    """Every interaction of a cassette as an Exchange called `name#index`."""
    interactions = next(document[key] for key in KEYS if key in document)
    for index, entry in enumerate(interactions):
        yield _exchange(f"{name}#{index}", entry["request"], entry["response"])


def _exchange(identity: str, asked: Mapping[str, Any], given: Mapping[str, Any]) -> Exchange:
    sent = headers(given.get("headers") or {})
    status = int(given["status"]["code"] if isinstance(given["status"], Mapping) else given["status"])
    if "parsed_body" in given:  # a common custom serializer keeps bodies as YAML
        reply, traits = reply_from_value(status, sent, given["parsed_body"]), frozenset({"parsed"})
    else:
        reply, traits = read_reply(status, sent, _inflated(_content(given.get("body")))), frozenset[str]()
    return Exchange(identity, _request(asked), reply, traits=traits)


def _request(asked: Mapping[str, Any]) -> Request:
    if "parsed_body" in asked:
        body, raw = asked["parsed_body"], orjson.dumps(asked["parsed_body"])
    else:
        raw = _inflated(_content(asked.get("body")))
        body = strict_json.read(raw).value
    sent = headers(asked.get("headers") or {})
    readable = body is not None or not raw
    return Request(str(asked["method"]).upper(), str(asked["uri"]), sent, body, None if readable else raw)


def _content(body: Any) -> bytes:
    if isinstance(body, Mapping):
        if "base64_string" in body:
            return base64.b64decode(body["base64_string"])
        body = body.get("string")
    return body if isinstance(body, bytes) else str(body or "").encode()


def _inflated(raw: bytes) -> bytes:
    """Recorders keep compressed bodies as they came."""
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        return raw
