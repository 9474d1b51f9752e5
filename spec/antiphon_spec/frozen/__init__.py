"""Frozen sets of requirements: a claim like `openresponses@2026-04-24` stays the same when rules are added.

A set holds the requirements of a dialect's release with their authorities and kinds, the profile that weighs
them, and the rules that judge them, each with the requirement that weighs most. `antiphon spec freeze` writes
a set; it never changes afterwards. Older sets have authorities only, and weigh by these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from antiphon_spec.data import DataError, nearest, read_yaml
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.profile import Profile, Weight, profile_of, profile_of_levels
from antiphon_spec.renamed import current_rule
from antiphon_spec.requirement import Kind, Requirement

FROZEN = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class FrozenRow:
    """The authority and kind of a requirement on the day of its set."""

    authority: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Frozen:
    """The requirements and rules of one claim."""

    dialect: str
    release: str
    frozen: str
    """The date of the set, as YYYY-MM-DD."""
    requirements: Mapping[str, FrozenRow]
    """By id."""
    rules: Mapping[str, str]
    """For each rule id, the id of the requirement whose breach weighs most."""
    profile: Profile

    @property
    def name(self) -> str:
        """The name in claims: `openresponses@2026-04-24`."""
        return f"{self.dialect}@{self.release}"

    def row(self, rule: str) -> FrozenRow:
        """The row of the requirement that weighs most for a rule."""
        return self.requirements[self.rules[rule]]

    def weight(self, requirement: str) -> Weight:
        """What a breach of a requirement weighs in this set."""
        row = self.requirements[requirement]
        return self.profile.weight(row.kind, row.authority, requirement)


def frozen_names() -> tuple[str, ...]:
    """The names of the sets that ship."""
    return tuple(sorted(path.name.removesuffix(".yaml") for path in FROZEN.glob("*@*.yaml")))


def load_frozen(name: str) -> Frozen:
    """The set of this name. Raises DataError when there is no such set."""
    if name not in frozen_names():
        raise DataError("requirements", f"one of {', '.join(frozen_names())}", nearest(name, frozen_names()))
    content = read_yaml(FROZEN / f"{name}.yaml", schema="frozen")
    rules = {current_rule(rule): row for rule, row in content["rules"].items()}
    rows = {key: _row(text) for key, text in content["requirements"].items()}
    profile = profile_of(content["profile"]) if "profile" in content else profile_of_levels()
    return Frozen(content["dialect"], content["release"], content["frozen"], rows, rules, profile)


def _row(text: str) -> FrozenRow:
    authority, _, kind = text.partition(" ")
    return FrozenRow(authority, Kind(kind or "interop"))


def freeze(
    dialect: str,
    release: str,
    day: str,
    profile: Profile,
    heaviest: Mapping[str, Requirement],
    rows: Iterable[Requirement],
) -> Frozen:
    """The set of the current rules and of the tested rows. `heaviest` is the row of each rule that weighs
    most under the profile."""
    frozen_rows = {
        row.id: FrozenRow(row.authority, row.kind) for row in (*rows, *heaviest.values()) if row.tested
    }
    rules = {rule: row.id for rule, row in sorted(heaviest.items())}
    return Frozen(dialect, release, day, dict(sorted(frozen_rows.items())), rules, profile)


def write_frozen(claim: Frozen, folder: Path = FROZEN) -> Path:
    """Writes a set into a folder. Raises DataError when it has a set of this name: a claim never changes."""
    path = folder / f"{claim.name}.yaml"
    if path.exists():
        raise DataError(str(path), "no set of this name", "a frozen set")
    content: dict[str, Any] = {"dialect": claim.dialect, "release": claim.release, "frozen": claim.frozen}
    content["profile"] = claim.profile.as_json()
    content["requirements"] = {key: f"{row.authority} {row.kind}" for key, row in claim.requirements.items()}
    content["rules"] = dict(claim.rules)
    head = "# Written by `antiphon spec freeze`; never edited: claims of conformance name it.\n"
    path.write_text(head + yaml.safe_dump(content, sort_keys=False, width=200), encoding="utf-8")
    return path
