"""Mutants: right answers made wrong in one way each, by the seam at which they bite; and who must notice.

    @mutant(caught_by="stream.sequence-numbers-increase")
    def repeats_a_sequence_number(events: list[Event]) -> list[Event]:
        \"\"\"Numbers the third event like the second.\"\"\"

The file is the seam (`body`, `events`, `sse`, `http`, `state`); the id is seam and function,
`events.repeats-a-sequence-number`. Each is named as a sentence with the server as its subject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from pkgutil import iter_modules
from typing import Any

SEAMS = ("body", "events", "sse", "http", "state")


@dataclass(frozen=True, slots=True)
class Call:
    """What a mutant may look at besides the value that it spoils."""

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    """The parsed request body, or None."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to be wrong. `spoil(value, call)` returns the wrong value; it may change its copy in place."""

    id: str
    seam: str
    summary: str
    caught_by: tuple[str, ...]
    spoil: Callable[[Any, Call], Any]


REGISTRY: dict[str, Mutant] = {}


def mutant(*, caught_by: str | tuple[str, ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function `(value)` or `(value, call)` as a mutant of the seam that its file is named for.

    Raises ValueError when the id is taken, the docstring is missing or the file is no seam.
    """

    def register(spoil: Callable[..., Any]) -> Callable[..., Any]:
        add(spoil.__module__.rpartition(".")[2], spoil.__name__, spoil.__doc__ or "", caught_by, spoil)
        return spoil

    return register


def add(file: str, name: str, doc: str, caught_by: str | tuple[str, ...], spoil: Callable[..., Any]) -> None:
    """Puts a mutant into the registry; for tables of mutants, where the decorator cannot stand."""
    seam = file.partition("_")[0]
    if seam not in SEAMS or not doc.strip():
        raise ValueError(
            f"mutant {file}.{name}: its file must be named for a seam {SEAMS}, and it needs a docstring"
        )
    key = f"{seam}.{name}".replace("_", "-")
    if key in REGISTRY:
        raise ValueError(f"two mutants have the id {key}")
    wants_call = len(signature(spoil).parameters) > 1
    REGISTRY[key] = Mutant(
        id=key,
        seam=seam,
        summary=doc.strip().partition("\n")[0],
        caught_by=(caught_by,) if isinstance(caught_by, str) else tuple(caught_by),
        spoil=spoil if wants_call else lambda value, _call: spoil(value),
    )


def all_mutants() -> Mapping[str, Mutant]:
    """Every mutant there is, by id, in order."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return dict(sorted(REGISTRY.items()))
