"""Well-known clients and the rules that each needs; each client was run against the mutants to find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from antiphon_spec.data import read_yaml

CLIENTS = Path(__file__).parent / "clients.yaml"


@dataclass(frozen=True, slots=True)
class Client:
    """One version of a client, and the rules whose breach breaks it."""

    name: str
    package: str
    registry: str
    version: str
    date: str
    how: str
    breaks: Mapping[str, Mapping[str, Mapping[str, str]]]
    """For each dialect, rule and mutant: how the client broke."""

    def rules(self, dialect: str) -> Mapping[str, Mapping[str, str]]:
        """The rules that it needs in this dialect; empty when it was not run in this dialect."""
        return self.breaks.get(dialect, {})


@cache
def load_clients() -> tuple[Client, ...]:
    """Every client of `clients.yaml`. Raises DataError when the file is malformed."""
    return tuple(Client(**row) for row in read_yaml(CLIENTS, schema="clients"))
