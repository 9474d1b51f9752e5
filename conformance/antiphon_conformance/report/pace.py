"""How fast a target answered: medians over the streams of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.timing import timing

MOST_EXACT = 100
"""From here on a value has no decimals."""
NAMES = ("first_byte", "first_delta", "tokens_per_second", "longest_pause")
"""The numbers: three are in seconds."""


def medians(exchanges: Iterable[Exchange]) -> dict[str, float]:
    """The median of each number over the streams that were followed to their end, and how many those are.

    Empty when no stream has its times.
    """
    replies = (exchange.reply for exchange in exchanges if exchange.ok and exchange.request.method == "POST")
    whole = (reply for reply in replies if reply is not None and reply.stream and not reply.stream.cut)
    times = [time for time in map(timing, whole) if time is not None]
    values = {name: [value for time in times if (value := getattr(time, name)) is not None] for name in NAMES}
    result = {name: round(median(entries), 3) for name, entries in values.items() if entries}
    return {**result, "streams": len(times)} if times else {}


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= MOST_EXACT else f"{value:g}"


def sentence(pace: Mapping[str, Any]) -> str:
    """The medians in words; empty when there are none."""
    words = {
        "first_byte": "first byte after {} s",
        "first_delta": "first delta after {} s",
        "tokens_per_second": "{} tokens a second",
        "longest_pause": "longest pause {} s",
    }
    parts = [text.format(_rounded(pace[name])) for name, text in words.items() if name in pace]
    return f"{', '.join(parts)} (medians of {pace['streams']} streams)" if parts else ""
