"""Reads what `nock` writes in JavaScript: a list of calls, each with `scope`, `path` and `response`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

Json = dict[str, Any]


def is_call(entry: Any) -> bool:
    """Whether an entry of a list is a call as nock records it."""
    return isinstance(entry, Mapping) and {"scope", "path", "response"} <= set(entry)


def interaction(call: Mapping[str, Any]) -> Json:
    """The call as an interaction of a cassette."""
    request = {
        "method": call.get("method", "GET"),
        "uri": f"{call['scope']}{call['path']}",
        "headers": call.get("reqheaders") or {},
        "body": _text(call.get("body")),
    }
    response = {
        "status": call.get("status", 200),
        "headers": _headers(call.get("rawHeaders") or {}),
        "body": _content(call["response"]),
    }
    return {"request": request, "response": response}


def _text(body: Any) -> Any:
    return body if body is None or isinstance(body, str) else orjson.dumps(body)


def _headers(raw: Any) -> Any:
    """Headers as an object, or as a list in which names and values alternate."""
    if not isinstance(raw, list):
        return raw
    fields: dict[str, list[Any]] = {}
    for name, value in zip(raw[::2], raw[1::2], strict=False):
        fields.setdefault(str(name), []).append(value)
    return fields


def _content(body: Any) -> Any:
    """A parsed body as bytes; a list of texts is one of chunks in hexadecimal digits."""
    if isinstance(body, list) and body and all(isinstance(chunk, str) for chunk in body):
        try:
            return bytes.fromhex("".join(body))
        except ValueError:
            return orjson.dumps(body)
    return _text(body)
