"""Ids that changed once: old baselines, frozen sets, reports and transcripts stay readable."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from antiphon_spec.data import read_yaml

RENAMED = Path(__file__).parent / "renamed.yaml"


@cache
def renamed(kind: str) -> Mapping[str, str]:
    """Old id -> current id, for `rules`, `mutants` or `steps` (the steps of scenarios)."""
    table: Mapping[str, Mapping[str, str]] = read_yaml(RENAMED, schema="renamed")
    return table[kind]


def current_rule(name: str) -> str:
    """The current id of a rule; an id that never changed is its own."""
    return renamed("rules").get(name, name)


def current_mutant(name: str) -> str:
    """The current id of a mutant."""
    return renamed("mutants").get(name, name)


def current_step(name: str) -> str:
    """The current name of a scenario's step."""
    return renamed("steps").get(name, name)
