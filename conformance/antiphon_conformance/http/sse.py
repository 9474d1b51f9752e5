"""Reads `text/event-stream` bytes by the standard's algorithm, and records what is odd about them.

Everything that the standard allows is accepted: LF, CR and CRLF, a leading byte order mark, comments,
several data lines, no space after the colon, unknown fields, any chunking, even inside a character.

Oddities of a frame: `no-space:FIELD`, `no-colon`, `comment`, `unknown-field:NAME`, `repeated-event`,
`nul-in-id`, `bad-retry`, `unterminated`, and `json: ...` for each fault that the strict reader saw in its
data.
Oddities of the stream: `bom`, `crlf`, `cr`, `mixed-line-ends`, `comment`, `no-data` (a block that names
an event and dispatches nothing), `retry`, `id`, `unterminated`, `invalid-utf8`.

One deviation on purpose: the standard drops a last block without a blank line after it. Here the block is
kept and marked `unterminated`, so that a missing byte is one finding and not a stream without an end.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from itertools import islice
from typing import Any

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Event, Frame, Stream
from antiphon_spec.loading.construction import dataclass

SENTINEL = "[DONE]"
MOST_EVENTS = 100_000
"""How many events of a stream are read: beyond it nobody learns anything, and each one costs memory."""
LINES = 4
"""How many lines one event may have on the average: a stream of comments or of blank lines ends, too."""

_PLAIN = re.compile(r"(?:event: ([^\r\n]*)\n)?data: ([^\r\n]*)\n\n")
"""The block that nearly every server sends; every other block is read line by line."""
_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r(?=[^\n]))")
"""A carriage return at the very end waits: a line feed may follow in the next chunk."""
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LINE_ENDS = {"\r\n": "crlf", "\r": "cr", "\n": "lf"}


@dataclass(slots=True)
class _Block:
    data: list[str] = field(default_factory=list)
    event: str | None = None
    id: str | None = None
    retry: str | None = None
    oddities: dict[str, None] = field(default_factory=dict)
    lines: int = 0


class Reader:
    """Bytes in, frames out; the bytes may arrive in any pieces."""

    def __init__(self) -> None:
        self._oddities: dict[str, None] = {}
        self._line_ends: set[str] = set()
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._past_start = False
        self._text = ""
        self._block = _Block()
        self._count = 0

    @property
    def oddities(self) -> tuple[str, ...]:
        """The oddities of the stream as a whole, so far."""
        ends = self._line_ends
        names = (*self._oddities, *sorted(ends - {"lf"}), *(("mixed-line-ends",) if len(ends) > 1 else ()))
        return tuple(names)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        self._text += self._decode(data, final=False)
        return list(self._frames())

    def close(self) -> list[Frame]:
        """Ends the stream; returns the last frame when no blank line ended it."""
        self._text += self._decode(b"", final=True)
        frames = list(self._frames())
        rest, self._text = self._text, ""
        if rest.endswith("\r"):
            self._line_ends.add("cr")
            rest = rest[:-1]
            frames += self._take(rest)
        elif rest:
            self._oddities["unterminated"] = None
            self._field(rest)
        return frames + self._end_block()

    def _end_block(self) -> list[Frame]:
        if not self._block.lines:
            return []
        self._block.oddities["unterminated"] = None
        self._oddities["unterminated"] = None
        return self._dispatch()

    def _decode(self, data: bytes, *, final: bool) -> str:
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError:
            self._oddities["invalid-utf8"] = None
            pending = self._decoder.getstate()[0]
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
            text = self._decoder.decode(pending + data, final)
        if text and not self._past_start:
            self._past_start = True
            if text[0] == "\ufeff":
                self._oddities["bom"] = None
                return text[1:]
        return text

    def _frames(self) -> Iterator[Frame]:
        text, position = self._text, 0
        while True:
            plain = None if self._block.lines else _PLAIN.match(text, position)
            if plain:
                position = plain.end()
                yield self._plain(plain)
                continue
            line = _LINE.match(text, position)
            if not line:
                break
            position = line.end()
            self._line_ends.add(_LINE_ENDS[line[2]])
            yield from self._take(line[1])
        self._text = text[position:]

    def _plain(self, match: re.Match[str]) -> Frame:
        self._line_ends.add("lf")
        self._count += 1
        return Frame(self._count - 1, match[2], match[1])

    def _take(self, line: str) -> list[Frame]:
        if not line:
            return self._dispatch()
        self._field(line)
        return []

    def _field(self, line: str) -> None:
        block = self._block
        block.lines += 1
        if line[0] == ":":
            self._oddities["comment"] = None
            block.oddities["comment"] = None
            return
        name, colon, value = line.partition(":")
        if not colon:
            block.oddities["no-colon"] = None
        elif value[:1] == " ":
            value = value[1:]
        else:
            block.oddities[f"no-space:{name[:40]}"] = None
        self._set(name, value)

    def _set(self, name: str, value: str) -> None:
        block = self._block
        if name == "data":
            block.data.append(value)
        elif name == "event":
            if block.event is not None:
                block.oddities["repeated-event"] = None
            block.event = value
        elif name == "id":
            self._set_id(value)
        elif name == "retry":
            self._set_retry(value)
        else:
            block.oddities[f"unknown-field:{name[:40]}"] = None

    def _set_id(self, value: str) -> None:
        self._oddities["id"] = None
        if "\0" in value:
            self._block.oddities["nul-in-id"] = None
        else:
            self._block.id = value

    def _set_retry(self, value: str) -> None:
        self._oddities["retry"] = None
        if value.isascii() and value.isdigit():
            self._block.retry = value
        else:
            self._block.oddities["bad-retry"] = None

    def _dispatch(self) -> list[Frame]:
        block, self._block = self._block, _Block()
        if not block.data:
            if block.event is not None:
                self._oddities["no-data"] = None
            return []
        self._count += 1
        data = "\n".join(block.data)
        odd = tuple(block.oddities)
        return [Frame(self._count - 1, data, block.event, block.id, block.retry, len(block.data), odd)]


def read(data: bytes, *, cut: bool = False, most: int = MOST_EVENTS) -> Stream:
    """Reads the body of an event stream: the whole body, or else its first `most` events."""
    reader = Reader()
    end = end_of_lines(data, LINES * most)
    frames = reader.feed(data[:end])
    is_limited = len(frames) > most or end < len(data)
    if is_limited:
        return replace(stream(frames[:most], reader.oddities, cut=True), limited=True)
    frames += reader.close()
    return stream(frames, reader.oddities, cut=cut)


def end_of_lines(data: bytes, most: int) -> int:
    """Where the first `most` lines end; the length of the data where it has no more."""
    if data.count(b"\n") + data.count(b"\r") <= most:
        return len(data)
    ends = islice(_LINE_END.finditer(data), most - 1, most)
    return next((match.end() for match in ends), len(data))


def stream(frames: Iterable[Frame], oddities: tuple[str, ...] = (), *, cut: bool = False) -> Stream:
    """Frames with their events. When the stream broke off, half a last event is dropped."""
    complete: list[Frame] = []
    events: list[Event] = []
    for frame in frames:
        frame, event = interpret(frame)
        if cut and event is None and "unterminated" in frame.oddities:
            continue
        complete.append(frame)
        if event is not None:
            events.append(event)
    return Stream(tuple(complete), tuple(events), oddities, cut)


def interpret(frame: Frame) -> tuple[Frame, Event | None]:
    """The frame with the faults of its JSON, and its event if the data is an object whose type is known."""
    if frame.data == SENTINEL:
        return frame, None
    reading = strict_json.read(frame.data)
    if reading.faults:
        frame = replace(frame, oddities=(*frame.oddities, *(f"json: {fault}" for fault in reading.faults)))
    return frame, _event(frame, reading.value)


def _event(frame: Frame, value: Any) -> Event | None:
    """The event of a frame. Where its data has no `type`, the `event` line says it, or an `error` in the
    data, as in Chat: that is one fault of the server, and the rest of the event can be judged."""
    if not isinstance(value, dict):
        return None
    fallback = "error" if value.get("error") else None
    kind = frame.event or fallback if value.get("type") is None else value["type"]
    return Event(frame.index, kind, value, frame) if isinstance(kind, str) else None
