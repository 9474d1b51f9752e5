"""Stores of JSON by kind and id, and the objects of one kind as one class.

responses = Table(store, "response", unpack_record)
responses.put("resp_1", record)
responses.enlist("key", "resp_1")
list(responses.newest_first("key"))                     # [record]
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

import orjson

from antiphon_mockserver.server.haste import announce

VERSION = 2
"""The version of what a store holds; files and Redis keys have it, so that no other version misreads them."""
Change = Callable[[bytes], bytes]
T = TypeVar("T")

MOST_LISTED = 1_000
"""How many objects a list of an owner shows, the newest ones: more would hold up other clients."""


class StoreError(Exception):
    """The store cannot do its work now: it is full, locked, gone or damaged."""


class Store(ABC):
    """Stores JSON by kind and id. Every method is atomic, also between processes that share the store.

    Every method raises StoreError when the store fails.
    """

    @abstractmethod
    def count(self, fingerprint: str) -> int:
        """Counts a request; returns how many identical ones came before."""

    @abstractmethod
    def write(self, kind: str, object_id: str, content: bytes) -> None:
        """Stores the JSON of an object."""

    @abstractmethod
    def read(self, kind: str, object_id: str) -> bytes | None:
        """Returns the JSON of an object; None when there is none."""

    @abstractmethod
    def change(self, kind: str, object_id: str, change: Change) -> bytes | None:
        """Replaces the JSON of an object with the result of `change`, and returns it; None without object."""

    @abstractmethod
    def enlist(self, kind: str, owner: str, object_id: str) -> None:
        """Adds an id to the end of the list of one owner's objects of a kind."""

    @abstractmethod
    def ids(self, kind: str, owner: str) -> Sequence[str]:
        """Returns the ids of that list, oldest first."""

    @abstractmethod
    def close(self) -> None:
        """Closes files and connections."""

    def remember(self, kind: str, object_id: str, content: bytes) -> None:  # noqa: B027 - most stores forget
        """Keeps the JSON of an object that is not to be stored, as long as a connection lasts.

        Only the store of a WebSocket connection does so.
        """

    def _apply(self, kind: str, object_id: str, change: Change) -> bytes | None:
        before = self.read(kind, object_id)
        if before is None:
            return None
        after = change(before)
        if after is not before:
            self.write(kind, object_id, after)
        return after


COST = 0.006
"""Microseconds that a byte of an object takes to be read, and perhaps written into an answer."""


class Table(Generic[T]):
    """The objects of one kind in a store, as objects of one class."""

    def __init__(
        self,
        store: Store,
        kind: str,
        unpack: Callable[[bytes], T],
        pack: Callable[[T], bytes] = orjson.dumps,
    ) -> None:
        self.store = store
        self.kind = kind
        self.unpack = unpack
        self._pack = pack

    def pack(self, value: T) -> bytes:
        """Packs an object as JSON, in no more memory than it needs."""
        return exact(self._pack(value))

    def put(self, object_id: str, value: T) -> None:
        """Stores an object."""
        self.write(object_id, self.pack(value))

    def write(self, object_id: str, content: bytes) -> None:
        """Stores a packed object."""
        self.store.write(self.kind, object_id, content)

    def remember(self, object_id: str, value: T) -> None:
        """Keeps an object that is not to be stored, as long as a connection lasts."""
        self.store.remember(self.kind, object_id, self.pack(value))

    def read(self, object_id: str) -> bytes | None:
        """Returns the packed object with this id; None when there is none."""
        return self.store.read(self.kind, object_id)

    def get(self, object_id: str) -> T | None:
        """Returns the object with this id; None when there is none."""
        content = self.read(object_id)
        if content is None:
            return None
        announce(len(content) * COST)
        return self.unpack(content)

    def change(self, object_id: str, change: Callable[[T], T]) -> T | None:
        """Replaces an object with the result of `change`, and returns it; None when there is none."""

        latest: list[T] = []

        def repack(content: bytes) -> bytes:
            before = self.unpack(content)
            after = change(before)
            latest[:] = [after]
            return content if after is before else self.pack(after)

        return None if self.store.change(self.kind, object_id, repack) is None else latest[0]

    def enlist(self, owner: str, object_id: str) -> None:
        """Adds an object to the list of its owner."""
        self.store.enlist(self.kind, owner, object_id)

    def newest_first(self, owner: str) -> Iterator[T]:
        """The newest objects in the list of an owner that the store still has."""
        objects = map(self.get, islice(reversed(self.store.ids(self.kind, owner)), MOST_LISTED))
        return (value for value in objects if value is not None)


def exact(content: bytes) -> bytes:
    """A copy of what orjson wrote: orjson writes into large blocks, and what it gives back of them lies idle
    between objects that are kept."""
    return bytes(memoryview(content))
