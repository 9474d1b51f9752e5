"""Opens a store by its name."""

from __future__ import annotations

import re
from importlib import import_module

from antiphon_mockserver.settings import SettingError
from antiphon_mockserver.state.memory import BYTES, MemoryStore
from antiphon_mockserver.state.store import Store, StoreError

MEMORY = re.compile(r"memory(?::(\d{1,12})(KiB|MiB|GiB)?)?")
UNITS = {None: 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def open_store(name: str) -> Store:
    """Opens a store: `memory`, `memory:SIZE`, `sqlite:PATH` or a Redis URL.

    Raises ValueError for another name, and for a store that cannot be opened.
    """
    if memory := MEMORY.fullmatch(name):
        size = int(memory[1]) * UNITS[memory[2]] if memory[1] else BYTES
        return MemoryStore(size=size)
    store: Store
    try:
        # Few servers need a database, and all start faster without.
        if name.startswith("sqlite:") and name != "sqlite:":
            sqlite = import_module("antiphon_mockserver.state.sqlite")
            store = sqlite.SqliteStore(name.removeprefix("sqlite:"))
            return store
        if name.startswith(("redis://", "rediss://", "unix://")):
            store = import_module("antiphon_mockserver.state.redis").RedisStore(name)
            return store
    except StoreError as problem:
        kind = "a file for a SQLite database" if name.startswith("sqlite:") else "a Redis server that answers"
        raise SettingError("store", kind, str(problem), name) from problem
    raise SettingError("store", "memory, memory:SIZE, sqlite:PATH or redis://...", repr(name))
