"""Signals that end a run early: what was seen is kept and judged."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
MOST = 3
"""So many signals end the command at once, whatever it does."""


class Interruption:
    """The signals so far. A signal ends the sending of requests; judging goes on, for it takes seconds."""

    def __init__(self) -> None:
        self.count = 0
        self.stop: Callable[[], None] | None = None
        """Ends the run; None while none is going on."""

    @contextmanager
    def stops(self, stop: Callable[[], None]) -> Iterator[None]:
        """While it holds, the first signal calls `stop`."""
        if self.count:
            stop()
        self.stop = stop
        try:
            yield
        finally:
            self.stop = None

    def handle(self, _signal: int, _frame: FrameType | None) -> None:
        """Handles one signal. Raises KeyboardInterrupt at the third."""
        self.count += 1
        if self.count >= MOST:
            raise KeyboardInterrupt
        stop, self.stop = self.stop, None
        if stop is not None:
            stop()


@contextmanager
def interruption() -> Iterator[Interruption]:
    """Handles the signals until its end. In a thread, which gets no signals, it changes nothing."""
    handler = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield handler
        return
    before = {sign: signal.signal(sign, handler.handle) for sign in SIGNALS}
    try:
        yield handler
    finally:
        for sign, old in before.items():
            signal.signal(sign, old)
