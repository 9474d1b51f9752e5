"""JSON that every parser reads alike, and event streams that the standard's parser reads as meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.strict_json import ANOTHER, DEEPEST, TOO_DEEP
from antiphon_conformance.http.text import safe, show
from antiphon_conformance.rules.http.transport import media_type
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import AnyReply, StreamReply

Faults = Iterator[tuple[str, str]]


def _faults(view: AnyReply) -> Faults:
    """The faults that the strict reader reports, each with its place: the body, or the event of a stream."""
    for fault in view.reply.json_faults:
        yield "reply.body", fault
    stream = view.reply.stream
    for frame in stream.frames if stream is not None else ():
        for oddity in frame.oddities:
            if oddity.startswith("json: "):
                yield f"event[{frame.index}]", oddity.removeprefix("json: ")


def _faults_matching(view: AnyReply, expected: str, matches: Callable[[str], bool]) -> Iterator[Finding]:
    return (Finding(where, expected, _words(fault)) for where, fault in _faults(view) if matches(fault))


def _words(fault: str) -> str:
    """A fault as what a text is: `JSON with another value after the first, at character 45`."""
    return fault if fault.startswith(("not JSON", TOO_DEEP)) else f"JSON with {fault}"


def _is_json(view: AnyReply) -> bool:
    return media_type(view) == "application/json" or view.reply.stream is not None


@rule(
    "framing.a-json-body-is-json",
    AnyReply,
    cites="JSON-01",
    when=lambda view: media_type(view) == "application/json",
    reads={Part.REPLY_HEADERS, Part.BYTES, Part.BODY_END},
)
def a_json_body_is_json(view: AnyReply) -> Iterator[Finding]:
    """A body labelled `application/json` is one JSON text."""
    prefixes = ("not JSON", "trailing text", ANOTHER)
    yield from _faults_matching(view, "one JSON text", lambda fault: fault.startswith(prefixes))


@rule(
    "framing.json-is-utf-8-without-a-byte-order-mark",
    AnyReply,
    cites="JSON-02",
    when=_is_json,
    reads={Part.BYTES},
)
def json_is_utf_8_without_a_byte_order_mark(view: AnyReply) -> Iterator[Finding]:
    """JSON is sent in UTF-8, without a byte order mark."""
    faults = ("invalid UTF-8", "byte order mark")
    yield from _faults_matching(view, "UTF-8 without a byte order mark", lambda fault: fault in faults)


@rule("framing.no-object-repeats-a-member-name", AnyReply, cites="JSON-03", when=_is_json, reads={Part.BYTES})
def no_object_repeats_a_member_name(view: AnyReply) -> Iterator[Finding]:
    """No object has two members of the same name: some parsers keep the first, others the last."""
    yield from _faults_matching(
        view, "each member name once", lambda fault: fault.startswith("duplicate key")
    )


@rule("framing.numbers-are-finite", AnyReply, cites="JSON-04", when=_is_json, reads={Part.BYTES})
def numbers_are_finite(view: AnyReply) -> Iterator[Finding]:
    """Every number is finite: NaN and Infinity are not JSON."""
    yield from _faults_matching(
        view, "a finite number", lambda fault: fault in ("NaN", "Infinity", "-Infinity")
    )


@rule(
    "framing.no-string-holds-half-a-surrogate-pair",
    AnyReply,
    cites="JSON-05",
    when=_is_json,
    reads={Part.BYTES, Part.TEXTS},
)
def no_string_holds_half_a_surrogate_pair(view: AnyReply) -> Iterator[Finding]:
    """No string holds half of a surrogate pair.

    Text that was cut between two escapes does; many parsers reject it.
    """
    yield from _faults_matching(view, "whole characters", lambda fault: fault == "lone surrogate")


@rule("framing.json-is-not-nested-too-deeply", AnyReply, cites="JSON-06", when=_is_json, reads={Part.BYTES})
def json_is_not_nested_too_deeply(view: AnyReply) -> Iterator[Finding]:
    """JSON is nested no deeper than the readers of common clients follow.

    What is deeper is judged as null.
    """
    yield from _faults_matching(view, f"at most {DEEPEST} levels", lambda fault: fault == TOO_DEEP)


@rule("framing.a-stream-is-utf-8", StreamReply, cites=("SSE-01", "ENV-22"), reads={Part.BYTES})
def a_stream_is_utf_8(stream: StreamReply) -> Iterator[Finding]:
    """An event stream is encoded in UTF-8.

    A client loses every character that the server cuts between two events.
    """
    if "invalid-utf8" in stream.source.oddities:
        yield Finding("reply.body", "UTF-8", "bytes that are not UTF-8")


@rule(
    "framing.a-blank-line-ends-the-last-message",
    StreamReply,
    cites=("SSE-02", "ENV-22", "BUD-SSE-21"),
    when=lambda stream: not stream.source.cut,
    reads={Part.BYTES, Part.BODY_END},
)
def a_blank_line_ends_the_last_message(stream: StreamReply) -> Iterator[Finding]:
    """A blank line ends the last message of a stream.

    The standard makes clients drop a message without it, and the last message is the terminal event.
    """
    if "unterminated" in stream.source.oddities:
        yield Finding("reply.body", "a blank line at the end", "no blank line")


@rule("framing.every-field-is-a-standard-field", StreamReply, cites="SSE-03", reads={Part.BYTES})
def every_field_is_a_standard_field(stream: StreamReply) -> Iterator[Finding]:
    """Every line is a comment or one of the fields `data`, `event`, `id` and `retry`.

    Clients drop an unknown field, such as the second half of a line of data that was broken in two.
    """
    for frame in stream.source.frames:
        for oddity in frame.oddities:
            if oddity.startswith("unknown-field:"):
                actual = show(oddity.removeprefix("unknown-field:"))
                yield Finding(f"event[{frame.index}]", "data, event, id or retry", actual)


@rule("framing.an-id-holds-no-nul", StreamReply, cites="SSE-04", reads={Part.BYTES})
def an_id_holds_no_nul(stream: StreamReply) -> Iterator[Finding]:
    """An `id` field holds no NUL character: clients ignore such an id."""
    yield from _frames_with(stream, "nul-in-id", "an id without NUL", "an id with NUL")


@rule("framing.a-retry-is-a-number", StreamReply, cites="SSE-05", reads={Part.BYTES})
def a_retry_is_a_number(stream: StreamReply) -> Iterator[Finding]:
    """A `retry` field consists of digits: clients ignore any other value."""
    yield from _frames_with(stream, "bad-retry", "digits", "other characters")


def _frames_with(stream: StreamReply, oddity: str, expected: str, actual: str) -> Iterator[Finding]:
    for frame in stream.source.frames:
        if oddity in frame.oddities:
            yield Finding(f"event[{frame.index}]", expected, actual)


@rule(
    "framing.every-message-has-data",
    StreamReply,
    cites="SSE-06",
    when=lambda stream: not stream.source.cut,
    reads={Part.BYTES},
)
def every_message_has_data(stream: StreamReply) -> Iterator[Finding]:
    """Every message has data: clients do not deliver a message that only names an event.

    A server keeps the connection alive with a comment instead.
    """
    if "no-data" in stream.source.oddities:
        yield Finding("reply.body", "data in every message", "a message without data")
    for frame in stream.source.frames:
        if not frame.data:
            yield Finding(f"event[{frame.index}]", "data", "an empty `data` field")


@rule("framing.a-stream-names-no-other-charset", StreamReply, cites="SSE-07", reads={Part.REPLY_HEADERS})
def a_stream_names_no_other_charset(stream: StreamReply) -> Iterator[Finding]:
    """An event stream names no character set other than UTF-8."""
    _, _, parameters = (stream.reply.headers.get("content-type") or "").partition(";")
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() == "charset" and value.strip('" ').lower() not in ("utf-8", "utf8"):
        yield Finding("reply.headers/content-type", "charset=utf-8", f"charset={safe(value)}")
