"""A store in memory, which is bounded: it drops the oldest objects, and says so in the log."""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Sequence
from threading import RLock

from antiphon_mockserver.state.store import Change, Store

CAPACITY = 10_000
"""How many objects of a kind the store holds; then it drops the oldest: a load test stays small."""
COUNT_CAPACITY = 10 * CAPACITY
"""How many different requests the store counts: more than responses, so that ids stay unique."""
LIST_CAPACITY = 1_000
"""How many lists the store holds: one for each API key."""
BYTES = 256 << 20
"""How many bytes all objects have at most."""

log = logging.getLogger("antiphon")


class MemoryStore(Store):
    """Dictionaries."""

    def __init__(
        self, capacity: int = CAPACITY, count_capacity: int = COUNT_CAPACITY, size: int = BYTES
    ) -> None:
        self._objects: dict[str, OrderedDict[str, bytes]] = {}
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._lists: OrderedDict[tuple[str, str], deque[str]] = OrderedDict()
        self._capacity, self._count_capacity, self._most_bytes = capacity, count_capacity, size
        self._bytes = self._dropped = 0
        self._lock = RLock()
        """Large requests are answered by a thread of their own."""

    def count(self, fingerprint: str) -> int:
        """Counts a request; drops the oldest counts when there are too many."""
        with self._lock:
            before = self._counts.pop(fingerprint, 0)
            self._counts[fingerprint] = before + 1
            if len(self._counts) > self._count_capacity:
                self._counts.popitem(last=False)
        return before

    def write(self, kind: str, object_id: str, content: bytes) -> None:
        """Stores the object, and drops the oldest when there are too many of its kind or too many bytes."""
        with self._lock:
            objects = self._objects.get(kind)
            if objects is None:
                objects = self._objects[kind] = OrderedDict()
            self._bytes += len(content)
            if (before := objects.get(object_id)) is not None:
                self._bytes -= len(before)
            objects[object_id] = content
            while len(objects) > self._capacity or self._bytes > self._most_bytes:
                is_alone = len(objects) == 1 and len(content) <= self._most_bytes
                self._drop(max(self._objects.values(), key=len) if is_alone else objects)

    def _drop(self, objects: OrderedDict[str, bytes]) -> None:
        """Drops the oldest object; the log tells of the first one, the second, the fourth, and so on."""
        object_id, content = objects.popitem(last=False)
        self._bytes -= len(content)
        self._dropped += 1
        if self._dropped & (self._dropped - 1) == 0:
            log.warning(
                "the memory store is full (%d objects of a kind, %d bytes): it dropped %s, the oldest"
                " (%d in all); --store memory:SIZE or --store sqlite:PATH keeps more",
                self._capacity,
                self._most_bytes,
                object_id,
                self._dropped,
            )

    def read(self, kind: str, object_id: str) -> bytes | None:
        """The JSON of this object."""
        objects = self._objects.get(kind)
        return None if objects is None else objects.get(object_id)

    def change(self, kind: str, object_id: str, change: Change) -> bytes | None:
        """Replaces an object; nobody else writes meanwhile."""
        with self._lock:
            return self._apply(kind, object_id, change)

    def enlist(self, kind: str, owner: str, object_id: str) -> None:
        """Adds the id; a list has at most as many ids as the store has objects of a kind."""
        with self._lock:
            ids = self._lists.pop((kind, owner), None)
            self._lists[kind, owner] = deque(maxlen=self._capacity) if ids is None else ids
            self._lists[kind, owner].append(object_id)
            if len(self._lists) > LIST_CAPACITY:
                self._lists.popitem(last=False)

    def ids(self, kind: str, owner: str) -> Sequence[str]:
        """The ids of the list."""
        with self._lock:
            return tuple(self._lists.get((kind, owner), ()))

    def close(self) -> None:
        """Does nothing: the memory goes with the process."""
