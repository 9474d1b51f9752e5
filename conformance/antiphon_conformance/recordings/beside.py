"""Judges exchanges in a process beside the proxy: no client waits for a judgement.

Each judgement has a time limit, all that wait for theirs have a common budget of memory, and what there is no
room or no time for is counted and named.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from antiphon_conformance.http.redaction import redaction_of
from antiphon_conformance.recordings.judge_process import (
    LENGTH,
    Decision,
    Job,
    Work,
    first_line,
    frame,
    recorded,
)
from antiphon_conformance.recordings.keys import hide
from antiphon_conformance.recordings.passage import Budget, bare, exchange_of
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.loading.construction import dataclass

PROGRAM = "from antiphon_conformance.recordings.judge_process import main; main()"
START = 60.0
"""Seconds in which the process must be ready: it reads the rules."""


@dataclass(frozen=True, slots=True)
class JudgingLimits:
    """The limits of the proxy."""

    memory: int = 512 * 1024 * 1024
    """Bytes of all bodies that are kept until they are judged."""
    body: int = 16 * 1024 * 1024
    """Bytes of one body that are kept; all of it passes."""
    events: int = 100_000
    """Events of one stream."""
    seconds: float = 30.0
    """Seconds in which one exchange must be judged."""


class ProcessEndedError(Exception):
    """The process that judges has ended, and not because we wanted it."""


@dataclass(frozen=True, slots=True)
class _Helper:
    """A process that judges."""

    process: asyncio.subprocess.Process
    requests: asyncio.StreamWriter
    answers: asyncio.StreamReader

    @staticmethod
    async def start() -> _Helper:
        """A process that has just begun."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", PROGRAM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # a traceback may show what passed
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for the proxy, which lets the process finish
        )
        if process.stdin is None or process.stdout is None:
            raise ProcessEndedError("the process that judges has no pipes")
        return _Helper(process, process.stdin, process.stdout)

    async def send(self, message: Job | Work) -> None:
        """Sends a message. Raises ProcessEndedError."""
        try:
            self.requests.writelines(frame(message))
            await self.requests.drain()
        except OSError:
            raise ProcessEndedError("the process that judges has ended") from None

    async def receive(self) -> Decision:
        """The next answer. Raises ProcessEndedError."""
        try:
            head = await self.answers.readexactly(LENGTH.size)
            content = await self.answers.readexactly(*LENGTH.unpack(head))
        except (asyncio.IncompleteReadError, OSError):
            raise ProcessEndedError("the process that judges has ended") from None
        answer: Decision = pickle.loads(content)  # noqa: S301 -- our own process wrote it
        return answer

    async def stop(self) -> None:
        """Ends the process at once."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


class Beside:
    """The queue of what is to be judged, and the process that judges it."""

    def __init__(
        self, work: Work, limits: JudgingLimits, budget: Budget, show: Callable[[str], None]
    ) -> None:
        self._work, self._limits, self._budget, self._show = work, limits, budget, show
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._helper: _Helper | None = None
        self._task: asyncio.Task[None] | None = None
        self._has_reader = True
        self.counts: Counter[Outcome] = Counter()
        self.losses = 0
        """How many exchanges are in no record, because there was no room even for their headers."""

    async def start(self) -> None:
        """Starts the process. Raises ProcessEndedError where that fails."""
        await self._start()
        self._task = asyncio.create_task(self._work_off())

    def put(self, job: Job) -> None:
        """Queues a job; never waits. The bodies of its passage are in the budget already."""
        passage = job.passage
        if self._budget.room < passage.weight:
            self._budget.give_back(passage.size)
            self.losses += 1
            self.counts[Outcome.INCONCLUSIVE] += 1
            return
        self._budget.take(passage.weight)
        self._jobs.put_nowait(job)

    async def close(self, seconds: float) -> None:
        """Ends after what is queued, at most after so many seconds; the rest is recorded without bodies."""
        if self._task is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._jobs.join(), seconds)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        while not self._jobs.empty():
            await self._set_aside(self._jobs.get_nowait(), "the proxy ended before it was judged", False)
        await self._stop()

    async def _work_off(self) -> None:
        while True:
            job = await self._jobs.get()
            await self._judge(job)
            self._budget.give_back(job.passage.size + job.passage.weight)
            self._jobs.task_done()

    async def _judge(self, job: Job) -> None:
        has_record, why = False, ""
        seconds = self._limits.seconds
        try:
            helper = self._helper or await self._start()
            async with asyncio.timeout(seconds):
                await helper.send(job)
                await self._note(await helper.receive())
                has_record = True
                await self._note(await helper.receive())
                return
        except TimeoutError:
            why = f"we stopped judging after {seconds:g} s (--judging-timeout)"
        except ProcessEndedError as error:
            why = str(error)
        except asyncio.CancelledError:
            await self._set_aside(job, "the proxy ended before it was judged", has_record)
            raise
        await self._stop()
        await self._set_aside(job, why, has_record)

    async def _set_aside(self, job: Job, why: str, has_record: bool) -> None:
        """Counts a job that was not judged; records it without its bodies, unless it is recorded."""
        exchange = hide(exchange_of(bare(job.passage, why), 0), redaction_of(job.keys))
        lines = (first_line(exchange), f"  {Outcome.INCONCLUSIVE.upper()} {why}")
        await self._note(Decision(lines, {Outcome.INCONCLUSIVE: 1}))
        if not has_record:
            await self._note(recorded(exchange, self._work.record))

    async def _note(self, answer: Decision) -> None:
        """Counts and shows; a reader who stops reading holds up nobody but us."""
        self.counts.update(answer.counts)
        if answer.lines and self._has_reader:
            self._has_reader = await asyncio.to_thread(self._print, answer.lines)

    def _print(self, lines: tuple[str, ...]) -> bool:
        """Whether somebody still reads the lines."""
        try:
            for line in lines:
                self._show(line)
        except OSError:  # the reader has left, or the disk is full
            return False
        return True

    async def _start(self) -> _Helper:
        helper = self._helper = await _Helper.start()
        try:
            async with asyncio.timeout(START):
                await helper.send(self._work)
                await helper.receive()
        except TimeoutError:
            await self._stop()
            raise ProcessEndedError(f"the process that judges was not ready after {START:g} s") from None
        return helper

    async def _stop(self) -> None:
        helper, self._helper = self._helper, None
        if helper is not None:
            await helper.stop()
