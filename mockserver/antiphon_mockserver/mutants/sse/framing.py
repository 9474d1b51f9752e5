"""Streams with wrong SSE fields, a wrong sentinel, or data that is not a JSON object."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from antiphon_mockserver.mutants import add

SEAM = "sse"
DONE = b"data: [DONE]\n\n"
Frames = list[bytes]


def _before_the_end(frame: bytes) -> Callable[[Frames], Frames]:
    """Sends one more frame before the terminal event."""

    def mutate(frames: Frames) -> Frames:
        last = len(frames) - (2 if frames and frames[-1] == DONE else 1)
        return [*frames[:last], frame, *frames[last:]]

    return mutate


def _each(pattern: bytes, replacement: bytes) -> Callable[[Frames], Frames]:
    return lambda frames: [
        re.sub(pattern, replacement, frame, count=1, flags=re.MULTILINE) for frame in frames
    ]


def _unescaped(frame: bytes) -> bytes:
    """The frame with its JSON escapes decoded."""
    head, data, rest = frame.partition(b"data: {")
    if not data:
        return frame
    event = json.loads(b"{" + rest)
    return head + b"data: " + json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def _bare_error(frame: bytes) -> bytes:
    """An error event as Chat has it; any other frame as it is."""
    head, _, data = frame.partition(b"data: ")
    if b"event: error" not in head:
        return frame
    error = json.loads(data)["error"]
    return b"data: " + json.dumps({"error": error}, separators=(",", ":")).encode() + b"\n\n"


def _untyped_error(frame: bytes) -> bytes:
    """An error event whose type only the `event` line says; any other frame as it is."""
    bare = _bare_error(frame)
    return bare if bare is frame else b"event: error\n" + bare


MUTANTS: tuple[tuple[str, str, str | tuple[str, ...], Callable[[Frames], Frames]], ...] = (
    ("sends_null_data", "Sends `data: null` before the terminal event.",
     "stream-framing.data-is-one-json-object", _before_the_end(b"data: null\n\n")),
    ("ends_before_its_end", "Sends `data: [DONE]` before the terminal event.",
     "stream-framing.nothing-follows-the-sentinel", _before_the_end(DONE)),
    ("breaks_json_off", "Sends a message whose JSON breaks off in the middle.",
     "stream-framing.data-is-one-json-object", _before_the_end(b'data: {"type": "response.output\n\n')),
    ("leaves_out_the_type", "Leaves `type` out of the data of every event.",
     "stream-framing.events-have-a-type", _each(rb'"type":"(?:response\.[a-z_.]+|error|keepalive)",', b"")),
    ("tells_errors_as_chat_does", "Sends errors in a stream as data with an `error`, without a type.",
     "errors.an-error-event-is-complete", lambda frames: [*map(_bare_error, frames)]),
    ("types_errors_by_the_event_line", "Says the type of errors in a stream by their `event` line alone.",
     "errors.an-error-event-is-complete", lambda frames: [*map(_untyped_error, frames)]),
    ("names_no_event", "Sends data alone, without an `event` line.",
     "stream-framing.event-line-repeats-the-type", _each(rb"^event: [^\n]*\n", b"")),
    ("names_every_event_message", "Gives every event the name `message`.",
     ("stream-framing.event-line-repeats-the-type", "stream-framing.event-line-names-no-other-type"),
     _each(rb"^event: [^\n]*\n", b"event: message\n")),
    ("sends_an_id_with_each_event", "Sends an SSE `id` with each event.",
     "stream-framing.no-message-has-an-id-field",
     lambda frames: [b"id: %d\n%b" % (index, frame) for index, frame in enumerate(frames)]),
    ("leaves_out_the_sentinel", "Closes the stream without `[DONE]`.",
     "stream-framing.done-sentinel-comes-last",
     lambda frames: [frame for frame in frames if frame != DONE]),
    ("sends_a_sentinel", "Ends the stream with `[DONE]`, as an older API did.",
     "stream-framing.no-sentinel-is-sent",
     lambda frames: frames if frames[-1:] == [DONE] else [*frames, DONE]),
    ("says_goodbye", "Sends one more message after the terminal event.",
     "stream-framing.nothing-follows-the-terminal-event",
     lambda frames: [*frames, b'event: acme:bye\ndata: {"type":"acme:bye","sequence_number":99999}\n\n']),
    ("keeps_alive_without_data", "Sends `event: keepalive` with an empty data line before the first event.",
     ("stream-framing.data-is-one-json-object",),
     lambda frames: [b"event: keepalive\ndata:\n\n", *frames]),
    ("breaks_data_into_lines", "Splits the JSON of each event into several lines of data.",
     "stream-framing.data-is-one-line", _each(rb'^data: \{', b"data: {\ndata: ")),
    ("leaves_out_the_space", "Sends data without a space after the colon.",
     "stream-framing.data-is-one-line", _each(rb"^data: ", b"data:")),
    ("ends_lines_with_carriage_returns", "Ends each line with a carriage return alone.",
     "stream-framing.lines-end-with-a-line-feed",
     lambda frames: [frame.replace(b"\n", b"\r") for frame in frames]),
    ("sends_letters_beyond_ascii", "Sends characters beyond ASCII without escapes.",
     "stream-framing.data-is-ascii", lambda frames: [*map(_unescaped, frames)]),
    ("never_sends_an_event", "Accepts a streaming request and never sends an event.",
     "lifecycle.ends-with-a-terminal-event", lambda _frames: []),
)  # fmt: skip

for _name, _sentence, _caught_by, _spoil in MUTANTS:
    add(SEAM, _name, _sentence, _caught_by, _spoil)
