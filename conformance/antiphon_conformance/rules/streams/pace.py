"""The pace of a stream: it is sent as it is made."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.timing import Timing, timing
from antiphon_conformance.rules.reading.output import number
from antiphon_conformance.rules.reading.streams import is_whole
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply

FEWEST_DELTAS = 8
LONGEST_BURST = 0.1
"""Seconds within which a whole stream arrives when it comes at once."""
SHORTEST_WORK = 3
"""Seconds between `created_at` and `completed_at` from which on a stream has something to show meanwhile."""


def _time(stream: StreamReply) -> Timing | None:
    return stream.exchange.facts.once("timing", timing, stream.reply)


def _work(stream: StreamReply) -> float | None:
    """How many seconds the response took, by its own times."""
    start, end = (number(stream.final.get(name)) for name in ("created_at", "completed_at"))
    return None if start is None or end is None else end - start


def _has_times(stream: StreamReply) -> bool:
    is_create = stream.operation == stream.dialect.create_operation
    direct = is_create and stream.request_fields.get("background") is not True
    time = _time(stream) if direct and is_whole(stream) else None
    return time is not None and time.deltas >= FEWEST_DELTAS and _work(stream) is not None


@rule(
    "stream-pace.a-stream-is-sent-as-it-is-made",
    StreamReply,
    cites="ENV-28",
    when=_has_times,
    needs="a stream whose arrival was timed, with `created_at` and `completed_at`",
)
def a_stream_is_sent_as_it_is_made(stream: StreamReply) -> Iterator[Finding]:
    """A response that took seconds, by its own times, does not arrive all at once at its end.

    A proxy that buffers makes a stream useless. A fast server is none: its response takes no seconds.
    """
    time, work = _time(stream), _work(stream)
    if time is None or work is None or work < SHORTEST_WORK:
        return
    burst = time.last_byte - time.first_byte
    if burst < LONGEST_BURST:
        actual = f"{time.deltas} deltas and the end within {burst:.3f} s"
        yield Finding("stream", f"deltas during the {work:g} s that the response took", actual)
