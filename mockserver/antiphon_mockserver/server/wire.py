"""Encodes events as bytes. No other module uses sse-starlette."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import orjson

from antiphon_mockserver.server.faults import Misfortune
from antiphon_spec.dialect import MockTraits

WRITE_SIZE = 1 << 16
"""Bytes per write: a larger one saves hardly any time."""
DONE = b"data: [DONE]\n\n"
Message = MutableMapping[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Message], Any]


def frame(event: Mapping[str, Any]) -> bytes:
    """Encodes an event as a message of the event stream; its `event` field repeats the type (ENV-02)."""
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event))


def ascii_frame(event: Mapping[str, Any]) -> bytes:
    """Encodes an event in ASCII only, so that a client can split the bytes anywhere."""
    data = json.dumps(event, separators=(",", ":")).encode("ascii")
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), data)


def frames(events: Iterable[Mapping[str, Any]], traits: MockTraits) -> list[bytes]:
    """Encodes all events, and adds `[DONE]` where the dialect requires it."""
    messages = [*map(ascii_frame if traits.ascii_events else frame, events)]
    if traits.sentinel == "required":
        messages.append(DONE)
    return messages


def split(body: bytes) -> Iterator[bytes]:
    """Splits a body into few pieces: writing takes most of the time of a stream."""
    for start in range(0, len(body), WRITE_SIZE):
        yield body[start : start + WRITE_SIZE]


def damage(messages: Sequence[bytes], fault: Misfortune) -> Sequence[bytes]:
    """Returns the messages as a bad network delivers them."""
    copies = list(messages)
    index = fault.broken_frame
    if index is not None and index < len(copies):
        whole = copies[index].rstrip(b"\n")
        copies[index] = whole[: len(whole) * 2 // 3] + b"\n\n"
    return copies[: fault.cut]


async def send_paced(
    messages: AsyncIterator[bytes],
    headers: Sequence[tuple[bytes, bytes]],
    scope: Any,
    receive: Receive,
    send: Send,
) -> None:
    """Sends messages as they come, until they end or the client disconnects."""
    # sse-starlette imports starlette and anyio; only a server with paced streams needs them.
    from sse_starlette import EventSourceResponse  # noqa: PLC0415
    from sse_starlette.sse import AppStatus  # noqa: PLC0415

    # sse-starlette would end streams when the server shuts down; ours send the rest instead.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    response = EventSourceResponse(messages, sep="\n", ping=3600)
    response.raw_headers = list(headers)
    await response(scope, receive, send)
