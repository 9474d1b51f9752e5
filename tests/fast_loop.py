"""An event loop in which waiting takes no time: where all tasks wait, its clock goes to the next moment."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Selector(selectors.SelectSelector):
    """Moves the clock by the time that it would wait."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.passed += timeout
        return ready


class FastLoop(asyncio.SelectorEventLoop):
    """Its time is that of the waits alone. No thread and no socket may wake it."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.passed

    def run_in_executor(
        self, _executor: Executor | None, work: Callable[..., Result], *args: Any
    ) -> asyncio.Future[Result]:
        """Does the work at once: while a thread is at it, the clock would go on."""
        future: asyncio.Future[Result] = self.create_future()
        try:
            future.set_result(work(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Runs a coroutine to its end, like `asyncio.run`."""
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(main)
