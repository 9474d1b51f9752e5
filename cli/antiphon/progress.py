"""The progress of a run: a line that changes on a terminal, plain lines where nobody looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.http.text import safe

LAST = "generated requests"
"""The last part of a run, which takes longest."""
JUDGING = "judging"
SECONDS = 20.0
"""How often a plain line says how far the run is, where there is no terminal."""


@contextmanager
def show_progress(console: Console, total: int, title: str, *, quiet: bool = False) -> Iterator[RunProgress]:
    """Yields what to call after each conversation and before each request.

    On a terminal a bar shows the conversation, the requests and the errors so far. Elsewhere a plain line
    comes every 20 seconds, also while one long conversation runs. `quiet` shows nothing.
    """
    state = _State(safe(title), total, time.monotonic())
    is_plain = not quiet and not console.is_terminal
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    bar = Progress(*columns, console=console, transient=True, disable=quiet or is_plain)
    with bar as progress, _plain_lines(state, console, is_plain):
        task = progress.add_task(state.title, total=total)

        def show(step: int) -> None:
            progress.update(task, advance=step, description=state.line)
            if is_plain and step and state.scenario == JUDGING:
                console.print(state.plain_line, markup=False, soft_wrap=True)

        yield RunProgress(state, show)


class RunProgress:
    """How far a run is: called after each conversation; `count` before each request."""

    def __init__(self, state: _State, show: Callable[[int], None]) -> None:
        self._state, self._show = state, show

    def __call__(self, trace: Trace) -> None:
        self._state.add(trace)
        self._show(1)

    def count(self) -> None:
        """Counts a request."""
        self._state.requests += 1
        self._show(0)


@contextmanager
def _plain_lines(state: _State, console: Console, is_plain: bool) -> Iterator[None]:
    """Prints a line every 20 seconds until the run is judged."""
    end = threading.Event()

    def tell() -> None:
        while not end.wait(SECONDS) and state.scenario != JUDGING:
            console.print(state.plain_line, markup=False, soft_wrap=True)

    clock = threading.Thread(target=tell, name="progress", daemon=True)
    if is_plain:
        clock.start()
    try:
        yield
    finally:
        end.set()
        if is_plain:
            clock.join()


class _State:
    """What a run did so far."""

    def __init__(self, title: str, total: int, start: float) -> None:
        self.title, self.total, self.start = title, total, start
        self.parts = self.requests = self.errors = 0
        self.scenario = ""

    def add(self, trace: Trace) -> None:
        """Counts a conversation that has ended."""
        exchanges = trace.exchanges.values()
        self.parts += 1
        self.errors += sum(exchange.reply is None or exchange.reply.status >= 500 for exchange in exchanges)
        rest = self.total - self.parts
        self.scenario = JUDGING if rest <= 0 else LAST if rest == 1 else safe(trace.scenario, 24)

    @property
    def elapsed(self) -> float:
        """The seconds since the run began."""
        return time.monotonic() - self.start

    @property
    def line(self) -> str:
        """Where the run is, in one line."""
        return f"{self.scenario or self.title}: {self._counts}"

    @property
    def plain_line(self) -> str:
        """The same where no bar counts: `12 of 58 conversations, 101 requests, 40 s`."""
        place = JUDGING if self.scenario == JUDGING else f"{self.parts} of {self.total} conversations"
        return f"{place}, {self._counts}, {self.elapsed:.0f} s"

    @property
    def _counts(self) -> str:
        requests = f"{self.requests} request{'' if self.requests == 1 else 's'}"
        errors = f", {self.errors} server errors or no answer" if self.errors else ""
        return f"{requests} so far{errors}"
