"""A line that shows how far a run is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from antiphon_conformance.exchange import Episode
from antiphon_conformance.text import safe

LAST = "generated requests"
"""What is left to do when one part is: it takes longest."""


@contextmanager
def watched(console: Console, total: int, title: str) -> Iterator[Callable[[Episode], None]]:
    """Yields what to call with each episode that has ended; shows nothing when nobody watches."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(safe(title), total=total)

        def ended(episode: Episode) -> None:
            progress.advance(task)
            left = total - progress.tasks[0].completed
            progress.update(task, description=safe(f"{title} {LAST if left == 1 else episode.scenario}"))

        yield ended
