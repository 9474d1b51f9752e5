"""The bugs of real servers that `wild_bugs.yaml` lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

TABLE = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug that was reported in public, and how it is noticed; or why it is not."""

    id: str
    project: str
    link: str
    symptom: str
    scope: str = "responses"
    dialect: str = "openresponses"
    """In which the mutants are noticed."""
    mutants: tuple[str, ...] = ()
    """Each of them breaks the mock server as that server was broken."""
    rules: tuple[str, ...] = ()
    """Each mutant turns at least one of these red."""
    not_detected: str = ""
    """Why no rule notices; empty when one does."""


def bugs() -> tuple[Bug, ...]:
    """Every row of the table."""
    rows = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return tuple(
        Bug(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})
        for row in rows
    )
