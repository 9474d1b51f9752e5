"""The smallest part of an exchange that shows a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from antiphon_conformance import judge
from antiphon_conformance.exchange import Event, Exchange, Reply, Request, Stream
from antiphon_conformance.report.timeline import Timeline, timeline
from antiphon_conformance.subject import Streamed
from antiphon_conformance.text import safe, show
from antiphon_spec.dialect import Dialect

TELLING = ("type", "id", "object", "status", "sequence_number")
"""Members that tell what an object is: they are shown beside the one that matters."""
LONGEST = 160
MOST_LINES = 40
_EVENT = re.compile(r"event\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an excerpt; the marked ones are those that the finding is about."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What was asked and answered, in few lines, and the stream as lanes when there was one."""

    asked: str
    answered: str
    lines: tuple[Line, ...] = ()
    lanes: Timeline | None = None


def excerpt(exchange: Exchange, where: str, dialect: Dialect) -> Excerpt:
    """The part of an exchange that `where` points into."""
    reply, request = exchange.reply, exchange.request
    asked = safe(f"{request.method} {request.path}", LONGEST)
    if reply is None:
        return Excerpt(asked, safe(exchange.failure or "no answer", LONGEST))
    kind = safe(reply.headers.get("content-type") or "no content type", 80)
    answered = f"{reply.status}, {kind}"
    lines = tuple(_lines(request, reply, where))[:MOST_LINES]
    return Excerpt(asked, answered, lines, _lanes(exchange, where, dialect))


def _lanes(exchange: Exchange, where: str, dialect: Dialect) -> Timeline | None:
    placed = judge.locate(exchange, dialect)
    if placed.reply is None or placed.reply.stream is None:
        return None
    return timeline(Streamed(placed, dialect), _event_number(where))


def _event_number(where: str) -> int | None:
    found = _EVENT.match(where)
    return int(found[1]) if found else None


def _lines(request: Request, reply: Reply, where: str) -> Iterator[Line]:
    root, _, pointer = where.partition("/")
    number = _event_number(where)
    if reply.stream is not None and (number is not None or not where.startswith("reply.")):
        yield from _of_stream(reply.stream, number, pointer)
    elif root == "reply.headers":
        yield from _header(reply, pointer)
    elif root == "reply.status":
        yield Line(f"HTTP status {reply.status}", True)
        yield from _told(reply)
    elif root.startswith("request"):
        yield from _reduced(request.body, pointer)
    elif reply.raw and not isinstance(reply.body, dict | list):
        yield Line(safe(reply.raw[: 4 * LONGEST].decode(errors="replace"), LONGEST), True)
    else:
        yield from _reduced(reply.body, pointer if root == "reply.body" else "")


def _header(reply: Reply, name: str) -> Iterator[Line]:
    values = reply.headers.all(name)
    yield from (Line(safe(f"{name}: {value}", LONGEST), True) for value in values)
    if not values:
        yield Line(safe(f"no header {name}; those that came: {_names(reply)}", 3 * LONGEST), True)


def _names(reply: Reply) -> str:
    return ", ".join(name for name, _ in reply.headers.pairs[:20])


def _told(reply: Reply) -> Iterator[Line]:
    """What a body says of itself, in one line."""
    if isinstance(reply.body, dict):
        told = reply.body.get("error", reply.body)
        yield Line(show(told, LONGEST))
    elif reply.raw:
        yield Line(safe(reply.raw[: 4 * LONGEST].decode(errors="replace"), LONGEST))


def _of_stream(stream: Stream, number: int | None, pointer: str) -> Iterator[Line]:
    """The event before, then the event that matters; the last ones, where the end is what matters."""
    if number is None:
        yield from (Line(_brief(event, "")) for event in stream.events[-3:])
        yield Line("end of stream" + (", cut" if stream.cut else ""), True)
        return
    before = [event for event in stream.events if event.index < number]
    if before:
        yield Line(_brief(before[-1], pointer))
    event = next((one for one in stream.events if one.index == number), None)
    if event is not None:
        yield Line(f"event[{number}]", not pointer)
        yield from _reduced(event.data, pointer)
    elif number < len(stream.frames):
        frame = stream.frames[number]
        yield Line(safe(f"event[{number}] event: {frame.event} data: {frame.data}", 2 * LONGEST), True)


def _brief(event: Event, pointer: str) -> str:
    """An event in one line: its type, its number, and the member that the next one is compared by."""
    wanted = [name for name in ("type", "sequence_number", pointer) if name in event.data]
    told = {name: event.data[name] for name in dict.fromkeys(wanted)}
    return f"event[{event.index}] {show(told, LONGEST)}"


def _reduced(value: Any, pointer: str, depth: int = 0) -> Iterator[Line]:
    """A JSON value down to the place of a pointer, what stands beside it left out."""
    pad = "  " * depth
    name, _, rest = pointer.partition("/")
    step = _step(value, name)
    if not pointer or step is _NOWHERE:
        yield Line(pad + show(value, LONGEST), True)
        return
    opening, closing, beside = (
        ("{", "}", _beside(value, name)) if isinstance(value, Mapping) else ("[", "]", [])
    )
    yield Line(pad + opening)
    yield from (Line(f"{pad}  {show(key)}: {show(value[key], 60)},") for key in beside)
    label = f"{pad}  {show(name)}: " if isinstance(value, Mapping) else f"{pad}  "
    if step is _MISSING:
        yield Line(f"{label.rstrip(': ')} is not there", True)
    elif rest and isinstance(step, Mapping | list):
        inner = list(_reduced(step, rest, depth + 1))
        yield Line(label + inner[0].text.lstrip(), inner[0].marked)
        yield from inner[1:]
    else:
        yield Line(label + show(step, LONGEST), True)
    left = len(value) - len(beside) - (step is not _MISSING)
    if left:
        yield Line(f"{pad}  … {left} more")
    yield Line(pad + closing)


_MISSING, _NOWHERE = object(), object()


def _step(value: Any, name: str) -> Any:
    """What a step of a pointer leads to; `_MISSING` where it is not there, `_NOWHERE` where it cannot be."""
    if isinstance(value, Mapping):
        return value.get(name, _MISSING)
    if isinstance(value, list) and name.isascii() and name.isdigit():
        return value[int(name)] if int(name) < len(value) else _MISSING
    return _NOWHERE


def _beside(value: Mapping[str, Any], name: str) -> list[str]:
    return [
        key for key in TELLING if key in value and key != name and not isinstance(value[key], dict | list)
    ]
