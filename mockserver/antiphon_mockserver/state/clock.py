"""The server's clock. By default it stands still, so that no answer depends on the time."""

from __future__ import annotations

import asyncio
import time
from functools import lru_cache
from typing import Protocol

from antiphon_mockserver.settings import SettingError

EPOCH = 1_767_225_600
"""The Unix time of the virtual clock: the first second of 2026."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Clock(Protocol):
    """A source of the time that can also wait."""

    @property
    def virtual(self) -> bool:
        """Whether a background response advances with each request that reads it, instead of with time."""

    def now(self) -> float:
        """Returns the time in Unix seconds."""

    async def wait(self, seconds: float) -> None:
        """Returns after this many seconds of this clock."""


class Sleeper:
    """Waits in real time, until the server shuts down."""

    def __init__(self) -> None:
        self._shutdown = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Returns after this many seconds, or at once after `hurry`."""
        try:
            await asyncio.wait_for(self._shutdown.wait(), seconds)
        except TimeoutError:
            return

    def hurry(self) -> None:
        """Ends every wait from now on: the server shuts down, and open streams send the rest at once."""
        self._shutdown.set()


class VirtualClock:
    """Stands still and never waits."""

    virtual = True

    def now(self) -> float:
        """Always the same moment."""
        return EPOCH

    async def wait(self, seconds: float) -> None:
        """Returns at once, but lets other tasks run."""
        await asyncio.sleep(0)


class RealClock:
    """The wall clock."""

    virtual = False

    def __init__(self, sleeper: Sleeper) -> None:
        self._sleeper = sleeper

    def now(self) -> float:
        """The wall clock's time."""
        return time.time()

    async def wait(self, seconds: float) -> None:
        """Waits, unless the server shuts down."""
        await self._sleeper.wait(seconds)


def open_clock(name: str, sleeper: Sleeper) -> Clock:
    """The clock with this name, `virtual` or `real`. Raises ValueError for another name."""
    if name == "virtual":
        return VirtualClock()
    if name == "real":
        return RealClock(sleeper)
    raise SettingError("clock", "virtual or real", repr(name))


@lru_cache(maxsize=4)
def http_date(seconds: int) -> bytes:
    """Unix seconds as the value of a `Date` header (RFC 9110, 5.6.7)."""
    moment = time.gmtime(seconds)
    day, month = DAYS[moment.tm_wday], MONTHS[moment.tm_mon - 1]
    return time.strftime(f"{day}, %d {month} %Y %H:%M:%S GMT", moment).encode()
