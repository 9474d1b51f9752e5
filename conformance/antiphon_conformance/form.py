"""The noun for a legal form of request, and how several are asked for at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Form:
    """A legal form of request, and the step of a scenario that uses it: a request with ... is taken."""

    name: str
    cites: tuple[str, ...]
    says: str
    scenario: str
    step: str
    members: frozenset[str]
    """The members of the request that hold it: a refusal that blames another one is none of ours."""
    asks: Mapping[str, Any] = field(default_factory=dict)
    """What a create in this form alone has; names in braces stand for what the target holds."""

    @property
    def alone(self) -> str:
        """The step that tries it alone, after all forms of its step were refused together."""
        return f"{self.step}_{self.name}"


def merged(asked: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Several requests as one: objects are merged, arrays joined, of other values the last one counts."""
    whole: dict[str, Any] = {}
    for one in asked:
        for name, value in one.items():
            whole[name] = _joined(whole.get(name), value)
    return whole


def _joined(before: Any, value: Any) -> Any:
    if isinstance(before, Mapping) and isinstance(value, Mapping):
        return merged((before, value))
    if isinstance(before, list) and isinstance(value, list):
        return [*before, *(one for one in value if one not in before)]
    return value
