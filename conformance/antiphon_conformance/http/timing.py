"""When a stream arrived: its first byte, its first delta, its pauses, and how many tokens a second; and when
an answer began, by its `Date`."""

from __future__ import annotations

import re
from bisect import bisect_left
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import pairwise

from antiphon_conformance.http.exchange import Reply, final_response
from antiphon_spec.loading.construction import dataclass

DELTA = re.compile(rb'"type"\s*:\s*"response\.[a-z_.]+\.delta"')
"""What an event that brings a piece of a text or of arguments has in its data."""


@lru_cache(maxsize=1024)
def read_date(text: str) -> float | None:
    """The time of a `Date` header in Unix seconds; None when it is no date. The answers of one second share
    their date, and several readers and rules ask about each."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of one stream; all are in seconds since the request was sent, or between two parts."""

    first_byte: float
    last_byte: float
    longest_pause: float
    """The longest time between two parts."""
    deltas: int
    first_delta: float | None
    last_delta: float | None
    tokens: int | None
    """How many tokens the response counts as its visible output."""

    @property
    def tokens_per_second(self) -> float | None:
        """The speed from the first delta to the last; None where they came at once or nothing was counted."""
        if self.first_delta is None or self.last_delta is None or not self.tokens:
            return None
        seconds = self.last_delta - self.first_delta
        return self.tokens / seconds if seconds > 0 else None


def timing(reply: Reply) -> Timing | None:
    """The times of a streamed answer; None for another answer, or where they were not recorded."""
    if not reply.arrivals or reply.stream is None:
        return None
    sizes, times = zip(*reply.arrivals, strict=True)
    deltas = [match.start() for match in DELTA.finditer(reply.raw)]
    moments = [times[min(bisect_left(sizes, start + 1), len(times) - 1)] for start in deltas]
    pauses = (later - earlier for earlier, later in pairwise(times))
    return Timing(
        first_byte=times[0],
        last_byte=times[-1],
        longest_pause=max(pauses, default=0.0),
        deltas=len(deltas),
        first_delta=moments[0] if moments else None,
        last_delta=moments[-1] if moments else None,
        tokens=_visible_tokens(reply),
    )


def _visible_tokens(reply: Reply) -> int | None:
    usage = final_response(reply.stream).get("usage") if reply.stream is not None else None
    count = usage.get("output_tokens") if isinstance(usage, dict) else None
    details = usage.get("output_tokens_details") if isinstance(usage, dict) else None
    hidden = details.get("reasoning_tokens") if isinstance(details, dict) else 0
    if type(count) is not int or type(hidden) is not int:
        return None
    return count - hidden
