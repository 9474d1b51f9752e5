"""The user's command that starts the target again (`--restart`)."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

GRACE = 3.0
"""Seconds that a process gets to end by itself."""


class Restart:
    """Runs a command in a shell and a process group of its own. The command may end, or be the server."""

    def __init__(self, command: str | None) -> None:
        self.command = command
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> bool:
        """Ends what the command started before and starts it; returns False without a command."""
        if self.command is None:
            return False
        await self.stop()
        self._process = await asyncio.create_subprocess_shell(
            self.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        return True

    async def stop(self) -> None:
        """Ends the processes of the command that still run in the foreground."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE)
                return
