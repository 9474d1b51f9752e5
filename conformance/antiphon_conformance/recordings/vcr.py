"""Reads VCR cassettes: of vcrpy (`interactions`), and of the original VCR (`http_interactions`)."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Exchange, Request
from antiphon_conformance.http.reply import headers, read_reply, reply_from_value
from antiphon_conformance.recordings.member import RecordingError, member

KEYS = ("interactions", "http_interactions")


def exchanges(document: Mapping[str, Any], path: Path) -> Iterator[Exchange]:
    """Every interaction of a cassette as an Exchange called `name#index`, after its file.

    Raises RecordingError, which names the member, for a missing one.
    """
    key = next(key for key in KEYS if key in document)
    for index, entry in enumerate(member(document, key, list, str(path))):
        where = f"{path}#/{key}/{index}"
        request = member(entry, "request", Mapping, where)
        for name in ("method", "uri"):
            member(request, name, str, f"{where}/request")
        response = member(entry, "response", Mapping, where)
        status = response.get("status")
        code, place = (
            (status.get("code"), "status.code") if isinstance(status, Mapping) else (status, "status")
        )
        if not str(code).isdecimal():
            raise RecordingError(
                f"{where}/response", f"a number `{place}`", "none" if code is None else repr(code)
            )
        yield _exchange(f"{path.stem}#{index}", request, response)


def _exchange(identity: str, request: Mapping[str, Any], response: Mapping[str, Any]) -> Exchange:
    fields = headers(response.get("headers") or {})
    status = int(
        response["status"]["code"] if isinstance(response["status"], Mapping) else response["status"]
    )
    if "parsed_body" in response:  # a common custom serializer keeps bodies as YAML
        reply, traits = reply_from_value(status, fields, response["parsed_body"]), frozenset({"parsed"})
    else:
        reply, traits = read_reply(status, fields, _inflate(_content(response.get("body")))), frozenset[str]()
    return Exchange(identity, _request(request), reply, traits=traits)


def _request(message: Mapping[str, Any]) -> Request:
    if "parsed_body" in message:
        body, raw = message["parsed_body"], orjson.dumps(message["parsed_body"])
    else:
        raw = _inflate(_content(message.get("body")))
        body = strict_json.read(raw).value
    fields = headers(message.get("headers") or {})
    readable = body is not None or not raw
    return Request(
        str(message["method"]).upper(), str(message["uri"]), fields, body, None if readable else raw
    )


def _content(body: Any) -> bytes:
    if isinstance(body, Mapping):
        if "base64_string" in body:
            return base64.b64decode(body["base64_string"])
        body = body.get("string")
    return body if isinstance(body, bytes) else str(body or "").encode()


def _inflate(raw: bytes) -> bytes:
    """The body without gzip: some recorders keep compressed bodies."""
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        return raw
