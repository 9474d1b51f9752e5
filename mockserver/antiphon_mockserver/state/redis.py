"""A store in a Redis server, which several processes share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from antiphon_mockserver.settings import SettingError
from antiphon_mockserver.state.store import VERSION, Change, Store, StoreError

PATIENCE = 1.0
"""Seconds to wait for the Redis server; the server answers nobody meanwhile."""


class RedisStore(Store):
    """A Redis server; all keys begin with `antiphon:` and the version."""

    def __init__(self, url: str) -> None:
        client = _redis().Redis
        with failures():
            self._redis: Any = client.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
            self._redis.ping()

    def count(self, fingerprint: str) -> int:
        """Counts a request, for all processes that share the Redis server."""
        with failures():
            return int(self._redis.incr(_name("count", fingerprint))) - 1

    def write(self, kind: str, object_id: str, content: bytes) -> None:
        """Writes the object."""
        with failures():
            self._redis.set(_name("object", kind, object_id), content)

    def read(self, kind: str, object_id: str) -> bytes | None:
        """The JSON of this object."""
        with failures():
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

        with failures():
            after: bytes | None = self._redis.transaction(attempt, name, value_from_callable=True)
        return after

    def enlist(self, kind: str, owner: str, object_id: str) -> None:
        """Adds the id."""
        with failures():
            self._redis.rpush(_name("list", kind, owner), object_id)

    def ids(self, kind: str, owner: str) -> Sequence[str]:
        """Returns the ids of all processes that share the Redis server."""
        with failures():
            ids = self._redis.lrange(_name("list", kind, owner), 0, -1)
        return [object_id.decode() for object_id in ids]

    def close(self) -> None:
        """Closes the connections."""
        self._redis.close()


@contextmanager
def failures() -> Iterator[None]:
    """Turns an error of the Redis client into a StoreError."""
    try:
        yield
    except _redis().RedisError as problem:
        raise StoreError(str(problem)) from problem


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
