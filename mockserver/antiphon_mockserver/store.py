"""Responses already given: in memory, or in a SQLite file or Redis, which workers share."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import orjson

from antiphon_mockserver.record import Record

CAPACITY = 10_000
"""How many responses the memory keeps; then the oldest go, so that a load test does not eat the machine."""
REMEMBERED = 10 * CAPACITY
"""How many different requests the memory counts: more than it has responses, so that no id comes twice."""
Change = Callable[[Record], Record]


class Store(ABC):
    """Where records live, as JSON. Every method is atomic, also between processes that share the store."""

    @abstractmethod
    def count(self, fingerprint: str) -> int:
        """How many times this was asked before; the asking counts."""

    @abstractmethod
    def write(self, id: str, packed: bytes) -> None:
        """Keeps a packed record."""

    @abstractmethod
    def read(self, id: str) -> bytes | None:
        """The packed record of this id, also of a deleted one."""

    @abstractmethod
    def change(self, id: str, change: Change) -> Record | None:
        """Replaces a record by what `change` makes of it, and returns that; None when there is none."""

    @abstractmethod
    def shelve(self, shelf: str, id: str) -> None:
        """Adds an id to the end of a list."""

    @abstractmethod
    def shelved(self, shelf: str) -> Sequence[str]:
        """The ids of a list, in the order in which they were added."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of files and connections."""

    def put(self, record: Record) -> None:
        """Keeps a record."""
        self.write(record.id, pack(record))

    def get(self, id: str) -> Record | None:
        """The record of this id, also a deleted one."""
        packed = self.read(id)
        return None if packed is None else unpack(packed)

    def shelf(self, shelf: str) -> Iterator[Record]:
        """The records of a list that are still kept, the newest first."""
        found = map(self.get, reversed(self.shelved(shelf)))
        return (record for record in found if record is not None)

    def _changed(self, id: str, change: Change) -> Record | None:
        before = self.get(id)
        if before is None:
            return None
        after = change(before)
        if after is not before:
            self.put(after)
        return after


class MemoryStore(Store):
    """Three dictionaries."""

    def __init__(self, capacity: int = CAPACITY, remembered: int = REMEMBERED) -> None:
        self._records: OrderedDict[str, bytes] = OrderedDict()
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._shelves: dict[str, deque[str]] = {}
        self._capacity, self._remembered = capacity, remembered

    def count(self, fingerprint: str) -> int:
        """How many times this was asked before; what was asked longest ago is forgotten at some time."""
        before = self._counts.pop(fingerprint, 0)
        self._counts[fingerprint] = before + 1
        if len(self._counts) > self._remembered:
            self._counts.popitem(last=False)
        return before

    def write(self, id: str, packed: bytes) -> None:
        """Keeps the record, and drops the oldest one when there are too many."""
        self._records[id] = packed
        if len(self._records) > self._capacity:
            self._records.popitem(last=False)

    def read(self, id: str) -> bytes | None:
        """The packed record of this id."""
        return self._records.get(id)

    def change(self, id: str, change: Change) -> Record | None:
        """Replaces a record; nothing runs in between, for nothing is awaited."""
        return self._changed(id, change)

    def shelve(self, shelf: str, id: str) -> None:
        """Adds the id; a list is never longer than there are records."""
        self._shelves.setdefault(shelf, deque(maxlen=self._capacity)).append(id)

    def shelved(self, shelf: str) -> Sequence[str]:
        """The ids of the list."""
        return tuple(self._shelves.get(shelf, ()))

    def close(self) -> None:
        """Lets go of nothing: what is in memory goes with the server."""


class SqliteStore(Store):
    """A SQLite file in write-ahead mode; any number of processes may share it."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=NORMAL",
            "CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID",
            "CREATE TABLE IF NOT EXISTS counts (asked TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID",
            "CREATE TABLE IF NOT EXISTS shelves (place INTEGER PRIMARY KEY, shelf TEXT, id TEXT)",
            "CREATE INDEX IF NOT EXISTS by_shelf ON shelves (shelf, place)",
        ):
            self._database.execute(statement)

    def count(self, fingerprint: str) -> int:
        """How many times this was asked before, by anyone who shares the file."""
        (times,) = self._database.execute(
            "INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times",
            (fingerprint,),
        ).fetchone()
        return int(times) - 1

    def write(self, id: str, packed: bytes) -> None:
        """Writes the record."""
        self._database.execute("INSERT OR REPLACE INTO records VALUES (?, ?)", (id, packed))

    def read(self, id: str) -> bytes | None:
        """The packed record of this id."""
        row = self._database.execute("SELECT record FROM records WHERE id = ?", (id,)).fetchone()
        return row[0] if row else None

    def change(self, id: str, change: Change) -> Record | None:
        """Replaces a record within one write transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            return self._changed(id, change)
        finally:
            self._database.execute("COMMIT")

    def shelve(self, shelf: str, id: str) -> None:
        """Adds the id."""
        self._database.execute("INSERT INTO shelves (shelf, id) VALUES (?, ?)", (shelf, id))

    def shelved(self, shelf: str) -> Sequence[str]:
        """The ids of the list, as everyone who shares the file added them."""
        rows = self._database.execute("SELECT id FROM shelves WHERE shelf = ? ORDER BY place", (shelf,))
        return [id for (id,) in rows]

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


class RedisStore(Store):
    """A Redis server; everything stands under keys that begin with `antiphon:`."""

    def __init__(self, url: str) -> None:
        self._redis: Any = _redis().Redis.from_url(url)

    def count(self, fingerprint: str) -> int:
        """How many times this was asked before, by anyone who shares the server."""
        return int(self._redis.incr(f"antiphon:count:{fingerprint}")) - 1

    def write(self, id: str, packed: bytes) -> None:
        """Writes the record."""
        self._redis.set(f"antiphon:record:{id}", packed)

    def read(self, id: str) -> bytes | None:
        """The packed record of this id."""
        packed: bytes | None = self._redis.get(f"antiphon:record:{id}")
        return packed

    def change(self, id: str, change: Change) -> Record | None:
        """Replaces a record, and tries again when someone else did so meanwhile (WATCH, MULTI, EXEC)."""
        name = f"antiphon:record:{id}"

        def attempt(pipe: Any) -> Record | None:
            packed = pipe.get(name)
            after = change(unpack(packed)) if packed else None
            pipe.multi()
            if after is not None:
                pipe.set(name, pack(after))
            return after

        found: Record | None = self._redis.transaction(attempt, name, value_from_callable=True)
        return found

    def shelve(self, shelf: str, id: str) -> None:
        """Adds the id."""
        self._redis.rpush(f"antiphon:shelf:{shelf}", id)

    def shelved(self, shelf: str) -> Sequence[str]:
        """The ids of the list, as everyone who shares the server added them."""
        return [id.decode() for id in self._redis.lrange(f"antiphon:shelf:{shelf}", 0, -1)]

    def close(self) -> None:
        """Closes the connections."""
        self._redis.close()


def _redis() -> Any:
    try:
        # An optional extra, and only this store needs it.
        return import_module("redis")
    except ModuleNotFoundError:
        raise ValueError(
            "--store redis://...: expected the extra `antiphon[redis]`, it is not installed"
        ) from None


def open_store(name: str) -> Store:
    """The store that a setting names. Raises ValueError for another name than the documented ones."""
    if name == "memory":
        return MemoryStore()
    if name.startswith("sqlite:") and name != "sqlite:":
        try:
            return SqliteStore(name.removeprefix("sqlite:"))
        except sqlite3.Error as problem:
            raise ValueError(
                f"--store {name}: expected a file for a SQLite database ({problem})"
            ) from problem
    if name.startswith(("redis://", "rediss://", "unix://")):
        return RedisStore(name)
    raise ValueError(f"--store: expected memory, sqlite:PATH or redis://..., got {name!r}")


def pack(record: Record) -> bytes:
    """The record as JSON."""
    return orjson.dumps(record)


def unpack(packed: bytes) -> Record:
    """The record that `pack` made this of."""
    content: Mapping[str, Any] = orjson.loads(packed)
    return Record(**{**content, "input": tuple(content["input"])})
