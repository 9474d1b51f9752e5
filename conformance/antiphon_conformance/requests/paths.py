"""Paths in a request body: `input[role=user].content[].type` is the type of each part in user messages.

A step is a member's name; `[]` stands for each element of an array, `[name=value|value]` for each element
whose member has one of these values, `{name=value}` for the object itself under that condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

_STEP = re.compile(
    r"(?P<name>[A-Za-z_]+)|\[\]|\[(?P<key>[a-z_]+)=(?P<values>[^\]]+)\]|\{(?P<own>[a-z_]+)=(?P<kinds>[^}]+)\}"
)


def matches(body: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each place at a path, in the notation of error envelopes (`input[0].role`), and the value there."""
    pairs = [("", body)]
    for step in _steps(path):
        pairs = [inner for where, value in pairs for inner in _inside(where, value, step)]
    yield from pairs


class PathStep(NamedTuple):
    """One step of a path: a name, or a condition on the elements of an array or on the object itself."""

    name: str | None
    key: str | None
    values: str | None
    own: str | None
    kinds: str | None


@cache
def _steps(path: str) -> tuple[PathStep, ...]:
    return tuple(PathStep(**match.groupdict()) for match in _STEP.finditer(path))


def _inside(where: str, value: Any, step: PathStep) -> Iterator[tuple[str, Any]]:
    if step.name is not None:
        if isinstance(value, dict) and step.name in value:
            yield f"{where}.{step.name}" if where else step.name, value[step.name]
    elif step.own is not None:
        if _has(value, step.own, step.kinds):
            yield where, value
    elif isinstance(value, list):
        for index, element in enumerate(value):
            if step.key is None or _has(element, step.key, step.values):
                yield f"{where}[{index}]", element


class Tree:
    """Many paths at once: what they have in common is read once, and absent members not at all."""

    def __init__(self, paths: Mapping[int, str]) -> None:
        self._ends: list[int] = []
        self._names: dict[str, Tree] = {}
        self._others: dict[PathStep, Tree] = {}
        for number, path in paths.items():
            node = self
            for step in _steps(path):
                node = node._next(step)
            node._ends.append(number)

    def _next(self, step: PathStep) -> Tree:
        if step.name is not None:
            return self._names.setdefault(step.name, Tree({}))
        return self._others.setdefault(step, Tree({}))

    def matches(self, value: Any, where: str = "") -> Iterator[tuple[int, str, Any]]:
        """The number of each path that leads to a place, with the place and the value there."""
        for number in self._ends:
            yield number, where, value
        if self._names and isinstance(value, dict):
            for name in self._names.keys() & value.keys():
                yield from self._names[name].matches(value[name], f"{where}.{name}" if where else name)
        for step, node in self._others.items():
            for place, element in _inside(where, value, step):
                yield from node.matches(element, place)


def _has(value: Any, key: str | None, options: str | None) -> bool:
    return isinstance(value, dict) and value.get(key) in (options or "").split("|")


def root(place: str) -> str:
    """The top-level member of a place: `input` for `input[0].role`, with or without `body.`."""
    match = re.match(r"(?:body[./])?/?([A-Za-z_0-9-]+)", place)
    return match[1] if match else place
