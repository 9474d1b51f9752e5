"""The framing of a stream: SSE fields, the `[DONE]` sentinel, one JSON object for each message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import takewhile

from antiphon_conformance.http.exchange import Event, Frame, Part
from antiphon_conformance.http.sse import SENTINEL
from antiphon_conformance.http.text import ABSENT, LIMIT, named, safe, show
from antiphon_conformance.http.turns import LATE, STEER
from antiphon_conformance.rules.reading.stream_view import stream_view
from antiphon_conformance.rules.reading.streams import breaches, has_end, is_bare_error, is_rejection
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply


def _at(frame: Frame) -> str:
    return f"event[{frame.index}]"


def _says_its_type(event: Event) -> bool:
    """Whether the data has a type; where it has none, the event's type is that of its `event` line."""
    return isinstance(event.data.get("type"), str)


def _has_all_frames(stream: StreamReply) -> bool:
    """For `when=`: no frame is missing."""
    return not stream.source.cut


@rule(
    "stream-framing.data-is-one-json-object",
    StreamReply,
    cites=("ENV-01", "ENV-07", "CG-SSE-02", "BUD-SSE-19"),
    reads={Part.BODY_END},
)
def data_is_one_json_object(stream: StreamReply) -> Iterator[Finding]:
    """The data of each message is one JSON object.

    Clients parse each message on its own; `data: null` or half an object ends their loop.
    """
    events = {event.index for event in stream.source.events}
    for frame in [frame for frame in stream.source.frames if frame.oddities or frame.index not in events]:
        if frame.data != SENTINEL and frame.index not in events and not frame.data.startswith("{"):
            yield Finding(f"{_at(frame)}/data", "one JSON object", show(frame.data))
        for oddity in frame.oddities:
            if oddity.startswith("json: "):
                yield Finding(f"{_at(frame)}/data", "one JSON object", oddity.removeprefix("json: "))


@rule(
    "stream-framing.events-have-a-type",
    StreamReply,
    cites=("ENV-07", "CG-SSE-02"),
    reads={Part.BODY_END},
)
def events_have_a_type(stream: StreamReply) -> Iterator[Finding]:
    """Every event has a `type` that is a string.

    Official clients take the type from the data, not from the `event` line. Other rules report errors, and
    what comes after the end of a turn.
    """
    typed = {event.index for event in stream.source.events if _says_its_type(event) or is_bare_error(event)}
    for frame in stream.source.frames:
        if frame.index not in typed and frame.data.startswith("{") and LATE not in frame.oddities:
            yield Finding(f"{_at(frame)}/type", "a string", f"no string in {safe(frame.data, LIMIT)}")


@rule(
    "stream-framing.event-line-repeats-the-type",
    StreamReply,
    cites=("ENV-02", "ENV-26", "CG-SSE-02", "BUD-SSE-01"),
    reads={Part.BYTES},
)
def event_line_repeats_the_type(stream: StreamReply) -> Iterator[Finding]:
    """The SSE `event` field of each message equals the `type` in its data.

    Another rule reports data without a `type`.
    """
    for event in stream.events:
        if _says_its_type(event) and event.frame.event != event.type:
            actual = ABSENT if event.frame.event is None else event.frame.event
            yield Finding(f"{event.where}/event", show(event.type), show(actual))


@rule(
    "stream-framing.event-line-names-no-other-type",
    StreamReply,
    cites="ENV-27",
    when=lambda stream: any(event.frame.event is not None for event in stream.events),
    needs="a stream with `event` fields",
    reads={Part.BYTES},
)
def event_line_names_no_other_type(stream: StreamReply) -> Iterator[Finding]:
    """An SSE `event` field, where a message has one, equals the `type` in its data.

    Some clients sort messages by the field, others by the type; with two names one of them is lost.
    """
    for event in stream.events:
        if event.frame.event not in (None, event.type):
            yield Finding(f"{event.where}/event", show(event.type), show(event.frame.event))


@rule("stream-framing.data-is-one-line", StreamReply, cites="CG-SSE-02", reads={Part.BYTES})
def data_is_one_line(stream: StreamReply) -> Iterator[Finding]:
    """The data of each message is one line, after `data:` and exactly one space.

    The WHATWG standard allows several lines and no space; the vendor's own clients lose such messages.
    """
    for frame in stream.source.frames:
        if frame.data_lines != 1:
            yield Finding(f"{_at(frame)}/data", "one line", f"{frame.data_lines} lines")
        elif "no-space:data" in frame.oddities or frame.data.startswith(" "):
            actual = "several" if frame.data.startswith(" ") else "none"
            yield Finding(f"{_at(frame)}/data", "one space after the colon", actual)


@rule(
    "stream-framing.lines-end-with-a-line-feed",
    StreamReply,
    cites="CG-SSE-02",
    reads={Part.BYTES},
)
def lines_end_with_a_line_feed(stream: StreamReply) -> Iterator[Finding]:
    """Lines end with a line feed, with or without a carriage return before it.

    The WHATWG standard allows a carriage return alone; the vendor's own clients then see no message.
    """
    if "cr" in stream.source.oddities:
        yield Finding("reply.body", "line feeds", "lines that end with a carriage return alone")


def _goes_beyond_ascii(stream: StreamReply) -> bool:
    texts = (json.dumps(event.data, ensure_ascii=False) for event in stream.events)
    return not all(map(str.isascii, texts))


@rule(
    "stream-framing.data-is-ascii",
    StreamReply,
    cites=("CG-SSE-03", "BUD-SSE-19"),
    when=_goes_beyond_ascii,
    needs="a stream with characters beyond ASCII",
    reads={Part.BYTES, Part.TEXTS},
)
def data_is_ascii(stream: StreamReply) -> Iterator[Finding]:
    """The data of a message is ASCII: other characters are escaped as `\\uXXXX`.

    The vendor's Python client decodes each network chunk alone, and raises when a chunk ends inside a
    character.
    """
    for frame in stream.source.frames:
        if not frame.data.isascii():
            letter = next(letter for letter in frame.data if not letter.isascii())
            yield Finding(
                f"{_at(frame)}/data", "every character beyond ASCII escaped", named("letter", letter)
            )


@rule(
    "stream-framing.no-message-has-an-id-field",
    StreamReply,
    cites="ENV-03",
    reads={Part.BYTES},
)
def no_message_has_an_id_field(stream: StreamReply) -> Iterator[Finding]:
    """No message has an SSE `id` field: the cursor of a stream is its sequence number."""
    for frame in stream.source.frames:
        if frame.id is not None:
            yield Finding(f"{_at(frame)}/id", "no id field", show(frame.id))


@rule(
    "stream-framing.done-sentinel-comes-last",
    StreamReply,
    cites="ENV-04",
    when=lambda stream: _has_all_frames(stream) and not is_rejection(stream),
    reads={Part.BYTES, Part.BODY_END},
)
def done_sentinel_comes_last(stream: StreamReply) -> Iterator[Finding]:
    """The last message of the stream is `data: [DONE]`.

    Clients that wait for this message hang until the connection times out.
    """
    frames = stream.source.frames
    if not frames or frames[-1].data != SENTINEL:
        actual = f"data: {safe(frames[-1].data, LIMIT)}" if frames else "a stream without messages"
        yield Finding("end of stream", "data: [DONE]", actual)


@rule(
    "stream-framing.no-sentinel-is-sent",
    StreamReply,
    cites=("ENV-05", "CG-SSE-13", "BUD-SSE-18"),
    when=_has_all_frames,
    reads={Part.BYTES, Part.BODY_END},
)
def no_sentinel_is_sent(stream: StreamReply) -> Iterator[Finding]:
    """The stream ends with its terminal event, and not with `[DONE]`."""
    for frame in stream.source.frames:
        if frame.data == SENTINEL:
            yield Finding(f"{_at(frame)}/data", "no sentinel", SENTINEL)


@rule(
    "stream-framing.nothing-follows-the-sentinel",
    StreamReply,
    cites="ENV-29",
    reads={Part.BYTES},
)
def nothing_follows_the_sentinel(stream: StreamReply) -> Iterator[Finding]:
    """No event of the response follows `data: [DONE]`, where official clients stop reading.

    Comments, keep-alives and a second `[DONE]` harm nobody.
    """
    sentinel = next((frame for frame in stream.source.frames if frame.data == SENTINEL), None)
    if sentinel is None:
        return
    beside = {event.index for event in stream.source.beside}
    for frame in stream.source.frames:
        is_more = frame.data not in ("", SENTINEL) and frame.index not in beside
        if frame.index > sentinel.index and is_more:
            yield Finding(_at(frame), "nothing after `[DONE]`", named("data", frame.data))
            return


@rule(
    "stream-framing.nothing-follows-the-terminal-event",
    StreamReply,
    cites=("ENV-06", "CG-SSE-12"),
    when=has_end,
)
def nothing_follows_the_terminal_event(stream: StreamReply) -> Iterator[Finding]:
    """No message but `[DONE]` follows the terminal event; keep-alives and rate limits may.

    An event of a type that the vendor added later is noted.
    """
    terminal = stream_view(stream).terminal()
    if terminal is None:
        return
    beside = {event.index for event in stream.source.beside}
    unknown = {breach.where for breach in breaches(stream, kinds={"unknown-event"})}
    for frame in _after(stream, terminal):
        if frame.data != SENTINEL and frame.index not in beside:
            newer = stream.dialect.grammar.expects_newer and _at(frame) in unknown
            yield Finding(
                _at(frame), "nothing after the terminal event", named("data", frame.data), newer=newer
            )


def _after(stream: StreamReply, event: Event) -> list[Frame]:
    """The messages that follow an event: nearly always none or one."""
    return [*takewhile(lambda frame: frame.index > event.index, reversed(stream.source.frames))][::-1]


@rule(
    "stream-framing.event-types-are-documented",
    StreamReply,
    cites=("ENV-11", "ENV-12", "EXT-03", "ENV-10", "ENV-25", "BUD-SSE-20"),
)
def event_types_are_documented(stream: StreamReply) -> Iterator[Finding]:
    """The type of every event is in the document, or has a provider's prefix.

    Clients that validate against a closed union fail on the first unknown event.
    """
    beside = {event.where for event in stream.source.beside}
    for breach in breaches(stream, kinds={"unknown-event"}):
        actual = breach.actual.split(" ")[0]
        if stream.exchange.is_turn and actual.strip('"').startswith(f"{STEER}."):
            continue  # an event beside the stream: it answers another message
        newer = stream.dialect.grammar.expects_newer or breach.where in beside
        yield Finding(f"{breach.where}/type", "a documented event, or `prefix:event`", actual, newer=newer)
