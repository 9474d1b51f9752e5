"""Events to bytes. The one module that knows sse-starlette."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import orjson

from antiphon_mockserver.faults import Misfortune
from antiphon_spec.dialect import Traits

LARGE = 1 << 16
"""A write of about this size costs hardly more than a small one."""
DONE = b"data: [DONE]\n\n"
Message = MutableMapping[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Message], Any]


def frame(event: Mapping[str, Any]) -> bytes:
    """One event as a message of the event stream; its `event` field repeats the type (ENV-02)."""
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event))


def ascii_frame(event: Mapping[str, Any]) -> bytes:
    """The same with every other character escaped: a client may split the bytes wherever it likes."""
    data = json.dumps(event, separators=(",", ":")).encode("ascii")
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), data)


def frames(events: Iterable[Mapping[str, Any]], traits: Traits) -> list[bytes]:
    """All events as messages, and `[DONE]` behind them where the dialect has it."""
    encoded = [*map(ascii_frame if traits.ascii_events else frame, events)]
    if traits.sentinel == "required":
        encoded.append(DONE)
    return encoded


def large_writes(body: bytes) -> Iterator[bytes]:
    """A body in few pieces: writing costs more than anything else about a stream."""
    for start in range(0, len(body), LARGE):
        yield body[start : start + LARGE]


def spoilt(encoded: Sequence[bytes], misfortune: Misfortune) -> Sequence[bytes]:
    """The messages as a bad network leaves them."""
    left = list(encoded)
    broken = misfortune.broken_frame
    if broken is not None and broken < len(left):
        whole = left[broken].rstrip(b"\n")
        left[broken] = whole[: len(whole) * 2 // 3] + b"\n\n"
    return left[: misfortune.cut]


async def send_paced(
    encoded: AsyncIterator[bytes],
    headers: Sequence[tuple[bytes, bytes]],
    scope: Any,
    receive: Receive,
    send: Send,
) -> None:
    """Sends messages as they come, until they end or the client goes away."""
    # sse-starlette brings starlette and anyio along; a server whose streams are not paced does without.
    from sse_starlette import EventSourceResponse  # noqa: PLC0415
    from sse_starlette.sse import AppStatus  # noqa: PLC0415

    # It would break streams off when the server shuts down; ours run to their ends instead.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    response = EventSourceResponse(encoded, sep="\n", ping=3600)
    response.raw_headers = list(headers)
    await response(scope, receive, send)
