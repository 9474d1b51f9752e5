"""Stores of responses: in memory, or in a SQLite file or Redis, which several workers share."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import orjson

from antiphon_mockserver.response.pace import read_pace
from antiphon_mockserver.state.record import Record

CAPACITY = 10_000
"""How many responses the memory store holds; then it drops the oldest, so that a load test stays small."""
COUNT_CAPACITY = 10 * CAPACITY
"""How many different requests the memory store counts: more than responses, so that ids stay unique."""
Change = Callable[[Record], Record]


class Store(ABC):
    """Stores records as JSON. Every method is atomic, also between processes that share the store."""

    @abstractmethod
    def count(self, fingerprint: str) -> int:
        """Counts a request; returns how many identical ones came before."""

    @abstractmethod
    def write(self, record_id: str, content: bytes) -> None:
        """Stores a packed record."""

    @abstractmethod
    def read(self, record_id: str) -> bytes | None:
        """Returns the packed record with this id, also a deleted one; None when there is none."""

    @abstractmethod
    def change(self, record_id: str, change: Change) -> Record | None:
        """Replaces a record with the result of `change`, and returns it; None when there is no record."""

    @abstractmethod
    def shelve(self, shelf: str, record_id: str) -> None:
        """Adds an id to the end of a list."""

    @abstractmethod
    def shelf_ids(self, shelf: str) -> Sequence[str]:
        """Returns the ids of a list, oldest first."""

    @abstractmethod
    def close(self) -> None:
        """Closes files and connections."""

    def put(self, record: Record) -> None:
        """Stores a record."""
        self.write(record.id, pack(record))

    def get(self, record_id: str) -> Record | None:
        """Returns the record with this id, also a deleted one; None when there is none."""
        content = self.read(record_id)
        return None if content is None else unpack(content)

    def shelf(self, shelf: str) -> Iterator[Record]:
        """The records of a list that the store still has, newest first."""
        records = map(self.get, reversed(self.shelf_ids(shelf)))
        return (record for record in records if record is not None)

    def _apply(self, record_id: str, change: Change) -> Record | None:
        before = self.get(record_id)
        if before is None:
            return None
        after = change(before)
        if after is not before:
            self.put(after)
        return after


class MemoryStore(Store):
    """Three dictionaries."""

    def __init__(self, capacity: int = CAPACITY, count_capacity: int = COUNT_CAPACITY) -> None:
        self._records: OrderedDict[str, bytes] = OrderedDict()
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._shelves: dict[str, deque[str]] = {}
        self._capacity, self._count_capacity = capacity, count_capacity

    def count(self, fingerprint: str) -> int:
        """Counts a request; drops the oldest counts when there are too many."""
        before = self._counts.pop(fingerprint, 0)
        self._counts[fingerprint] = before + 1
        if len(self._counts) > self._count_capacity:
            self._counts.popitem(last=False)
        return before

    def write(self, record_id: str, content: bytes) -> None:
        """Stores the record, and drops the oldest one when there are too many."""
        self._records[record_id] = content
        if len(self._records) > self._capacity:
            self._records.popitem(last=False)

    def read(self, record_id: str) -> bytes | None:
        """The packed record of this id."""
        return self._records.get(record_id)

    def change(self, record_id: str, change: Change) -> Record | None:
        """Replaces a record; atomic, because it never awaits."""
        return self._apply(record_id, change)

    def shelve(self, shelf: str, record_id: str) -> None:
        """Adds the id; a list has at most as many ids as the store has records."""
        self._shelves.setdefault(shelf, deque(maxlen=self._capacity)).append(record_id)

    def shelf_ids(self, shelf: str) -> Sequence[str]:
        """The ids of the list."""
        return tuple(self._shelves.get(shelf, ()))

    def close(self) -> None:
        """Does nothing: the memory goes with the process."""


class SqliteStore(Store):
    """A SQLite file in write-ahead mode; any number of processes may share it."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=NORMAL",
            "CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID",
            "CREATE TABLE IF NOT EXISTS counts (fingerprint TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID",
            "CREATE TABLE IF NOT EXISTS shelves (place INTEGER PRIMARY KEY, shelf TEXT, id TEXT)",
            "CREATE INDEX IF NOT EXISTS by_shelf ON shelves (shelf, place)",
        ):
            self._database.execute(statement)

    def count(self, fingerprint: str) -> int:
        """Counts a request, for all processes that share the file."""
        (times,) = self._database.execute(
            "INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times",
            (fingerprint,),
        ).fetchone()
        return int(times) - 1

    def write(self, record_id: str, content: bytes) -> None:
        """Writes the record."""
        self._database.execute("INSERT OR REPLACE INTO records VALUES (?, ?)", (record_id, content))

    def read(self, record_id: str) -> bytes | None:
        """The packed record of this id."""
        row = self._database.execute("SELECT record FROM records WHERE id = ?", (record_id,)).fetchone()
        return row[0] if row else None

    def change(self, record_id: str, change: Change) -> Record | None:
        """Replaces a record within one write transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            return self._apply(record_id, change)
        finally:
            self._database.execute("COMMIT")

    def shelve(self, shelf: str, record_id: str) -> None:
        """Adds the id."""
        self._database.execute("INSERT INTO shelves (shelf, id) VALUES (?, ?)", (shelf, record_id))

    def shelf_ids(self, shelf: str) -> Sequence[str]:
        """Returns the ids of all processes that share the file."""
        rows = self._database.execute("SELECT id FROM shelves WHERE shelf = ? ORDER BY place", (shelf,))
        return [record_id for (record_id,) in rows]

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


class RedisStore(Store):
    """A Redis server; all keys begin with `antiphon:`."""

    def __init__(self, url: str) -> None:
        self._redis: Any = _redis().Redis.from_url(url)

    def count(self, fingerprint: str) -> int:
        """Counts a request, for all processes that share the Redis server."""
        return int(self._redis.incr(f"antiphon:count:{fingerprint}")) - 1

    def write(self, record_id: str, content: bytes) -> None:
        """Writes the record."""
        self._redis.set(f"antiphon:record:{record_id}", content)

    def read(self, record_id: str) -> bytes | None:
        """The packed record of this id."""
        content: bytes | None = self._redis.get(f"antiphon:record:{record_id}")
        return content

    def change(self, record_id: str, change: Change) -> Record | None:
        """Replaces a record; tries again when another process changed it meanwhile (WATCH, MULTI, EXEC)."""
        name = f"antiphon:record:{record_id}"

        def attempt(pipe: Any) -> Record | None:
            content = pipe.get(name)
            after = change(unpack(content)) if content else None
            pipe.multi()
            if after is not None:
                pipe.set(name, pack(after))
            return after

        after: Record | None = self._redis.transaction(attempt, name, value_from_callable=True)
        return after

    def shelve(self, shelf: str, record_id: str) -> None:
        """Adds the id."""
        self._redis.rpush(f"antiphon:shelf:{shelf}", record_id)

    def shelf_ids(self, shelf: str) -> Sequence[str]:
        """Returns the ids of all processes that share the Redis server."""
        return [record_id.decode() for record_id in self._redis.lrange(f"antiphon:shelf:{shelf}", 0, -1)]

    def close(self) -> None:
        """Closes the connections."""
        self._redis.close()


def _redis() -> Any:
    try:
        # An optional extra, and only this store needs it.
        return import_module("redis")
    except ModuleNotFoundError:
        raise ValueError("--store redis://...: the extra `antiphon[redis]` is not installed") from None


def open_store(name: str) -> Store:
    """Opens a store: `memory`, `sqlite:PATH` or a Redis URL. Raises ValueError for another name."""
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
    """Packs a record as JSON."""
    return orjson.dumps(record)


def unpack(text: bytes) -> Record:
    """Returns the record of a text from `pack`."""
    members: Mapping[str, Any] = orjson.loads(text)
    return Record(
        **{**members, "input": tuple(members["input"]), "pace": read_pace(members["pace"])},
    )
