"""Streams in other bytes that a parser of server-sent events reads alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from antiphon_mockserver.variations import DOCUMENTS, EVERY, ITEMS, add

SEAM = "sse"
SENTINEL = b"data: [DONE]"
TERMINAL = (b"response.completed\n", b"response.incomplete\n", b"response.failed\n", b"event: error\n")
Frames = list[bytes]
STANDARD = "WHATWG HTML, 9.2"
PLAIN = ITEMS
"""The dialects whose clients read every stream that the standard allows (not CG-SSE-02, CG-SSE-03)."""


def _lines(end: bytes) -> Callable[[Frames], Frames]:
    return lambda frames: [frame.replace(b"\n", end) for frame in frames]


def _before_each(comment: bytes) -> Callable[[Frames], Frames]:
    return lambda frames: [comment + frame for frame in frames]


def _between_each(addition: bytes) -> Callable[[Frames], Frames]:
    return lambda frames: [*frames[:1], *(addition + frame for frame in frames[1:])]


def _each_event(
    change: Callable[[dict[str, Any]], Any], indent: int | None = None, *, escapes: bool = True
) -> Callable[[Frames], Frames]:
    """Writes the JSON of each event anew; with `indent` it has several data lines."""

    def vary(frame: bytes) -> bytes:
        head, _, data = frame.rstrip(b"\n").partition(b"data: ")
        if not data.startswith(b"{"):
            return frame
        text = json.dumps(change(json.loads(data)), indent=indent, ensure_ascii=escapes)
        return head + b"\n".join(b"data: " + line.encode() for line in text.split("\n")) + b"\n\n"

    return lambda frames: [*map(vary, frames)]


def _without_spaces(frames: Frames) -> Frames:
    return [frame.replace(b"event: ", b"event:").replace(b"\ndata: {", b"\ndata:{") for frame in frames]


def _data_first(frames: Frames) -> Frames:
    return [b"\n".join(reversed(frame.rstrip(b"\n").split(b"\n"))) + b"\n\n" for frame in frames]


def _is_last(frame: bytes) -> bool:
    return frame.startswith(SENTINEL) or any(end in frame for end in TERMINAL)


def _before_the_end(addition: bytes) -> Callable[[Frames], Frames]:
    """Adds bytes before the first event that ends a stream."""

    def vary(frames: Frames) -> Frames:
        index = next((index for index, frame in enumerate(frames) if _is_last(frame)), None)
        return frames if index is None else [*frames[:index], addition, *frames[index:]]

    return vary


def _between_deltas(frames: Frames) -> Frames:
    """Adds several comments where a text pauses."""
    middle = len(frames) // 2
    return [*frames[:middle], *[b": still thinking\n\n"] * 3, *frames[middle:]]


VARIATIONS: tuple[tuple[str, str, str, tuple[str, ...], Callable[[Frames], Frames]], ...] = (
    ("ends_lines_with_crlf", "Ends lines with CR LF.", f"{STANDARD}.5 names three ends of a line.",
     EVERY, _lines(b"\r\n")),
    ("ends_lines_with_cr", "Ends lines with CR alone.", f"{STANDARD}.5 names three ends of a line.",
     PLAIN, _lines(b"\r")),
    ("begins_with_a_byte_order_mark", "Sends a byte order mark before the first event.",
     f"{STANDARD}.6: one leading byte order mark is dropped.",
     EVERY, lambda frames: [b"\xef\xbb\xbf", *frames]),
    ("comments_between_events", "Sends two comments before each event.",
     f"{STANDARD}.6: a line that begins with a colon is ignored.",
     EVERY, _before_each(b": ping\n\n: pong\n")),
    ("comments_in_a_pause", "Sends three comments in the middle of the stream.",
     f"{STANDARD}.7 advises comments against proxies that drop silent connections.",
     EVERY, _between_deltas),
    ("comments_after_the_end", "Sends a comment after the last event.",
     f"{STANDARD}.6: a line that begins with a colon is ignored.",
     EVERY, lambda frames: [*frames, b": bye\n\n"]),
    ("ends_twice", "Sends `data: [DONE]` twice.",
     "A gateway adds its own to that of the server behind it; clients stop at the first.",
     ("openresponses",), lambda frames: [*frames, SENTINEL + b"\n\n"]),
    ("comments_before_the_first_event", "Sends a comment of two kilobytes before the first event.",
     "Servers do so to make proxies flush their buffers (WHATWG HTML, 9.2.7); clients ignore it.",
     EVERY, lambda frames: [b":" + b" " * 2048 + b"\n\n", *frames]),
    ("pings_before_the_end", "Sends `event: ping` before the terminal event, as some proxies do.",
     "Clients ignore events whose type they do not know; the extension is the proxy's.",
     DOCUMENTS, _before_the_end(b'event: ping\ndata: {"type": "ping"}\n\n')),
    ("pings_between_events", "Sends `event: ping` before each event but the first.",
     "Clients ignore events whose type they do not know; servers and proxies keep connections alive so.",
     DOCUMENTS, _between_each(b'event: ping\ndata: {"type": "ping"}\n\n')),
    ("omits_the_space_after_the_colon", "Sends no space after the colon of a field.",
     f"{STANDARD}.6: one space after the colon is dropped if there is one.",
     PLAIN, _without_spaces),
    ("sends_data_before_event", "Sends the line `data` before the line `event`.",
     f"{STANDARD}.6: the fields of a message have no order.", EVERY, _data_first),
    ("sends_several_data_lines", "Sends the JSON of each event in several `data` lines.",
     f"{STANDARD}.6: the lines are joined with a line feed, which JSON allows between tokens.",
     PLAIN, _each_event(lambda event: event, indent=2)),
    ("sends_a_retry", "Sends a `retry` of three seconds before the first event.",
     f"{STANDARD}.6: `retry` sets the time before a client connects again.",
     EVERY, lambda frames: [b"retry: 3000\n\n", *frames]),
    ("sends_blank_lines", "Sends two more blank lines before each event.",
     f"{STANDARD}.6: a message without data is no message.", EVERY, _before_each(b"\n\n")),
    ("orders_members_otherwise", "Sends the members of each event in another order.",
     "RFC 8259, 4: an object is an unordered collection.",
     EVERY, _each_event(lambda event: dict(reversed(event.items())))),
    ("escapes_letters", "Sends the letters beyond ASCII as escapes.",
     "RFC 8259, 7: any character may be escaped.", EVERY, _each_event(lambda event: event)),
    ("sends_letters_as_they_are", "Sends the letters beyond ASCII as UTF-8.",
     "RFC 8259, 8.1: JSON is UTF-8.", DOCUMENTS, _each_event(lambda event: event, escapes=False)),
)  # fmt: skip

for _name, _summary, _reason, _fits, _change in VARIATIONS:
    add(SEAM, _name, f"{_summary}\n\n{_reason}", _fits, _change)
