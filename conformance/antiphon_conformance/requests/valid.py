"""A valid form of a request, and how several forms are combined in one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class ValidRequest:
    """A valid form of a request, and the step of a scenario that uses it: a request with ... is accepted."""

    name: str
    cites: tuple[str, ...]
    says: str
    scenario: str
    step: str
    members: frozenset[str]
    """The members of the request that have this form: an error about another member does not concern it."""
    asks: Mapping[str, Any] = field(default_factory=dict)
    """The members of a create in this form alone; names in braces stand for what the target holds."""

    @property
    def alone(self) -> str:
        """The step that tests it alone, after the server rejected all forms of its step together."""
        return f"{self.step}_{self.name}"


def merge(requests: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Several requests as one: objects are merged, arrays joined, of other values the last one counts."""
    union: dict[str, Any] = {}
    for request in requests:
        for name, value in request.items():
            union[name] = _join(union.get(name), value)
    return union


def _join(before: Any, value: Any) -> Any:
    if isinstance(before, Mapping) and isinstance(value, Mapping):
        return merge((before, value))
    if isinstance(before, list) and isinstance(value, list):
        return [*before, *(element for element in value if element not in before)]
    return value
