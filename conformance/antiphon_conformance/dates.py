"""Time stamps of what is listed, and the days and moments that a query names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from antiphon_conformance.answers import number

MILLISECONDS_SINCE = 10**11
"""From here on a time stamp counts milliseconds, before it seconds: one of 1973, the other of 5138."""
DAY = "YYYY-MM-DD"


def seconds_of(stamp: Any) -> float | None:
    """The Unix seconds of a time stamp, whichever unit it counts; None when it is no number."""
    told = number(stamp)
    if told is None or told < 0:
        return None
    return told / 1000 if told >= MILLISECONDS_SINCE else told


def span_of(text: str) -> tuple[float, float] | None:
    """The first Unix second of a day, or of a moment, and the first one behind it; None when it is neither.

    Of a moment the span is the moment itself.
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
