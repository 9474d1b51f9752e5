"""The smallest part of an exchange that shows a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Event, Exchange, Reply, Request, Stream
from antiphon_conformance.http.text import safe, show
from antiphon_conformance.report.timeline import Timeline, timeline
from antiphon_conformance.requests.location import at_operation
from antiphon_conformance.rules.views import StreamReply
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

TELLING = ("type", "id", "object", "status", "sequence_number")
"""Members that identify an object: an excerpt shows them beside the member that matters."""
LONGEST = 160
MOST_LINES = 40
_EVENT = re.compile(r"event\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an excerpt; the finding is about the marked lines."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A request and its answer in a few lines, and the stream as lanes when there is one."""

    asked: str
    answered: str
    lines: tuple[Line, ...] = ()
    lanes: Timeline | None = None


def excerpt(exchange: Exchange, where: str, dialect: Dialect) -> Excerpt:
    """The part of an exchange that `where` points into."""
    reply, request = exchange.reply, exchange.request
    request_line = safe(f"{request.method} {request.path}", LONGEST)
    if reply is None:
        return Excerpt(request_line, safe(exchange.failure or "no answer", LONGEST))
    kind = safe(reply.headers.get("content-type") or "no content type", 80)
    status_line = f"{reply.status}, {kind}"
    lines = tuple(_lines(request, reply, where))[:MOST_LINES]
    return Excerpt(request_line, status_line, lines, _lanes(exchange, where, dialect))


def _lanes(exchange: Exchange, where: str, dialect: Dialect) -> Timeline | None:
    match = at_operation(exchange, dialect)
    if match.reply is None or match.reply.stream is None:
        return None
    return timeline(StreamReply(match, dialect), _event_number(where))


def _event_number(where: str) -> int | None:
    match = _EVENT.match(where)
    return int(match[1]) if match else None


def _lines(request: Request, reply: Reply, where: str) -> Iterator[Line]:
    root, _, pointer = where.partition("/")
    number = _event_number(where)
    if reply.stream is not None and (number is not None or not where.startswith("reply.")):
        yield from _of_stream(reply.stream, number, pointer)
    elif root == "reply.headers":
        yield from _header(reply, pointer)
    elif root == "reply.status":
        yield Line(f"HTTP status {reply.status}", True)
        yield from _body_summary(reply)
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
        yield Line(safe(f"no header {name}; the answer has: {_names(reply)}", 3 * LONGEST), True)


def _names(reply: Reply) -> str:
    return ", ".join(name for name, _ in reply.headers.pairs[:20])


def _body_summary(reply: Reply) -> Iterator[Line]:
    """The `error` of a body, or the body, in one line."""
    if isinstance(reply.body, dict):
        yield Line(show(reply.body.get("error", reply.body), LONGEST))
    elif reply.raw:
        yield Line(safe(reply.raw[: 4 * LONGEST].decode(errors="replace"), LONGEST))


def _of_stream(stream: Stream, number: int | None, pointer: str) -> Iterator[Line]:
    """The event that matters and the one before it; the last three events when `number` is None."""
    if number is None:
        yield from (Line(_brief(event, "")) for event in stream.events[-3:])
        yield Line("end of stream" + (", cut" if stream.cut else ""), True)
        return
    before = [event for event in stream.events if event.index < number]
    if before:
        yield Line(_brief(before[-1], pointer))
    event = next((event for event in stream.events if event.index == number), None)
    if event is not None:
        yield Line(f"event[{number}]", not pointer)
        yield from _reduced(event.data, pointer)
    elif number < len(stream.frames):
        frame = stream.frames[number]
        yield Line(safe(f"event[{number}] event: {frame.event} data: {frame.data}", 2 * LONGEST), True)


def _brief(event: Event, pointer: str) -> str:
    """An event in one line: its type, its number, and the member that `pointer` names."""
    names = [name for name in ("type", "sequence_number", pointer) if name in event.data]
    members = {name: event.data[name] for name in dict.fromkeys(names)}
    return f"event[{event.index}] {show(members, LONGEST)}"


def _reduced(value: Any, pointer: str, depth: int = 0) -> Iterator[Line]:
    """A JSON value down to the place of a pointer; of its neighbours only the identifying ones."""
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
        yield Line(f"{label.rstrip(': ')} is absent", True)
    elif rest and isinstance(step, Mapping | list):
        inner = list(_reduced(step, rest, depth + 1))
        yield Line(label + inner[0].text.lstrip(), inner[0].marked)
        yield from inner[1:]
    else:
        yield Line(label + show(step, LONGEST), True)
    rest_count = len(value) - len(beside) - (step is not _MISSING)
    if rest_count:
        yield Line(f"{pad}  … {rest_count} more")
    yield Line(pad + closing)


_MISSING, _NOWHERE = object(), object()


def _step(value: Any, name: str) -> Any:
    """The value at a step of a pointer; `_MISSING` when it is absent, `_NOWHERE` when it cannot exist."""
    if isinstance(value, Mapping):
        return value.get(name, _MISSING)
    if isinstance(value, list) and name.isascii() and name.isdigit():
        return value[int(name)] if int(name) < len(value) else _MISSING
    return _NOWHERE


def _beside(value: Mapping[str, Any], name: str) -> list[str]:
    return [
        key for key in TELLING if key in value and key != name and not isinstance(value[key], dict | list)
    ]
