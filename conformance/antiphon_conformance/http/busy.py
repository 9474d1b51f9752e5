"""What to do when the target is too busy: wait as long as it asks for, or a little, and ask again."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime

from antiphon_conformance.http.client import Target
from antiphon_conformance.http.exchange import BUSY, Exchange, Request

MOST_RETRIES = 6
"""How often a request is sent again."""
LONGEST_WAIT = 120.0
"""Seconds: whoever asks for more is not waited for."""
PAUSE, MOST_WITHOUT_WISH = 0.5, 3
"""The first pause where the target names none, in seconds, and how many of them there are."""
NO_CREDIT = "insufficient_quota"


def pause_of(exchange: Exchange, turn: int) -> float | None:
    """How many seconds to wait before retry number `turn`; None to leave it at this answer.

    `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3).
    """
    if BUSY not in exchange.traits:
        return None
    error = exchange.answer.fields.get("error")
    if isinstance(error, dict) and error.get("code") == NO_CREDIT:
        return None
    wish = (exchange.answer.headers.get("retry-after") or "").strip()
    if wish.isascii() and wish.isdigit():
        return float(wish[:12])
    if (date := _seconds_until(wish)) is not None:
        return date
    return PAUSE * 2 ** (turn - 1) if turn <= MOST_WITHOUT_WISH else None


def _seconds_until(date: str) -> float | None:
    """Seconds until an HTTP date; None for another text."""
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError, OSError):
        return None


async def send_when_free(target: Target, request: Request, identity: str) -> Exchange:
    """Sends a request, again while the target is too busy, and returns the last exchange.

    Raises RunOverError when no further request may be sent.
    """
    exchange = await target.send(request, identity)
    for turn in range(1, MOST_RETRIES + 1):
        pause = pause_of(exchange, turn)
        if pause is None or pause > min(LONGEST_WAIT, target.patience.remaining):
            break
        await asyncio.sleep(pause)
        exchange = await target.send(request, identity)
    return exchange
