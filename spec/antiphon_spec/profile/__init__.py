"""A profile: what a breach of a requirement weighs, by its effect (kind) and its source (authority)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from antiphon_spec.data import DataError, nearest, read_yaml
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.requirement import Kind, Requirement

PROFILES = Path(__file__).parent
DEFAULT = "compatible"
NOTICES_ALL = "identical"
"""The profile under which every breach fails, warns or is noted."""
OTHER = "other"


class Weight(StrEnum):
    """What a breach means for the verdict; the heaviest first."""

    FAIL = "fail"
    WARN = "warn"
    NOTE = "note"
    OFF = "off"

    @property
    def rank(self) -> int:
        """0 for the heaviest; for sorting."""
        return list(Weight).index(self)


@dataclass(frozen=True, slots=True)
class Profile:
    """What fails, what warns, what is noted, and what is not judged."""

    name: str
    title: str
    audience: str
    """Whose servers it is for."""
    weights: Mapping[Kind, Mapping[str, Weight]]
    """For each kind the weight by authority; `other` is for the authorities that have none of their own."""
    requirements: Mapping[str, Weight] = field(default_factory=dict)
    """The weights of single requirements, by id, in the place of those of their kind and authority."""

    def weight(self, kind: Kind, authority: str, requirement: str = "") -> Weight:
        """What a breach of this kind and authority weighs; the id of its requirement may say otherwise."""
        by_authority = self.weights[kind]
        usual = by_authority.get(authority, by_authority[OTHER])
        return self.requirements.get(requirement, usual)

    def weigh(self, row: Requirement) -> Weight:
        """What a breach of a requirement weighs."""
        return self.weight(row.kind, row.authority, row.id)

    def heaviest(self, rows: Iterable[Requirement]) -> Requirement | None:
        """The requirement whose breach weighs most, the first of equals; None without a requirement."""
        return min(rows, key=lambda row: self.weigh(row).rank, default=None)

    def as_json(self) -> dict[str, Any]:
        """The content of its file, for reports."""
        content: dict[str, Any] = {"name": self.name, "title": self.title, "for": self.audience}
        content["weights"] = {
            kind.value: {authority: weight.value for authority, weight in row.items()}
            for kind, row in self.weights.items()
        }
        single = {row: weight.value for row, weight in self.requirements.items()}
        return content | ({"requirements": single} if single else {})


def profile_names() -> tuple[str, ...]:
    """The profiles that ship, the default first."""
    names = sorted(path.stem for path in PROFILES.glob("*.yaml"))
    return (DEFAULT, *(name for name in names if name != DEFAULT))


@cache
def load_profile(name: str = DEFAULT) -> Profile:
    """A profile that ships, by its name, or a file of one's own, by its path.

    Raises DataError when there is no such profile, or when the file is malformed.
    """
    if name in profile_names():
        return _read(PROFILES / f"{name}.yaml")
    path = Path(name)
    if path.is_file():
        return _read(path)
    expected = f"one of {', '.join(profile_names())}, or a YAML file"
    raise DataError("profile", expected, nearest(name, profile_names()))


def profile_of(content: Mapping[str, Any]) -> Profile:
    """The profile with the content of a file, as `as_json` returns it."""
    weights = {
        Kind(kind): {authority: Weight(weight) for authority, weight in by_authority.items()}
        for kind, by_authority in content["weights"].items()
    }
    rows = {row: Weight(weight) for row, weight in content.get("requirements", {}).items()}
    return Profile(content["name"], content["title"], content["for"], weights, rows)


def profile_of_levels(strict: bool = False) -> Profile:
    """The weights of releases that had no profiles: a level decided, of whatever kind. `strict` fails SHOULD.

    It reads their reports and their frozen sets.
    """
    base = load_profile(NOTICES_ALL)
    other = Weight.FAIL if strict else Weight.WARN
    weights = {kind: {**row, OTHER: other} for kind, row in base.weights.items()}
    return Profile("levels", "The levels of releases without profiles", "Older claims and reports.", weights)


def _read(path: Path) -> Profile:
    return profile_of(read_yaml(path, schema="profile"))
