"""What can be chosen when the server starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEBIBYTE = 1024 * 1024
Source = Path | Mapping[str, Any]
"""A script: its file, or its content."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of one server; two servers with equal settings answer equal requests with equal bytes."""

    dialect: str = "openai"
    seed: int = 0
    api_keys: tuple[str, ...] = ()
    """The keys that are accepted; none means any but those that say that they are wrong (see models.py)."""
    models: tuple[str, ...] = ()
    """The models that exist; none means every name but those that say that they do not (see models.py)."""
    scripts: tuple[Source, ...] = ()
    """Script files, or their content."""
    store: str = "memory"
    """`memory`, `sqlite:PATH` or `redis://...`."""
    clock: str = "virtual"
    """`virtual`: nothing waits, time stands still; or `real`."""
    mutants: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    world: str = ""
    """The library of videos of dialects that have one: a world that ships, or a file; "" is all that ship."""
    readings: tuple[str, ...] = ()
    """How its filters are read where the documents leave it open, unless as usual (`missing-differs`)."""
    body_limit: int = 64 * MEBIBYTE
    """The largest request body, in bytes."""
    journal: int = 0
    """How many exchanges are kept for whoever runs the server to look at."""
