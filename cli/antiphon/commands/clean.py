"""Hides keys in what a command prints, logs and raises."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

from antiphon_conformance.http.redaction import Redaction, redaction_of


class CleanStream:
    """A text stream that writes no secret; all else is done by the stream behind it."""

    def __init__(self, stream: TextIO, redaction: Redaction) -> None:
        self._stream = stream
        self._redaction = redaction

    def write(self, text: str) -> int:
        """Writes a text without secrets; returns the size of the text that was given."""
        self._stream.write(self._redaction.text(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def without(secrets: Iterable[str]) -> Iterator[None]:
    """Hides these secrets on both outputs, and in exceptions that pass."""
    redaction = redaction_of(tuple(secrets))
    if not redaction:
        yield
        return
    out, err = (cast(TextIO, CleanStream(stream, redaction)) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            yield
        except Exception as error:
            _clean(error, redaction)
            raise


def _clean(error: BaseException | None, redaction: Redaction) -> None:
    """Hides secrets in the arguments of an exception and of those that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.args = tuple(redaction.text(part) if isinstance(part, str) else part for part in error.args)
        error = error.__cause__ or error.__context__
