"""The store of one WebSocket connection: the server's store, and what only this connection remembers."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon_mockserver.state.memory import MemoryStore
from antiphon_mockserver.state.store import Change, Store

BYTES = 64 << 20
"""How many bytes a connection remembers of responses that are not stored."""


class ConnectionStore(Store):
    """Reads what the connection remembers before it reads the server's store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._memory = MemoryStore(size=BYTES)

    def count(self, fingerprint: str) -> int:
        """Counts a request of the server."""
        return self._store.count(fingerprint)

    def write(self, kind: str, object_id: str, content: bytes) -> None:
        """Stores the object in the server's store."""
        self._store.write(kind, object_id, content)

    def remember(self, kind: str, object_id: str, content: bytes) -> None:
        """Keeps the object for this connection."""
        self._memory.write(kind, object_id, content)

    def remembers(self, kind: str, object_id: str) -> bool:
        """Whether only this connection has the object."""
        return self._memory.read(kind, object_id) is not None

    def read(self, kind: str, object_id: str) -> bytes | None:
        """The JSON of the object, remembered or stored."""
        content = self._memory.read(kind, object_id)
        return self._store.read(kind, object_id) if content is None else content

    def change(self, kind: str, object_id: str, change: Change) -> bytes | None:
        """Replaces the object where it is."""
        store = self._memory if self.remembers(kind, object_id) else self._store
        return store.change(kind, object_id, change)

    def enlist(self, kind: str, owner: str, object_id: str) -> None:
        """Adds the id to the server's list."""
        self._store.enlist(kind, owner, object_id)

    def ids(self, kind: str, owner: str) -> Sequence[str]:
        """The ids of the server's list."""
        return self._store.ids(kind, owner)

    def close(self) -> None:
        """Does nothing: the server's store outlives the connection."""
