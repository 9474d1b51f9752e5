"""How many objects of a list a prompt describes: `Ada is 36. Bob is 41.` describes two persons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from antiphon_mockserver.model.instance.hints import Hints

MOST = 20
NUMBERS = ("integer", "number")


def occasions(schema: Any, hints: Hints) -> int:
    """The number of objects of this schema: one for each name, when just as many numbers go with them."""
    if not isinstance(schema, Mapping) or len(hints.words) < 2:
        return 1
    kinds = [*_kinds(schema)]
    numbers = sum(kind in NUMBERS for kind in kinds)
    names, values = len(hints.words), len(hints.numbers)
    is_told = kinds.count("string") == 1 and numbers > 0 and names * numbers == values
    return min(names, MOST) if is_told else 1


def _kinds(schema: Mapping[str, Any]) -> Iterable[Any]:
    """The types of the members that an object must have."""
    properties = schema.get("properties") or {}
    required = schema.get("required") or properties
    return (
        member.get("type")
        for name, member in properties.items()
        if name in required and isinstance(member, Mapping) and "enum" not in member
    )
