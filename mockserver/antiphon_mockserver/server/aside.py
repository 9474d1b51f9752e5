"""Answers large requests beside the event loop, so that no other client waits for them.

A thread of its own reads, checks and answers them, one after another: between two of its steps the loop has
its turn. What it shares with the loop is the store, each of whose methods is atomic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


class Aside:
    """The thread; it starts with the first large request."""

    def __init__(self) -> None:
        self._threads = _one_thread()

    async def run(self, work: Callable[[S], T], subject: S) -> T:
        """What the work returns or raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, subject)

    def close(self) -> None:
        """Ends the thread, and drops what still waits; another one starts if the app serves again."""
        ending, self._threads = self._threads, _one_thread()
        ending.shutdown(wait=False, cancel_futures=True)


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "large requests")
