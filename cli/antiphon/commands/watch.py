"""Waits until a file changes, and until the server that is made of it answers again."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from antiphon_conformance.http.address import Address
from antiphon_conformance.http.proxies import is_loopback

State = tuple[int, int, int]
"""The time of a file's last change in nanoseconds, its size and its inode."""
Snapshot = Mapping[str, State]
PAUSE = 0.3
"""Seconds between two looks. A change counts once two looks saw the same: editors write in several steps."""
MOST_FILES = 20_000
"""A folder with more files would keep a processor busy."""
UNWATCHED = frozenset({"__pycache__", "node_modules", "venv"})
"""Folders that change by themselves, or hold foreign code; so do those whose name begins with a dot."""


class TooManyFilesError(ValueError):
    """The folders hold more files than can be watched."""


def pause() -> None:
    """Lets some time pass between two looks."""
    time.sleep(PAUSE)


def snapshot(paths: Iterable[Path], without: Sequence[Path] = ()) -> Snapshot:
    """The state of each file that is one of the paths or below one; nothing below `without` is watched.

    A file that disappears meanwhile is absent. Raises TooManyFilesError.
    """
    states: dict[str, State] = {}
    for name in _files(paths, {path.resolve() for path in without}):
        try:
            status = os.stat(name)
        except OSError:
            continue
        states[name] = (status.st_mtime_ns, status.st_size, status.st_ino)
        if len(states) > MOST_FILES:
            raise TooManyFilesError(f"expected at most {MOST_FILES} files")
    return states


def _files(paths: Iterable[Path], without: set[Path]) -> Iterator[str]:
    for path in paths:
        if not path.is_dir():
            yield str(path)
        for place, folders, names in os.walk(path):
            folders[:] = [
                name
                for name in folders
                if name not in UNWATCHED and name[0] != "." and Path(place, name).resolve() not in without
            ]
            yield from (os.path.join(place, name) for name in names if name[0] != ".")


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """The files that were added, changed or removed, by name."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def wait_for_change(paths: Sequence[Path], without: Sequence[Path], before: Snapshot) -> Snapshot:
    """Waits until files differ from `before` and stay as they are; returns what they are then."""
    last = before
    while (now := snapshot(paths, without)) != last or now == before:
        last = now
        pause()
    return now


def wait_for_server(address: Address, seconds: float) -> None:
    """Waits until a server of this machine accepts a connection, at most so long: it starts anew after a
    change."""
    if address.host and not is_loopback(address.host):
        return
    end = time.monotonic() + seconds
    while time.monotonic() < end and not _accepts(address):
        pause()


def _accepts(address: Address) -> bool:
    try:
        with closing(_connect(address)):
            return True
    except OSError:
        return False


def _connect(address: Address) -> socket.socket:
    if not address.socket:
        parts = urlsplit(address.base)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return socket.create_connection((address.host, port), 1.0)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(1.0)
    connection.connect(address.socket)
    return connection
