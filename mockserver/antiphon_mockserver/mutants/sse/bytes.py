"""Servers whose event streams a standard parser misreads."""

from __future__ import annotations

from antiphon_mockserver.mutants import mutant

Frames = list[bytes]


@mutant("sse.sends-bytes-that-are-no-text", caught_by="framing.a-stream-is-utf-8")
def sends_bytes_that_are_no_text(frames: Frames) -> Frames:
    """Sends a comment with a byte that is not UTF-8."""
    return [b": caf\xe9\n\n", *frames]


@mutant("sse.never-closes-the-last-message", caught_by="framing.a-blank-line-ends-the-last-message")
def never_closes_the_last_message(frames: Frames) -> Frames:
    """Ends the stream without a blank line."""
    return [*frames[:-1], frames[-1].rstrip(b"\n") + b"\n"]


@mutant("sse.breaks-a-line-of-data", caught_by="framing.every-field-is-a-standard-field")
def breaks_a_line_of_data(frames: Frames) -> Frames:
    """Splits a line of data in two without a second `data:`."""
    return [frames[0], frames[1].replace(b'"response":', b'\n"response":', 1), *frames[2:]]


@mutant("sse.numbers-messages-with-nul", caught_by="framing.an-id-holds-no-nul")
def numbers_messages_with_nul(frames: Frames) -> Frames:
    """Sends an id with a NUL character."""
    return [b"id: 1\x00\n" + frames[0], *frames[1:]]


@mutant("sse.asks-for-a-retry-in-words", caught_by="framing.a-retry-is-a-number")
def asks_for_a_retry_in_words(frames: Frames) -> Frames:
    """Sends `retry` in words."""
    return [b"retry: soon\n" + frames[0], *frames[1:]]


@mutant("sse.keeps-alive-by-empty-events", caught_by="framing.every-message-has-data")
def keeps_alive_by_empty_events(frames: Frames) -> Frames:
    """Sends messages that have only an event name to keep the connection alive."""
    return [frames[0], b"event: keepalive\n\n", *frames[1:]]


@mutant("sse.keeps-alive-by-empty-data", caught_by="framing.every-message-has-data")
def keeps_alive_by_empty_data(frames: Frames) -> Frames:
    """Sends messages with an empty line of data to keep the connection alive."""
    return [frames[0], b"event: keepalive\ndata:\n\n", *frames[1:]]
