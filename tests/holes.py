"""Answers with a hole: each hole takes one member, or one line, out of every place of an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.reply import read_reply
from antiphon_mockserver.mutants import Call, Mutant

Json = dict[str, Any]
Edit = Callable[[Json], None]

PARTS = ("content", "summary")


@dataclass(frozen=True, slots=True)
class Hole:
    """One member that an answer does not have, wherever such a member belongs."""

    holder: str
    """`event`, `response`, `item`, `part` or `usage`; `line` for the `event:` line of a message."""
    member: str

    @property
    def name(self) -> str:
        """`item.id`, `event.output_index`."""
        return f"{self.holder}.{self.member}"

    def cut(self, exchange: Exchange) -> Exchange:
        """The exchange with an answer that has this hole."""
        if self.holder == "line":
            return with_raw(exchange, re.sub(rb"(?m)^event:[^\n]*\n", b"", exchange.answer.raw))
        return edited(exchange, self._edit)

    def _edit(self, event_or_body: Json) -> None:
        for holder in holders(event_or_body, self.holder):
            holder.pop(self.member, None)


def holders(value: Json, kind: str) -> Iterator[Json]:
    """The objects of a kind in an event or in a response object."""
    is_event = "response" in value or str(value.get("type")).startswith("response.")
    responses = _objects([value.get("response") if is_event else value])
    items = [item for response in responses for item in _objects(response.get("output"))]
    items += _objects([value.get("item")]) if is_event else []
    if kind == "event":
        yield from [value] if is_event else []
    elif kind == "response":
        yield from responses
    elif kind == "usage":
        yield from (usage for response in responses for usage in _objects([response.get("usage")]))
    elif kind == "item":
        yield from items
    elif kind == "part":
        yield from _objects([value.get("part")]) if is_event else []
        yield from (part for item in items for name in PARTS for part in _objects(item.get(name)))


def _objects(value: Any) -> list[Json]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def edited(exchange: Exchange, edit: Edit) -> Exchange:
    """The exchange after a change of each event of its stream, or else of its body."""
    reply = exchange.answer
    if reply.stream is not None:
        return with_frames(exchange, [_edited_frame(frame, edit) for frame in frames(reply.raw)])
    body = deepcopy(reply.body)
    if isinstance(body, dict):
        edit(body)
    return with_raw(exchange, json.dumps(body).encode())


def _edited_frame(frame: bytes, edit: Edit) -> bytes:
    head, mark, data = frame.partition(b"data: ")
    try:
        event = json.loads(data)
    except ValueError:
        return frame
    if not isinstance(event, dict):
        return frame
    edit(event)
    return head + mark + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"


def frames(raw: bytes) -> list[bytes]:
    """The messages of a stream, each with the blank line after it."""
    return [block + b"\n\n" for block in raw.split(b"\n\n") if block]


def with_frames(exchange: Exchange, messages: list[bytes]) -> Exchange:
    """The exchange with other messages in its stream."""
    return with_raw(exchange, b"".join(messages))


def with_raw(exchange: Exchange, raw: bytes) -> Exchange:
    """The exchange with other bytes as its answer."""
    reply = exchange.answer
    cut = reply.stream.cut if reply.stream else False
    return replace(exchange, reply=read_reply(reply.status, reply.headers, raw, cut=cut))


def with_mutant(exchange: Exchange, mutant: Mutant) -> Exchange:
    """The exchange as a server with this mutant of bodies, events or SSE would have answered."""
    reply, request = exchange.answer, exchange.request
    path, _, query = request.path.partition("?")
    pairs = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
    call = Call(exchange.operation or "", request.method, f"/v1{path}", pairs, request.body)
    if mutant.seam == "body" and reply.stream is None:
        value = mutant.mutate(deepcopy(reply.body), call)
        return with_raw(exchange, json.dumps(value).encode())
    if mutant.seam == "sse" and reply.stream is not None:
        return with_frames(exchange, mutant.mutate(frames(reply.raw), call))
    if mutant.seam == "events" and reply.stream is not None:
        events = [deepcopy(dict(event.data)) for event in reply.stream.events]
        rest = [frame for frame in frames(reply.raw) if frame.startswith(b"data: [")]
        return with_frames(exchange, [*map(_frame, mutant.mutate(events, call)), *rest])
    return exchange


def _frame(event: Json) -> bytes:
    data = json.dumps(event, separators=(",", ":"))
    return f"event: {event.get('type')}\ndata: {data}\n\n".encode()


def is_same_answer(left: Exchange, right: Exchange) -> bool:
    """Whether two answers say the same, however their JSON is spelled."""
    streams = left.answer.stream, right.answer.stream
    if streams[0] is None or streams[1] is None:
        return bool(left.answer.body == right.answer.body)
    shown = ([(frame.event, frame.data) for frame in stream.frames] for stream in streams if stream)
    return next(shown) == next(shown)
