"""Splits work on a recording among processes, where the system can copy this one cheaply."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import TypeVar

Part = TypeVar("Part")
Answer = TypeVar("Answer")

SMALLEST_PART = 150
"""How many exchanges are worth a process: it costs about as much as judging fifty."""
PATIENCE = 10.0
"""Seconds that a process which has answered may take to end."""


def cores() -> int:
    """How many processors this process may use; one where the system cannot copy a process cheaply."""
    if sys.platform != "linux":
        return 1
    return len(os.sched_getaffinity(0))


def split(pool: Sequence[Part], jobs: int) -> list[Sequence[Part]]:
    """The elements in at most `jobs` parts of about one length, in order, none too small."""
    count = max(1, min(jobs, len(pool) // SMALLEST_PART))
    size = -(-len(pool) // count) or 1
    return [pool[start : start + size] for start in range(0, len(pool), size)] or [pool]


def each(work: Callable[[Sequence[Part]], Answer], parts: Sequence[Sequence[Part]]) -> list[Answer]:
    """What `work` returns for each part, in order. The first is done here, each other in a process of its
    own, which starts with all that this one knows; where such a process dies, its part is done here, too."""
    helpers = [_start(work, part) for part in parts[1:]]
    answers = [work(parts[0])]
    for (process, receiver), part in zip(helpers, parts[1:], strict=True):
        try:
            answers.append(receiver.recv())
        except EOFError:
            answers.append(work(part))
        process.join(PATIENCE)
        process.kill()
    return answers


def _start(
    work: Callable[[Sequence[Part]], Answer], part: Sequence[Part]
) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(work, part, sender), daemon=True)
    process.start()
    sender.close()
    return process, receiver


def _answer(work: Callable[[Sequence[Part]], Answer], part: Sequence[Part], sender: Connection) -> None:
    sender.send(work(part))
    sender.close()
