"""Well-known clients, and which faults of a server break which of their features; runs against the mutants of
the mock server showed it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from antiphon_spec.data import read_yaml
from antiphon_spec.loading.construction import dataclass

CLIENTS = Path(__file__).parent / "clients.yaml"
Faults = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Rule -> fault (`response/output absent`) -> mutant -> how the client broke."""


@dataclass(frozen=True, slots=True)
class Client:
    """One version of a client, and the faults that break each of its features."""

    name: str
    package: str
    registry: str
    version: str
    date: str
    how: str
    features: Mapping[str, tuple[str, ...]]
    """For each dialect, the features that work against the right server."""
    breaks: Mapping[str, Mapping[str, Faults]]
    """For each dialect and feature, the faults that break it."""

    @property
    def short(self) -> str:
        """The package, with the language where two packages share the name: `openai-python`."""
        languages = {"PyPI": "python", "npm": "node"}
        is_alone = sum(client.package == self.package for client in load_clients()) == 1
        return self.package if is_alone else f"{self.package}-{languages[self.registry]}"

    def faults(self, dialect: str, feature: str) -> Faults:
        """The faults that break one feature; none when it was not run in this dialect."""
        return self.breaks.get(dialect, {}).get(feature, {})

    def rules(self, dialect: str) -> tuple[str, ...]:
        """The rules that tell such a fault, in order; empty when it was not run in this dialect."""
        return tuple(sorted({rule for faults in self.breaks.get(dialect, {}).values() for rule in faults}))


@cache
def load_clients() -> tuple[Client, ...]:
    """Every client of `clients.yaml`. Raises DataError when the file is malformed."""
    rows = read_yaml(CLIENTS, schema="clients")
    return tuple(
        Client(**row | {"features": {name: tuple(tasks) for name, tasks in row["features"].items()}})
        for row in rows
    )
