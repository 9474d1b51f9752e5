"""Frozen sets of requirements: what `openresponses@2026-04-24` claims stays the same when rules are added.

A set names the requirements of a dialect's release with their levels, and the rules that judge them, each
with the requirement that decides how much a breach weighs. `antiphon spec freeze` writes one, for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from antiphon_spec.data import DataError, read_yaml
from antiphon_spec.requirement import Requirement

FROZEN = Path(__file__).parent / "frozen"


@dataclass(frozen=True, slots=True)
class Frozen:
    """The requirements and rules of one claim."""

    dialect: str
    release: str
    frozen: str
    """The day on which it was written down."""
    requirements: Mapping[str, str]
    """Id -> level."""
    rules: Mapping[str, str]
    """The id of a rule -> the requirement that it is weighed by."""

    @property
    def name(self) -> str:
        """What a claim calls it: `openresponses@2026-04-24`."""
        return f"{self.dialect}@{self.release}"

    def level(self, rule: str) -> str:
        """How much a breach of a rule weighs."""
        return self.requirements[self.rules[rule]]


def frozen_names() -> tuple[str, ...]:
    """The sets that ship."""
    return tuple(sorted(path.name.removesuffix(".yaml") for path in FROZEN.glob("*@*.yaml")))


def load_frozen(name: str) -> Frozen:
    """The set of this name. Raises DataError when there is none."""
    if name not in frozen_names():
        raise DataError("requirements", f"one of {', '.join(frozen_names())}", repr(name))
    return Frozen(**read_yaml(FROZEN / f"{name}.yaml", schema="frozen"))


def freeze(
    dialect: str, release: str, day: str, weighed: Mapping[str, Requirement], rows: Iterable[Requirement]
) -> Frozen:
    """The set of today's rules, each with the requirement that weighs it, and of today's tested rows."""
    kept = {row.id: row.level for row in (*rows, *weighed.values()) if row.tested}
    rules = {rule: row.id for rule, row in sorted(weighed.items())}
    return Frozen(dialect, release, day, dict(sorted(kept.items())), rules)


def write_frozen(found: Frozen, folder: Path = FROZEN) -> Path:
    """Writes a set down. Raises DataError when there is one of its name: a claim does not change."""
    path = folder / f"{found.name}.yaml"
    if path.exists():
        raise DataError(str(path), "no set of this name yet", "one that is frozen")
    told = {"dialect": found.dialect, "release": found.release, "frozen": found.frozen}
    told |= {"requirements": dict(found.requirements), "rules": dict(found.rules)}  # type: ignore[dict-item]
    head = "# Written by `antiphon spec freeze`; never edited: claims of conformance name it.\n"
    path.write_text(head + yaml.safe_dump(told, sort_keys=False, width=200), encoding="utf-8")
    return path
