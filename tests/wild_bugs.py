"""The bugs of real servers that `wild_bugs.yaml` lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

TABLE = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True)
class Bug:
    """A public bug report, with the mutants and rules that show it, or the reason why none does."""

    id: str
    project: str
    link: str
    symptom: str
    scope: str = "responses"
    dialect: str = "openresponses"
    """The dialect in which rules report the mutants."""
    mutants: tuple[str, ...] = ()
    """Each mutant gives the mock server the bug of that server."""
    rules: tuple[str, ...] = ()
    """At least one of these rules reports each mutant."""
    not_detected: str = ""
    """Why no rule reports the bug; empty when one does."""


def bugs() -> tuple[Bug, ...]:
    """Every row of the table."""
    rows = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return tuple(
        Bug(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})
        for row in rows
    )
