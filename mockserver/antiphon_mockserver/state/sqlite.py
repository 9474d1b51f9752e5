"""A store in a SQLite file, which several processes share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

from antiphon_mockserver.settings import SettingError
from antiphon_mockserver.state.store import VERSION, Change, Store, StoreError

PATIENCE = 0.25
"""Seconds to wait for another process; the server answers nobody meanwhile."""
TABLES = {
    "objects": "kind TEXT, id TEXT, content BLOB NOT NULL, PRIMARY KEY (kind, id)",
    "counts": "fingerprint TEXT PRIMARY KEY, times INTEGER",
    "lists": "place INTEGER PRIMARY KEY, kind TEXT, owner TEXT, id TEXT",
}


class SqliteStore(Store):
    """A SQLite file in write-ahead mode; any number of processes may share it."""

    def __init__(self, path: str) -> None:
        self._lock = RLock()
        """Large requests are answered by a thread of their own, with the same connection."""
        with failures():
            self._database = sqlite3.connect(
                path, isolation_level=None, timeout=PATIENCE, check_same_thread=False
            )
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            # One transaction: another process must not see tables without their version.
            self._database.execute("BEGIN IMMEDIATE")
            version = self._version()
            if version is None:
                self._create()
            self._database.execute("COMMIT")
        if version not in (None, VERSION) or not self._has_shape():
            self._database.close()
            raise SettingError(
                "store",
                "a new file, or one that this version of Antiphon wrote",
                "one of another version; delete it, or name another file",
                f"sqlite:{path}",
            )

    def _create(self) -> None:
        for table, columns in TABLES.items():
            ending = "" if table == "lists" else " WITHOUT ROWID"
            self._database.execute(f"CREATE TABLE {table} ({columns}){ending}")
        self._database.execute("CREATE INDEX by_owner ON lists (kind, owner, place)")
        self._database.execute(f"PRAGMA user_version={VERSION}")

    def _version(self) -> int | None:
        """The version of the file, 0 for files from before there were versions; None when it is empty."""
        (tables,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        return int(version) if tables else None

    def _has_shape(self) -> bool:
        """Whether the file has our tables, with our columns."""
        for table, columns in TABLES.items():
            rows = self._database.execute(f"PRAGMA table_info({table})").fetchall()
            names = [column.split()[0] for column in columns.split(", ") if "PRIMARY KEY (" not in column]
            if not set(names[:3]) <= {row[1] for row in rows}:
                return False
        return True

    def count(self, fingerprint: str) -> int:
        """Counts a request, for all processes that share the file."""
        statement = (
            "INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times"
        )
        with self._lock, failures():
            (times,) = self._database.execute(statement, (fingerprint,)).fetchone()
        return int(times) - 1

    def write(self, kind: str, object_id: str, content: bytes) -> None:
        """Writes the object."""
        statement = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?)"
        with self._lock, failures():
            self._database.execute(statement, (kind, object_id, content))

    def read(self, kind: str, object_id: str) -> bytes | None:
        """The JSON of this object."""
        query = "SELECT content FROM objects WHERE kind = ? AND id = ?"
        with self._lock, failures():
            row = self._database.execute(query, (kind, object_id)).fetchone()
        return row[0] if row else None

    def change(self, kind: str, object_id: str, change: Change) -> bytes | None:
        """Replaces an object within one write transaction."""
        with self._lock, failures():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                return self._apply(kind, object_id, change)
            finally:
                self._database.execute("COMMIT")

    def enlist(self, kind: str, owner: str, object_id: str) -> None:
        """Adds the id."""
        statement = "INSERT INTO lists (kind, owner, id) VALUES (?, ?, ?)"
        with self._lock, failures():
            self._database.execute(statement, (kind, owner, object_id))

    def ids(self, kind: str, owner: str) -> Sequence[str]:
        """Returns the ids of all processes that share the file."""
        query = "SELECT id FROM lists WHERE kind = ? AND owner = ? ORDER BY place"
        with self._lock, failures():
            return [object_id for (object_id,) in self._database.execute(query, (kind, owner))]

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


@contextmanager
def failures() -> Iterator[None]:
    """Turns an error of SQLite into a StoreError."""
    try:
        yield
    except sqlite3.Error as problem:
        raise StoreError(str(problem)) from problem
