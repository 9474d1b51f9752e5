"""The latest exchanges, newest last, for tests that look at what their client sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request and its answer."""

    method: str
    path: str
    """With the query, without the base path."""
    headers: Mapping[str, str]
    """The headers of the request; names in lower case."""
    body: Any
    """The parsed request body, or None."""
    operation: str | None
    """The operationId, or None for an unknown path."""
    status: int
    raw: bytes
    """The body of the answer, as sent."""

    @property
    def answer(self) -> Any:
        """The JSON body of the answer; None for a stream, and for an upgrade to WebSocket."""
        return None if not self.raw or self.raw.startswith(b"event:") else orjson.loads(self.raw)

    @property
    def events(self) -> list[Any]:
        """The events of a streamed answer."""
        lines = (line for line in self.raw.splitlines() if line.startswith(b"data: {"))
        return [orjson.loads(line.removeprefix(b"data: ")) for line in lines]


class Journal:
    """The latest entries, at most `length`; a journal of length 0 keeps none."""

    def __init__(self, length: int) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=length)
        self.open = length > 0

    def add(self, entry: JournalEntry) -> None:
        """Adds an entry, and drops the oldest one when there are too many."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Drops all entries."""
        self._entries.clear()

    def __iter__(self) -> Iterator[JournalEntry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> JournalEntry:
        return self._entries[index]
