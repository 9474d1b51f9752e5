"""Keeps what was read from our data files, as Python keeps its bytecode: YAML takes ten times as long.

A prepared file lies where the bytecode of a module in its folder would, and counts as long as the sizes and
times of all its sources are the same. Only files of ours have one; what cannot be written is made each time.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

OURS = frozenset({"antiphon_spec", "antiphon_fixtures", "antiphon_mockserver"})
"""The packages whose data is prepared; the files of others may lie anywhere."""

Source = tuple[Any, Sequence[Path]]
"""Plain data, and the files that it was made from."""


def prepared(path: Path, kind: str, make: Callable[[], Source]) -> Any:
    """What `make` returns first for this file: as it was kept, or made and kept.

    `kind` tells apart what is made from one file.
    """
    if OURS.isdisjoint(path.parts):
        return make()[0]
    place = _folder(path) / f"{path.name}.{kind}.{sys.implementation.cache_tag}"
    with suppress(OSError, ValueError, EOFError, TypeError):
        stamps, content = marshal.loads(place.read_bytes())  # noqa: S302 - as trusted as the bytecode beside it
        if all(_stamp(source) == stamp for source, stamp in stamps):
            return content
    content, sources = make()
    if not sys.dont_write_bytecode:
        with suppress(OSError, ValueError):
            _write(place, marshal.dumps(([(str(source), _stamp(source)) for source in sources], content)))
    return content


def _folder(path: Path) -> Path:
    """The folder with the bytecode of modules that lie beside this file."""
    if sys.pycache_prefix is None:
        return path.parent / "__pycache__"
    return Path(sys.pycache_prefix, *path.parent.absolute().parts[1:])


def _stamp(source: Path | str) -> tuple[int, int]:
    """The size and the time of a file. Raises OSError when there is none."""
    status = os.stat(source)
    return status.st_size, status.st_mtime_ns


def _write(place: Path, content: bytes) -> None:
    """Writes a file in one step, so that nobody reads a part of it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        os.replace(part, place)
    except OSError:
        part.unlink(missing_ok=True)
        raise
