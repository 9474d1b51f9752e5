"""Time as the server knows it: it stands still by default, so that answers never depend on when they were asked for."""

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
        """Returns when so many seconds have passed, or at once after `hurry`."""

    def hurry(self) -> None:
        """Ends all waiting, now and later: the server shuts down, and open streams run to their ends."""


class VirtualClock:
    """Stands still and never waits."""

    virtual = True

    def now(self) -> float:
        """Always the same moment."""
        return EPOCH

    async def wait(self, seconds: float) -> None:
        """Returns at once, but lets others run."""
        await asyncio.sleep(0)

    def hurry(self) -> None:
        """Changes nothing: nothing waits."""


class RealClock:
    """The wall clock."""

    virtual = False

    def __init__(self) -> None:
        self._hurried = asyncio.Event()

    def now(self) -> float:
        """The wall clock's time."""
        return time.time()

    async def wait(self, seconds: float) -> None:
        """Waits, unless the server shuts down."""
        try:
            await asyncio.wait_for(self._hurried.wait(), seconds)
        except TimeoutError:
            return

    def hurry(self) -> None:
        """Wakes all that wait."""
        self._hurried.set()


def open_clock(name: str) -> Clock:
    """The clock that a setting names. Raises ValueError for another name."""
    clocks: dict[str, type[VirtualClock] | type[RealClock]] = {"virtual": VirtualClock, "real": RealClock}
    if name not in clocks:
        raise ValueError(f"--clock: expected one of {', '.join(clocks)}, got {name!r}")
    return clocks[name]()


@lru_cache(maxsize=4)
def http_date(seconds: int) -> bytes:
    """The time in the form that a `Date` header needs (RFC 9110, 5.6.7)."""
    moment = time.gmtime(seconds)
    day, month = DAYS[moment.tm_wday], MONTHS[moment.tm_mon - 1]
    return time.strftime(f"{day}, %d {month} %Y %H:%M:%S GMT", moment).encode()
