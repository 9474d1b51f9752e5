"""A progress bar for a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.http.text import safe

LAST = "generated requests"
"""The last part of a run, which takes longest."""


@contextmanager
def show_progress(console: Console, total: int, title: str) -> Iterator[Callable[[Trace], None]]:
    """Yields a function to call after each episode; shows nothing when the console is no terminal."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(safe(title), total=total)

        def advance(trace: Trace) -> None:
            progress.advance(task)
            rest = total - progress.tasks[0].completed
            progress.update(task, description=safe(f"{title} {LAST if rest == 1 else trace.scenario}"))

        yield advance
