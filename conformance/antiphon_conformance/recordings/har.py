"""Reads HAR files, as browsers and proxies write them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.recordings.member import member


def exchanges(document: Mapping[str, Any], path: Path) -> Iterator[Exchange]:
    """Every entry of a HAR document as an Exchange called `name#index`, after its file.

    Raises RecordingError, which names the member, for a missing one.
    """
    log = member(document, "log", Mapping, str(path))
    for index, entry in enumerate(member(log, "entries", list, f"{path}#/log")):
        where = f"{path}#/log/entries/{index}"
        message = member(entry, "request", Mapping, where)
        for name in ("method", "url"):
            member(message, name, str, f"{where}/request")
        response = member(entry, "response", Mapping, where)
        yield _exchange(f"{path.stem}#{index}", message, response)


def _exchange(identity: str, message: Mapping[str, Any], response: Mapping[str, Any]) -> Exchange:
    text = (message.get("postData") or {}).get("text") or ""
    body = strict_json.read(text)
    request = Request(
        message["method"].upper(),
        message["url"],
        _headers(message),
        body.value,
        None if body.valid else text.encode(),
    )
    if not response.get("status"):
        return Exchange(
            identity, request, None, failure=str(response.get("_error") or "no answer was recorded")
        )
    return Exchange(
        identity, request, read_reply(int(response["status"]), _headers(response), _content(response))
    )


def _headers(message: Mapping[str, Any]) -> Headers:
    return Headers(tuple((pair["name"], pair["value"]) for pair in message.get("headers", ())))


def _content(response: Mapping[str, Any]) -> bytes:
    content = response.get("content") or {}
    text = content.get("text") or ""
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
