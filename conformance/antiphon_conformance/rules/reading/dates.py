"""Time stamps in lists, and the days and moments that a query names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from antiphon_conformance.rules.reading.output import number

MILLISECONDS_SINCE = 10**11
"""A time stamp from here on counts milliseconds, a smaller one seconds: the years 1973 and 5138."""
DAY = "YYYY-MM-DD"


def seconds_of(stamp: Any) -> float | None:
    """The Unix seconds of a time stamp in either unit; None when it is not a number."""
    count = number(stamp)
    if count is None or count < 0:
        return None
    return count / 1000 if count >= MILLISECONDS_SINCE else count


def span_of(text: str) -> tuple[float, float] | None:
    """The first Unix second of a day, and the first second after it; for a moment, the moment twice.

    None when the text is neither a day nor a moment.
    """
    try:
        start = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    length = timedelta(days=1) if len(text) == len(DAY) else timedelta()
    try:
        return start.timestamp(), (start + length).timestamp()
    except OverflowError:
        return None


def moment_of(stamp: Any) -> datetime | None:
    """The moment of a time stamp in UTC; None when there is no such moment."""
    seconds = seconds_of(stamp)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
