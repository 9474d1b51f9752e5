"""Writes events as the frames of a stream (WHATWG HTML, 9.2.5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from antiphon_mockserver.response.events import Dump, Events, Pieces
from antiphon_spec.dialect import MockTraits

DONE = b"data: [DONE]\n\n"
"""The frame with which a stream ends where the dialect requires it."""


def encode(events: Iterable[Mapping[str, Any]], traits: MockTraits) -> Iterator[bytes]:
    """Encodes all events one by one, and adds `[DONE]` where the dialect requires it."""
    dump = dump_of(traits)
    for part in events.parts if isinstance(events, Events) else events:
        start = beginning(kind_of(part))
        for text in part.json(dump) if isinstance(part, Pieces) else (dump(part),):
            yield f"{start}{text}\n\n".encode()
    if traits.sentinel == "required":
        yield DONE


def write(events: Iterable[Mapping[str, Any]], traits: MockTraits) -> bytes:
    """The same frames in one piece."""
    end = DONE if traits.sentinel == "required" else b""
    return write_parts(events.parts if isinstance(events, Events) else events, dump_of(traits)) + end


def write_parts(parts: Iterable[Mapping[str, Any] | Pieces], dump: Dump) -> bytes:
    """The frames of these events, without `[DONE]`."""
    frames: list[str] = []
    for part in parts:
        start = beginning(kind_of(part))
        between = f"\n\n{start}"
        text = between.join(part.json(dump)) if isinstance(part, Pieces) else dump(part)
        if text:
            frames += (start, text, "\n\n")
    return "".join(frames).encode()


def dump_of(traits: MockTraits) -> Dump:
    """How the events of a dialect are written."""
    return ascii_text if traits.ascii_events else json_text


def kind_of(part: Mapping[str, Any] | Pieces) -> str:
    """The type of an event, or of the events with the pieces of a text."""
    head = part.head if isinstance(part, Pieces) else part
    kind: str = head["type"]
    return kind


@lru_cache(maxsize=256)
def beginning(kind: str) -> str:
    """What the message of an event begins with: its `event` field repeats the type (ENV-02)."""
    return f"event: {kind}\ndata: "


def json_text(value: Any) -> str:
    """A value as JSON."""
    return orjson.dumps(value).decode()


def ascii_text(value: Any) -> str:
    """A value as JSON in ASCII only, so that a client can split the bytes anywhere."""
    return json.dumps(value, separators=(",", ":"))
