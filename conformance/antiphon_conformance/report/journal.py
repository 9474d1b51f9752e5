"""What a run has seen so far, in a file that is written as the conversations end.

A run that is killed leaves the file, and whoever reads the folder sees that its report is of an earlier run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.recordings import transcript

UNFINISHED = "unfinished.jsonl"
"""The name of the file; `lint` reads it."""


class Journal:
    """Writes the traces of a run. A full disk ends the writing, not the run."""

    def __init__(self, folder: Path | None, run: Mapping[str, Any], secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)
        self._file: BinaryIO | None = None
        if folder is not None:
            try:
                self._file = (folder / UNFINISHED).open("wb")
            except OSError:
                return
            self._write(transcript.run_line(run, self._secrets))

    def add(self, trace: Trace) -> None:
        """Writes the exchanges of one conversation."""
        for line in transcript.trace_lines(trace, self._secrets):
            self._write(line)

    def close(self) -> None:
        """Closes the file. Whoever writes the report removes it."""
        if self._file is not None:
            with suppress(OSError):  # what the buffer holds may not fit
                self._file.close()
            self._file = None

    def _write(self, line: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.write(line)
            self._file.flush()
        except OSError:
            self.close()
