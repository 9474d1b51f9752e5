"""Time as the server knows it: by default it stands still, so that no answer depends on it."""

from __future__ import annotations

import asyncio
import time
from functools import lru_cache
from typing import Protocol

EPOCH = 1_767_225_600
"""The moment at which virtual time stands: the first second of 2026."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Clock(Protocol):
    """What tells the time and waits."""

    @property
    def virtual(self) -> bool:
        """Whether work in the background advances by being looked at, instead of by time."""

    def now(self) -> float:
        """Unix seconds."""

    async def wait(self, seconds: float) -> None:
        """Returns when so many seconds have passed by this clock."""


class Patience:
    """Waits in real time, as long as the server has patience."""

    def __init__(self) -> None:
        self._hurried = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Returns when so many seconds have passed, or at once after `hurry`."""
        try:
            await asyncio.wait_for(self._hurried.wait(), seconds)
        except TimeoutError:
            return

    def hurry(self) -> None:
        """Ends all waiting, now and later: the server shuts down, and open streams run to their ends."""
        self._hurried.set()


class VirtualClock:
    """Stands still and never waits."""

    virtual = True

    def now(self) -> float:
        """Always the same moment."""
        return EPOCH

    async def wait(self, seconds: float) -> None:
        """Returns at once, but lets others run."""
        await asyncio.sleep(0)


class RealClock:
    """The wall clock."""

    virtual = False

    def __init__(self, patience: Patience) -> None:
        self._patience = patience

    def now(self) -> float:
        """The wall clock's time."""
        return time.time()

    async def wait(self, seconds: float) -> None:
        """Waits, unless the server shuts down."""
        await self._patience.wait(seconds)


def open_clock(name: str, patience: Patience) -> Clock:
    """The clock that a setting names. Raises ValueError for another name."""
    if name == "virtual":
        return VirtualClock()
    if name == "real":
        return RealClock(patience)
    raise ValueError(f"--clock: expected virtual or real, got {name!r}")


@lru_cache(maxsize=4)
def http_date(seconds: int) -> bytes:
    """The time in the form that a `Date` header needs (RFC 9110, 5.6.7)."""
    moment = time.gmtime(seconds)
    day, month = DAYS[moment.tm_wday], MONTHS[moment.tm_mon - 1]
    return time.strftime(f"{day}, %d {month} %Y %H:%M:%S GMT", moment).encode()
