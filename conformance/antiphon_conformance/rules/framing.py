"""JSON that every parser reads alike, and event streams that the standard's parser reads as meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.rules.transport import media
from antiphon_conformance.subject import Answered, Streamed
from antiphon_conformance.text import show

Faults = Iterator[tuple[str, str]]


def _faults(answered: Answered) -> Faults:
    """What the strict reader found in the body, or in the data of a stream's messages, and where."""
    for fault in answered.reply.json_faults:
        yield "reply.body", fault
    stream = answered.reply.stream
    for frame in stream.frames if stream is not None else ():
        for oddity in frame.oddities:
            if oddity.startswith("json: "):
                yield f"event[{frame.index}]", oddity.removeprefix("json: ")


def _matching(answered: Answered, expected: str, chosen: Callable[[str], bool]) -> Iterator[Finding]:
    return (Finding(where, expected, fault) for where, fault in _faults(answered) if chosen(fault))


def _is_json(answered: Answered) -> bool:
    wire = "parsed" not in answered.exchange.traits
    return wire and (media(answered) == "application/json" or answered.reply.stream is not None)


@rule(
    Answered,
    cites="JSON-01",
    when=lambda answered: media(answered) == "application/json" and _is_json(answered),
)
def what_is_labelled_json_is_json(answered: Answered) -> Iterator[Finding]:
    """A body labelled `application/json` is one JSON text."""
    broken = ("not JSON", "trailing text")
    yield from _matching(answered, "one JSON text", lambda fault: fault.startswith(broken))


@rule(Answered, cites="JSON-02", when=_is_json)
def json_is_plain_utf_8(answered: Answered) -> Iterator[Finding]:
    """JSON is sent in UTF-8, without a byte order mark."""
    chosen = ("invalid UTF-8", "byte order mark")
    yield from _matching(answered, "UTF-8 without a byte order mark", lambda fault: fault in chosen)


@rule(Answered, cites="JSON-03", when=_is_json)
def no_member_is_named_twice(answered: Answered) -> Iterator[Finding]:
    """No object names a member twice: some parsers keep the first, others the last."""
    yield from _matching(answered, "every name once", lambda fault: fault.startswith("duplicate key"))


@rule(Answered, cites="JSON-04", when=_is_json)
def numbers_are_finite(answered: Answered) -> Iterator[Finding]:
    """Numbers are finite: NaN and Infinity are no JSON."""
    yield from _matching(answered, "a number", lambda fault: fault in ("NaN", "Infinity", "-Infinity"))


@rule(Answered, cites="JSON-05", when=_is_json)
def no_half_of_a_surrogate_pair(answered: Answered) -> Iterator[Finding]:
    """No string holds half of a surrogate pair, as text does that was cut between two escapes."""
    yield from _matching(answered, "whole characters", lambda fault: fault == "lone surrogate")


def _as_sent(streamed: Streamed) -> bool:
    return "parsed" not in streamed.exchange.traits


@rule(Streamed, cites=("SSE-01", "ENV-22"), when=_as_sent)
def a_stream_is_utf_8(streamed: Streamed) -> Iterator[Finding]:
    """An event stream is UTF-8; a character cut between two events is lost."""
    if "invalid-utf8" in streamed.stream.oddities:
        yield Finding("reply.body", "UTF-8", "bytes that are not")


@rule(
    Streamed,
    cites=("SSE-02", "ENV-22", "BUD-SSE-21"),
    when=lambda streamed: _as_sent(streamed) and not streamed.stream.cut,
)
def the_last_message_is_closed(streamed: Streamed) -> Iterator[Finding]:
    """The last message of a stream is closed by a blank line.

    The standard has clients drop what no blank line ends, which here is the terminal event.
    """
    if "unterminated" in streamed.stream.oddities:
        yield Finding("reply.body", "a blank line at the end", "none")


@rule(Streamed, cites="SSE-03", when=_as_sent)
def only_known_fields_are_sent(streamed: Streamed) -> Iterator[Finding]:
    """Lines are comments or one of the fields `data`, `event`, `id`, `retry`.

    A line of data that was broken in two looks like a field that nobody knows, and is dropped.
    """
    for frame in streamed.stream.frames:
        for oddity in frame.oddities:
            if oddity.startswith("unknown-field:"):
                got = show(oddity.removeprefix("unknown-field:"))
                yield Finding(f"event[{frame.index}]", "data, event, id or retry", got)


@rule(Streamed, cites="SSE-04", when=_as_sent)
def an_id_holds_no_nul(streamed: Streamed) -> Iterator[Finding]:
    """An `id` holds no NUL character: clients ignore such an id."""
    yield from _frames_with(streamed, "nul-in-id", "an id without NUL")


@rule(Streamed, cites="SSE-05", when=_as_sent)
def a_retry_is_a_number(streamed: Streamed) -> Iterator[Finding]:
    """A `retry` is made of digits only: clients ignore any other."""
    yield from _frames_with(streamed, "bad-retry", "digits")


def _frames_with(streamed: Streamed, oddity: str, expected: str) -> Iterator[Finding]:
    for frame in streamed.stream.frames:
        if oddity in frame.oddities:
            yield Finding(f"event[{frame.index}]", expected, oddity)


@rule(Streamed, cites="SSE-06", when=lambda streamed: _as_sent(streamed) and not streamed.stream.cut)
def every_message_has_data(streamed: Streamed) -> Iterator[Finding]:
    """Every message has data: of one that only names an event, clients see nothing.

    A server that wants to keep the connection alive sends a comment.
    """
    if "no-data" in streamed.stream.oddities:
        yield Finding("reply.body", "data in every message", "a message without data")
    for frame in streamed.stream.frames:
        if not frame.data:
            yield Finding(f"event[{frame.index}]", "data", "an empty line of data")


@rule(Streamed, cites="SSE-07")
def a_stream_names_no_other_charset(streamed: Streamed) -> Iterator[Finding]:
    """An event stream names no character set other than UTF-8."""
    _, _, parameters = (streamed.reply.headers.get("content-type") or "").partition(";")
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() == "charset" and value.strip('" ').lower() not in ("utf-8", "utf8"):
        yield Finding("reply.headers/content-type", "charset=utf-8", show(value))
