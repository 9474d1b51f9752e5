"""Mutants: servers that are wrong in exactly one way, by seam, with the rules that must notice.

    @mutant("events.repeats-a-sequence-number", caught_by="stream.sequence-numbers-increase")
    def repeats_a_sequence_number(events: list[Event]) -> list[Event]:
        \"\"\"Gives the third event the number of the second.\"\"\"

The id begins with the seam (`body`, `events`, `sse`, `http`, `state`), which is also the folder. The rest is
a sentence whose subject is the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.discovery import import_all

SEAMS = ("body", "events", "sse", "http", "state")


@dataclass(frozen=True, slots=True)
class Call:
    """The call that a mutant may read besides the value that it changes."""

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    """The parsed request body, or None."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to be wrong. `mutate(value, call)` returns the wrong value; it may change `value` in place."""

    id: str
    seam: str
    summary: str
    caught_by: tuple[str, ...]
    mutate: Callable[[Any, Call], Any]


ROOMS = (
    "antiphon_mockserver.mutants",
    "antiphon_mockserver.video_library.mutants",
    "antiphon_mockserver.prompt_templates.mutants",
)
"""The packages whose modules register mutants."""

REGISTRY: dict[str, Mutant] = {}


def mutant(
    name: str, *, caught_by: str | tuple[str, ...]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function `(value)` or `(value, call)` as the mutant `name`, which begins with its seam.

    Raises ValueError when the id exists already, the docstring is missing or there is no such seam.
    """

    def register(mutate: Callable[..., Any]) -> Callable[..., Any]:
        seam, _, rest = name.partition(".")
        add(seam, rest, mutate.__doc__ or "", caught_by, mutate)
        return mutate

    return register


def add(seam: str, name: str, doc: str, caught_by: str | tuple[str, ...], mutate: Callable[..., Any]) -> None:
    """Puts a mutant into the registry; for tables of mutants, where the decorator cannot stand."""
    if seam not in SEAMS or not doc.strip():
        raise ValueError(f"mutant {seam}.{name}: expected a seam of {SEAMS}, and a docstring")
    key = f"{seam}.{name}".replace("_", "-")
    if key in REGISTRY:
        raise ValueError(f"two mutants have the id {key}")
    wants_call = len(signature(mutate).parameters) > 1
    REGISTRY[key] = Mutant(
        id=key,
        seam=seam,
        summary=doc.strip().partition("\n")[0],
        caught_by=(caught_by,) if isinstance(caught_by, str) else tuple(caught_by),
        mutate=mutate if wants_call else lambda value, _call: mutate(value),
    )


def all_mutants() -> Mapping[str, Mutant]:
    """Every mutant by id, in order. Imports each module below the folders of mutants once."""
    import_all(ROOMS)
    return dict(sorted(REGISTRY.items()))
