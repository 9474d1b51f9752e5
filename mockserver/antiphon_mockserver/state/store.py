"""Stores of JSON by kind and id: in memory, or in a SQLite file or Redis, which several workers share.

store = open_store("memory")
responses = Table(store, "response", unpack_record)    # the objects of one kind, as one class
responses.put("resp_1", record)
responses.enlist("key", "resp_1")
list(responses.newest_first("key"))                     # [record]
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, Generic, TypeVar

import orjson

from antiphon_mockserver.settings import SettingError

CAPACITY = 10_000
"""How many objects of a kind the memory store holds; then it drops the oldest: a load test stays small."""
COUNT_CAPACITY = 10 * CAPACITY
"""How many different requests the memory store counts: more than responses, so that ids stay unique."""
VERSION = 2
"""The version of what a store holds; files and Redis keys have it, so that no other version misreads them."""
Change = Callable[[bytes], bytes]
T = TypeVar("T")


class Store(ABC):
    """Stores JSON by kind and id. Every method is atomic, also between processes that share the store."""

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

    def _apply(self, kind: str, object_id: str, change: Change) -> bytes | None:
        before = self.read(kind, object_id)
        if before is None:
            return None
        after = change(before)
        if after is not before:
            self.write(kind, object_id, after)
        return after


class Table(Generic[T]):
    """The objects of one kind in a store, as objects of one class."""

    def __init__(self, store: Store, kind: str, unpack: Callable[[bytes], T]) -> None:
        self.store = store
        self.kind = kind
        self.unpack = unpack

    def put(self, object_id: str, value: T) -> None:
        """Stores an object."""
        self.write(object_id, pack(value))

    def write(self, object_id: str, content: bytes) -> None:
        """Stores a packed object."""
        self.store.write(self.kind, object_id, content)

    def read(self, object_id: str) -> bytes | None:
        """Returns the packed object with this id; None when there is none."""
        return self.store.read(self.kind, object_id)

    def get(self, object_id: str) -> T | None:
        """Returns the object with this id; None when there is none."""
        content = self.read(object_id)
        return None if content is None else self.unpack(content)

    def change(self, object_id: str, change: Callable[[T], T]) -> T | None:
        """Replaces an object with the result of `change`, and returns it; None when there is none."""

        def repack(content: bytes) -> bytes:
            before = self.unpack(content)
            after = change(before)
            return content if after is before else pack(after)

        content = self.store.change(self.kind, object_id, repack)
        return None if content is None else self.unpack(content)

    def enlist(self, owner: str, object_id: str) -> None:
        """Adds an object to the list of its owner."""
        self.store.enlist(self.kind, owner, object_id)

    def newest_first(self, owner: str) -> Iterator[T]:
        """The objects in the list of an owner that the store still has."""
        objects = map(self.get, reversed(self.store.ids(self.kind, owner)))
        return (value for value in objects if value is not None)


class MemoryStore(Store):
    """Dictionaries."""

    def __init__(self, capacity: int = CAPACITY, count_capacity: int = COUNT_CAPACITY) -> None:
        self._objects: dict[str, OrderedDict[str, bytes]] = {}
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._lists: dict[tuple[str, str], deque[str]] = {}
        self._capacity, self._count_capacity = capacity, count_capacity

    def count(self, fingerprint: str) -> int:
        """Counts a request; drops the oldest counts when there are too many."""
        before = self._counts.pop(fingerprint, 0)
        self._counts[fingerprint] = before + 1
        if len(self._counts) > self._count_capacity:
            self._counts.popitem(last=False)
        return before

    def write(self, kind: str, object_id: str, content: bytes) -> None:
        """Stores the object, and drops the oldest one of its kind when there are too many."""
        objects = self._objects.setdefault(kind, OrderedDict())
        objects[object_id] = content
        if len(objects) > self._capacity:
            objects.popitem(last=False)

    def read(self, kind: str, object_id: str) -> bytes | None:
        """The JSON of this object."""
        objects = self._objects.get(kind)
        return None if objects is None else objects.get(object_id)

    def change(self, kind: str, object_id: str, change: Change) -> bytes | None:
        """Replaces an object; atomic, because it never awaits."""
        return self._apply(kind, object_id, change)

    def enlist(self, kind: str, owner: str, object_id: str) -> None:
        """Adds the id; a list has at most as many ids as the store has objects of a kind."""
        self._lists.setdefault((kind, owner), deque(maxlen=self._capacity)).append(object_id)

    def ids(self, kind: str, owner: str) -> Sequence[str]:
        """The ids of the list."""
        return tuple(self._lists.get((kind, owner), ()))

    def close(self) -> None:
        """Does nothing: the memory goes with the process."""


class SqliteStore(Store):
    """A SQLite file in write-ahead mode; any number of processes may share it."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        # One transaction: another process must not see tables without their version.
        self._database.execute("BEGIN IMMEDIATE")
        version = self._version()
        if version is None:
            for statement in (
                "CREATE TABLE objects"
                " (kind TEXT, id TEXT, content BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID",
                "CREATE TABLE counts (fingerprint TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID",
                "CREATE TABLE lists (place INTEGER PRIMARY KEY, kind TEXT, owner TEXT, id TEXT)",
                "CREATE INDEX by_owner ON lists (kind, owner, place)",
                f"PRAGMA user_version={VERSION}",
            ):
                self._database.execute(statement)
        self._database.execute("COMMIT")
        if version not in (None, VERSION):
            self._database.close()
            raise SettingError(
                "store",
                "a new file, or one that this version of Antiphon wrote",
                "one of another version; delete it, or name another file",
                f"sqlite:{path}",
            )

    def _version(self) -> int | None:
        """The version of the file, 0 for files from before there were versions; None when it is empty."""
        (tables,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        return int(version) if tables else None

    def count(self, fingerprint: str) -> int:
        """Counts a request, for all processes that share the file."""
        (times,) = self._database.execute(
            "INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times",
            (fingerprint,),
        ).fetchone()
        return int(times) - 1

    def write(self, kind: str, object_id: str, content: bytes) -> None:
        """Writes the object."""
        self._database.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", (kind, object_id, content))

    def read(self, kind: str, object_id: str) -> bytes | None:
        """The JSON of this object."""
        query = "SELECT content FROM objects WHERE kind = ? AND id = ?"
        row = self._database.execute(query, (kind, object_id)).fetchone()
        return row[0] if row else None

    def change(self, kind: str, object_id: str, change: Change) -> bytes | None:
        """Replaces an object within one write transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            return self._apply(kind, object_id, change)
        finally:
            self._database.execute("COMMIT")

    def enlist(self, kind: str, owner: str, object_id: str) -> None:
        """Adds the id."""
        self._database.execute(
            "INSERT INTO lists (kind, owner, id) VALUES (?, ?, ?)", (kind, owner, object_id)
        )

    def ids(self, kind: str, owner: str) -> Sequence[str]:
        """Returns the ids of all processes that share the file."""
        query = "SELECT id FROM lists WHERE kind = ? AND owner = ? ORDER BY place"
        return [object_id for (object_id,) in self._database.execute(query, (kind, owner))]

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


class RedisStore(Store):
    """A Redis server; all keys begin with `antiphon:` and the version."""

    def __init__(self, url: str) -> None:
        self._redis: Any = _redis().Redis.from_url(url)

    def count(self, fingerprint: str) -> int:
        """Counts a request, for all processes that share the Redis server."""
        return int(self._redis.incr(_name("count", fingerprint))) - 1

    def write(self, kind: str, object_id: str, content: bytes) -> None:
        """Writes the object."""
        self._redis.set(_name("object", kind, object_id), content)

    def read(self, kind: str, object_id: str) -> bytes | None:
        """The JSON of this object."""
        content: bytes | None = self._redis.get(_name("object", kind, object_id))
        return content

    def change(self, kind: str, object_id: str, change: Change) -> bytes | None:
        """Replaces an object; tries again when another process changed it meanwhile (WATCH, MULTI, EXEC)."""
        name = _name("object", kind, object_id)

        def attempt(pipe: Any) -> bytes | None:
            content: bytes | None = pipe.get(name)
            after = change(content) if content else None
            pipe.multi()
            if after is not None:
                pipe.set(name, after)
            return after

        after: bytes | None = self._redis.transaction(attempt, name, value_from_callable=True)
        return after

    def enlist(self, kind: str, owner: str, object_id: str) -> None:
        """Adds the id."""
        self._redis.rpush(_name("list", kind, owner), object_id)

    def ids(self, kind: str, owner: str) -> Sequence[str]:
        """Returns the ids of all processes that share the Redis server."""
        return [object_id.decode() for object_id in self._redis.lrange(_name("list", kind, owner), 0, -1)]

    def close(self) -> None:
        """Closes the connections."""
        self._redis.close()


def _name(*parts: str) -> str:
    """The name of a Redis key; only the last part may have a colon."""
    return ":".join(("antiphon", str(VERSION), *parts))


def _redis() -> Any:
    try:
        # An optional extra, and only this store needs it.
        return import_module("redis")
    except ModuleNotFoundError:
        raise SettingError(
            "store", "the module `redis`", "none: the extra `antiphon[redis]` is not installed", "redis://..."
        ) from None


def open_store(name: str) -> Store:
    """Opens a store: `memory`, `sqlite:PATH` or a Redis URL. Raises ValueError for another name."""
    if name == "memory":
        return MemoryStore()
    if name.startswith("sqlite:") and name != "sqlite:":
        try:
            return SqliteStore(name.removeprefix("sqlite:"))
        except sqlite3.Error as problem:
            raise SettingError("store", "a file for a SQLite database", str(problem), name) from problem
    if name.startswith(("redis://", "rediss://", "unix://")):
        return RedisStore(name)
    raise SettingError("store", "memory, sqlite:PATH or redis://...", repr(name))


def pack(value: Any) -> bytes:
    """Packs an object as JSON."""
    return orjson.dumps(value)
