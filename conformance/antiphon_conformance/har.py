"""Reads HAR files, as browsers and proxies write them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance import strict_json
from antiphon_conformance.exchange import Exchange, Headers, Request
from antiphon_conformance.reply import read_reply


def exchanges(document: Mapping[str, Any], name: str) -> Iterator[Exchange]:
    """Every entry of a HAR document as an Exchange called `name#index`."""
    for index, entry in enumerate(document["log"]["entries"]):
        yield _exchange(f"{name}#{index}", entry["request"], entry["response"])


def _exchange(identity: str, asked: Mapping[str, Any], given: Mapping[str, Any]) -> Exchange:
    text = (asked.get("postData") or {}).get("text") or ""
    body = strict_json.read(text)
    request = Request(
        asked["method"].upper(),
        asked["url"],
        _headers(asked),
        body.value,
        None if body.valid else text.encode(),
    )
    if not given.get("status"):
        return Exchange(identity, request, None, failure=str(given.get("_error") or "no answer was recorded"))
    return Exchange(identity, request, read_reply(int(given["status"]), _headers(given), _content(given)))


def _headers(message: Mapping[str, Any]) -> Headers:
    return Headers(tuple((pair["name"], pair["value"]) for pair in message.get("headers", ())))


def _content(given: Mapping[str, Any]) -> bytes:
    content = given.get("content") or {}
    text = content.get("text") or ""
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
