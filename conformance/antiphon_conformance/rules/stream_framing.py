"""The framing of a stream: SSE fields, the `[DONE]` sentinel, one JSON object for each message."""

from __future__ import annotations

import json
from collections.abc import Iterator

from antiphon_conformance.exchange import Frame
from antiphon_conformance.fold import fold
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.sse import SENTINEL
from antiphon_conformance.streams import breaches, has_end
from antiphon_conformance.subject import Streamed
from antiphon_conformance.text import ABSENT, show


def _at(frame: Frame) -> str:
    return f"event[{frame.index}]"


def _has_frames(streamed: Streamed) -> bool:
    """For `when=`: the frames are as the server sent them."""
    return "parsed" not in streamed.exchange.traits


def _has_all_frames(streamed: Streamed) -> bool:
    """For `when=`: the frames are as the server sent them, and none is missing."""
    return _has_frames(streamed) and not streamed.stream.cut


@rule(Streamed, cites=("ENV-01", "ENV-07", "CG-SSE-02", "BUD-SSE-19"))
def data_is_one_json_object(streamed: Streamed) -> Iterator[Finding]:
    """The data of each message is one JSON object.

    Clients parse each message on its own; `data: null` or half an object ends their loop.
    """
    events = {event.index for event in streamed.events}
    for frame in streamed.stream.frames:
        if frame.data != SENTINEL and frame.index not in events and not frame.data.startswith("{"):
            yield Finding(f"{_at(frame)}/data", "one JSON object", show(frame.data))
        for oddity in frame.oddities:
            if oddity.startswith("json: "):
                yield Finding(f"{_at(frame)}/data", "one JSON object", oddity.removeprefix("json: "))


@rule(Streamed, cites=("ENV-07", "CG-SSE-02"))
def events_have_a_type(streamed: Streamed) -> Iterator[Finding]:
    """Every event has a `type` that is a string.

    Official clients take the type from the data, not from the `event` line.
    """
    events = {event.index for event in streamed.events}
    for frame in streamed.stream.frames:
        if frame.index not in events and frame.data.startswith("{"):
            yield Finding(f"{_at(frame)}/type", "a string", f"no string in {show(frame.data)}")


@rule(Streamed, cites=("ENV-02", "CG-SSE-02", "BUD-SSE-01"), when=_has_frames)
def event_line_repeats_the_type(streamed: Streamed) -> Iterator[Finding]:
    """The SSE `event` field of each message equals the `type` in its data."""
    for event in streamed.events:
        if event.frame.event != event.type:
            got = ABSENT if event.frame.event is None else event.frame.event
            yield Finding(f"{event.where}/event", show(event.type), show(got))


@rule(Streamed, cites="CG-SSE-02", when=_has_frames)
def data_stands_in_one_line(streamed: Streamed) -> Iterator[Finding]:
    """The data of each message is one line, after `data:` and exactly one space.

    The WHATWG standard allows several lines and no space; the vendor's own clients lose such messages.
    """
    for frame in streamed.stream.frames:
        if frame.data_lines != 1:
            yield Finding(f"{_at(frame)}/data", "one line", f"{frame.data_lines} lines")
        elif "no-space:data" in frame.oddities or frame.data.startswith(" "):
            got = "several" if frame.data.startswith(" ") else "none"
            yield Finding(f"{_at(frame)}/data", "one space after the colon", got)


@rule(Streamed, cites="CG-SSE-02", when=_has_frames)
def lines_end_with_a_line_feed(streamed: Streamed) -> Iterator[Finding]:
    """Lines end with a line feed, with or without a carriage return before it.

    The WHATWG standard allows a carriage return alone; the vendor's own clients then see no message.
    """
    if "cr" in streamed.stream.oddities:
        yield Finding("reply.body", "line feeds", "lines that end with a carriage return alone")


def _goes_beyond_ascii(streamed: Streamed) -> bool:
    texts = (json.dumps(event.data, ensure_ascii=False) for event in streamed.events)
    return _has_frames(streamed) and not all(map(str.isascii, texts))


@rule(
    Streamed,
    cites=("CG-SSE-03", "BUD-SSE-19"),
    when=_goes_beyond_ascii,
    needs="a stream with characters beyond ASCII",
)
def data_is_sent_in_ascii(streamed: Streamed) -> Iterator[Finding]:
    """The data of a message is ASCII: other characters are escaped as `\\uXXXX`.

    The vendor's Python client decodes each network chunk alone, and raises when a chunk ends inside a
    character.
    """
    for frame in streamed.stream.frames:
        if not frame.data.isascii():
            letter = next(letter for letter in frame.data if not letter.isascii())
            yield Finding(f"{_at(frame)}/data", "every character beyond ASCII escaped", show(letter))


@rule(Streamed, cites="ENV-03", when=_has_frames)
def id_field_is_not_used(streamed: Streamed) -> Iterator[Finding]:
    """No message has an SSE `id` field: the cursor of a stream is its sequence number."""
    for frame in streamed.stream.frames:
        if frame.id is not None:
            yield Finding(f"{_at(frame)}/id", "no id field", show(frame.id))


@rule(Streamed, cites="ENV-04", when=_has_all_frames)
def done_sentinel_comes_last(streamed: Streamed) -> Iterator[Finding]:
    """The last message of the stream is `data: [DONE]`.

    Clients that wait for this message hang until the connection times out.
    """
    frames = streamed.stream.frames
    if not frames or frames[-1].data != SENTINEL:
        got = show(frames[-1].data) if frames else "a stream without messages"
        yield Finding("end of stream", "data: [DONE]", got)


@rule(Streamed, cites=("ENV-05", "CG-SSE-13", "BUD-SSE-18"), when=_has_all_frames)
def no_sentinel_is_sent(streamed: Streamed) -> Iterator[Finding]:
    """The stream ends with its terminal event, and not with `[DONE]`."""
    for frame in streamed.stream.frames:
        if frame.data == SENTINEL:
            yield Finding(f"{_at(frame)}/data", "no sentinel", SENTINEL)


@rule(Streamed, cites=("ENV-06", "CG-SSE-12"), when=has_end)
def nothing_follows_the_terminal_event(streamed: Streamed) -> Iterator[Finding]:
    """No message but the `[DONE]` sentinel follows the terminal event."""
    terminal = fold(streamed).terminal()
    for frame in streamed.stream.frames:
        if terminal is not None and frame.index > terminal.index and frame.data != SENTINEL:
            yield Finding(_at(frame), "nothing after the terminal event", show(frame.data))


@rule(Streamed, cites=("ENV-11", "ENV-12", "EXT-03", "ENV-10", "ENV-25", "BUD-SSE-20"))
def event_types_are_known(streamed: Streamed) -> Iterator[Finding]:
    """The type of every event is in the document, or has a provider's prefix.

    Clients that validate against a closed union fail on the first unknown event.
    """
    for breach in breaches(streamed, kinds={"unknown-event"}):
        got = breach.got.split(" ")[0]
        newer = streamed.dialect.grammar.expects_newer
        yield Finding(f"{breach.where}/type", "a documented event, or `prefix:event`", got, newer=newer)
