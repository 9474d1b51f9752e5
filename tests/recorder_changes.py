"""What recorders, and people who tidy recordings, do to exchanges: nothing of it is the server's fault.

    python tests/recorder_changes.py RECORDING.jsonl [--dialect openai]

As `legal_changes.py`, whose form of a recording and whose output these are.
"""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from legal_changes import Change, Json, Message, in_headers, in_objects, in_streams, messages, report, write

IDENTITY = re.compile(r"\b(resp|msg|fc|rs|ws|fs|ci|ig|mcp|mcpl|mcpr|cmp|ctc|call)_[0-9A-Za-z]{16,}")
NAME = re.compile(r"\b[A-Z][a-z]{5,}\b")
BASE64 = re.compile(r"[A-Za-z0-9+/]{400,}={0,2}")
TIMES = ("created_at", "completed_at")
TEXTS = ("text", "delta", "arguments", "output", "refusal", "instructions", "content", "input")


def everywhere(change: Callable[[str], str]) -> Change:
    """Search and replace over the whole exchange, as a filter of a recorder does it."""
    return lambda exchange: {**exchange, **_parts(exchange, change, ("request", "response"))}


def in_answers(change: Callable[[str], str]) -> Change:
    """Search and replace over the answer alone."""
    return lambda exchange: {**exchange, **_parts(exchange, change, ("response",))}


def _parts(exchange: Json, change: Callable[[str], str], names: tuple[str, ...]) -> Json:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(member) for name, member in value.items()}
        if isinstance(value, list):
            return [walk(member) for member in value]
        return change(value) if isinstance(value, str) else value

    return {name: walk(exchange[name]) for name in names}


def in_texts(change: Callable[[str], str]) -> Change:
    """Changes each text of an answer by itself, also each piece of a streamed one."""

    def in_object(value: Json) -> Json:
        return {
            name: change(member) if name in TEXTS and isinstance(member, str) else member
            for name, member in value.items()
        }

    return in_objects(in_object)


def in_requests(change: Callable[[Json], Any]) -> Change:
    """Changes the body of the request; None where it has none."""

    def changed(exchange: Json) -> Json | None:
        body = exchange["request"].get("body")
        if not isinstance(body, dict):
            return None
        return {**exchange, "request": {**exchange["request"], "body": change(copy.deepcopy(body))}}

    return changed


def at(path: str) -> Change:
    """The request goes to another address: a proxy, a gateway, a version in the query."""

    def changed(exchange: Json) -> Json:
        tail = exchange["request"]["path"].removeprefix("/v1")
        return {**exchange, "request": {**exchange["request"], "path": path.format(tail)}}

    return changed


def renumbered(text: str) -> str:
    """Short ids in the order of their first appearance, as sanitizers give them."""
    names: dict[str, str] = {}

    def short(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"{match[1]}_{len(names) + 1}")

    return IDENTITY.sub(short, text)


def with_uuids(text: str) -> str:
    """Each id becomes a UUID of its own."""
    return IDENTITY.sub(lambda match: f"{match[1]}_{uuid.uuid5(uuid.NAMESPACE_OID, match[0])}", text)


def one_time(value: Json) -> Json:
    """The clock of the tests stood still."""
    return {name: 1_700_000_000 if name in TIMES and member else member for name, member in value.items()}


def no_time(value: Json) -> Json:
    """The times are zero."""
    return {name: 0 if name in TIMES and member else member for name, member in value.items()}


def sealed(value: Json) -> Json:
    """What was encrypted is a word."""
    return {**value, "encrypted_content": "encrypted"} if value.get("encrypted_content") else value


def without_names(found: list[Message]) -> list[Message]:
    """Only the data lines of a stream are kept."""
    return [Message(None, message.data) for message in found]


def with_a_sentinel(found: list[Message]) -> list[Message]:
    """A recorder, or a proxy for chats, ends every stream in its own way."""
    is_ended = bool(found) and found[-1].data == "[DONE]"
    return found if is_ended else [*found, Message(None, "[DONE]")]


def final_only(exchange: Json) -> Json | None:
    """Of a stream, only the response of its last event is kept."""
    sse = exchange["response"].get("sse")
    last = [message.event for message in messages(sse) if message.event][-1:] if isinstance(sse, str) else []
    if not last or not isinstance(last[0].get("response"), dict):
        return None
    answer = {name: value for name, value in exchange["response"].items() if name != "sse"}
    return {**exchange, "response": {**answer, "body": last[0]["response"]}}


def without_end(exchange: Json) -> Json | None:
    """The client left a stream before its end, and inside an item."""
    sse = exchange["response"].get("sse")
    found = messages(sse) if isinstance(sse, str) else []
    kept = found[: len(found) // 2]
    if len(kept) < 3 or kept[-1].name == "response.output_item.done":
        return None
    return {**exchange, "response": {**exchange["response"], "sse": write(kept)}}


LOSSES: dict[str, Change] = {
    "one id for all": everywhere(lambda text: IDENTITY.sub(r"\1_REDACTED", text)),
    "one made-up id for all": everywhere(lambda text: IDENTITY.sub(r"\1_abc123", text)),
    "an id with dots": in_answers(lambda text: IDENTITY.sub(lambda match: f"{match[0][:8]}...", text)),
    "short ids in answers": in_answers(renumbered),
    "UUIDs": everywhere(with_uuids),
    "one time": in_objects(one_time),
    "no time": in_objects(no_time),
    "whole numbers as fractions": in_objects(
        lambda value: {name: float(each) if name in TIMES and each else each for name, each in value.items()}
    ),
    "encrypted content is a word": in_objects(sealed),
    "masked names in texts": in_texts(lambda text: NAME.sub("[NAME]", text)),
    "masked names everywhere": everywhere(lambda text: NAME.sub("***", text)),
    "long texts cut": in_texts(lambda text: text if len(text) <= 80 else f"{text[:80]}..."),
    "long texts replaced": in_texts(lambda text: text if len(text) <= 80 else "<truncated>"),
    "images replaced": everywhere(lambda text: BASE64.sub("<base64>", text)),
    "another model in the answer": in_objects(
        lambda value: {**value, "model": "test-model"} if "model" in value else value
    ),
    "another model in the request": in_requests(lambda body: {**body, "model": "test-model"}),
    "the request as a text": in_requests(json.dumps),
    "the request's input hidden": in_requests(lambda body: {**body, "input": "REDACTED"}),
    "the request's input gone": in_requests(
        lambda body: {name: value for name, value in body.items() if name != "input"}
    ),
    "the request's tools gone": in_requests(
        lambda body: {name: value for name, value in body.items() if name != "tools"}
    ),
    "nulls of the request gone": in_requests(
        lambda body: {name: value for name, value in body.items() if value is not None}
    ),
    "a length that is wrong": in_headers(lambda headers: {**headers, "content-length": "7"}),
    "a coding that is undone": in_headers(lambda headers: {**headers, "content-encoding": "br"}),
    "headers in another order": in_headers(lambda headers: dict(reversed(headers.items()))),
    "no headers": in_headers(lambda headers: {}),
    "hidden headers": in_headers(lambda headers: dict.fromkeys(headers, "REDACTED")),
    "data lines only": in_streams(without_names),
    "a sentinel": in_streams(with_a_sentinel),
    "Unicode escapes": in_streams(lambda found: [_escaped(message) for message in found]),
    "only the final response": final_only,
    "half a stream": without_end,
    "a gateway's address": at("https://gateway.example/openai/v1{}"),
    "a version in the query": at("https://host.example/openai{}?api-version=2026-11-01"),
}


def _escaped(message: Message) -> Message:
    """The message with its data as a text in which every letter beyond ASCII is escaped."""
    return Message(message.name, json.dumps(message.data) if message.event else message.data)


if __name__ == "__main__":
    report(LOSSES, __doc__ or "")
