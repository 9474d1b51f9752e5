"""Well-known clients, and the rules without which they break: found by running each against the mutants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from antiphon_spec.data import read_yaml

CLIENTS = Path(__file__).parent / "clients.yaml"


@dataclass(frozen=True, slots=True)
class Client:
    """A client in one version, and where it broke."""

    name: str
    package: str
    registry: str
    version: str
    date: str
    how: str
    breaks: Mapping[str, Mapping[str, Mapping[str, str]]]
    """Dialect -> rule -> mutant -> what happened to the client."""

    def rules(self, dialect: str) -> Mapping[str, Mapping[str, str]]:
        """The rules that it needs of a server of this dialect; empty when that was not tried."""
        return self.breaks.get(dialect, {})


@cache
def load_clients() -> tuple[Client, ...]:
    """Every client that was run."""
    return tuple(Client(**row) for row in read_yaml(CLIENTS, schema="clients"))
