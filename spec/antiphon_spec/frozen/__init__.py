"""Frozen sets of requirements: a claim like `openresponses@2026-04-24` stays the same when rules are added.

A set holds the requirements of a dialect's release with their levels, and the rules that judge them, each
with the requirement that sets its level. `antiphon spec freeze` writes a set; it never changes afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from antiphon_spec.data import DataError, read_yaml
from antiphon_spec.renamed import current_rule
from antiphon_spec.requirement import Requirement

FROZEN = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Frozen:
    """The requirements and rules of one claim."""

    dialect: str
    release: str
    frozen: str
    """The date of the set, as YYYY-MM-DD."""
    requirements: Mapping[str, str]
    """The level of each requirement, by id."""
    rules: Mapping[str, str]
    """For each rule id, the id of the requirement that sets its level."""

    @property
    def name(self) -> str:
        """The name in claims: `openresponses@2026-04-24`."""
        return f"{self.dialect}@{self.release}"

    def level(self, rule: str) -> str:
        """The level of a rule."""
        return self.requirements[self.rules[rule]]


def frozen_names() -> tuple[str, ...]:
    """The names of the sets that ship."""
    return tuple(sorted(path.name.removesuffix(".yaml") for path in FROZEN.glob("*@*.yaml")))


def load_frozen(name: str) -> Frozen:
    """The set of this name. Raises DataError when there is no such set."""
    if name not in frozen_names():
        raise DataError("requirements", f"one of {', '.join(frozen_names())}", repr(name))
    content = read_yaml(FROZEN / f"{name}.yaml", schema="frozen")
    rules = {current_rule(rule): row for rule, row in content["rules"].items()}
    return Frozen(**(content | {"rules": rules}))


def freeze(
    dialect: str, release: str, day: str, weights: Mapping[str, Requirement], rows: Iterable[Requirement]
) -> Frozen:
    """The set of the current rules, each with the requirement that sets its level, and of the tested rows."""
    levels = {row.id: row.level for row in (*rows, *weights.values()) if row.tested}
    rules = {rule: row.id for rule, row in sorted(weights.items())}
    return Frozen(dialect, release, day, dict(sorted(levels.items())), rules)


def write_frozen(claim: Frozen, folder: Path = FROZEN) -> Path:
    """Writes a set into a folder. Raises DataError when it has a set of this name: a claim never changes."""
    path = folder / f"{claim.name}.yaml"
    if path.exists():
        raise DataError(str(path), "no set of this name", "a frozen set")
    content = {"dialect": claim.dialect, "release": claim.release, "frozen": claim.frozen}
    content |= {"requirements": dict(claim.requirements), "rules": dict(claim.rules)}  # type: ignore[dict-item]
    head = "# Written by `antiphon spec freeze`; never edited: claims of conformance name it.\n"
    path.write_text(head + yaml.safe_dump(content, sort_keys=False, width=200), encoding="utf-8")
    return path
