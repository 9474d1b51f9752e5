"""The progress of a run: a line that changes on a terminal, plain lines where nobody looks."""

from __future__ import annotations

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
def show_progress(
    console: Console, total: int, title: str, *, quiet: bool = False
) -> Iterator[Callable[[Trace], None]]:
    """Yields a function to call after each conversation.

    On a terminal a bar shows the conversation, the requests and the errors so far. Elsewhere a plain line
    comes every 20 seconds. `quiet` shows nothing.
    """
    state = _State(safe(title), total, time.monotonic())
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    off = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=off) as progress:
        task = progress.add_task(state.title, total=total)

        def advance(trace: Trace) -> None:
            state.add(trace)
            progress.advance(task)
            progress.update(task, description=state.line)
            if not quiet and not console.is_terminal and state.is_due():
                console.print(f"{state.line}, {state.elapsed:.0f} s", markup=False, soft_wrap=True)

        yield advance


class _State:
    """What a run did so far."""

    def __init__(self, title: str, total: int, start: float) -> None:
        self.title, self.total, self.start = title, total, start
        self.parts = self.requests = self.errors = 0
        self.scenario = ""
        self._shown_at = start

    def add(self, trace: Trace) -> None:
        """Counts a conversation that has ended."""
        exchanges = trace.exchanges.values()
        self.parts += 1
        self.requests += len(exchanges)
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
        errors = f", {self.errors} server errors or no answer" if self.errors else ""
        return f"{self.scenario}: {self.requests} requests{errors}"

    def is_due(self) -> bool:
        """Whether it is time for the next plain line."""
        due = time.monotonic() - self._shown_at >= SECONDS or self.scenario == JUDGING
        if due:
            self._shown_at = time.monotonic()
        return due
