"""Paths in a request body: `input[role=user].content[].type` is the type of each part in user messages.

A step is a member's name; `[]` stands for each element of an array, `[name=value|value]` for each element
whose member has one of these values, `{name=value}` for the object itself under that condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

_STEP = re.compile(
    r"(?P<name>[A-Za-z_]+)|\[\]|\[(?P<key>[a-z_]+)=(?P<values>[^\]]+)\]|\{(?P<own>[a-z_]+)=(?P<kinds>[^}]+)\}"
)


def matches(body: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each place at a path, in the notation of error envelopes (`input[0].role`), and the value there."""
    pairs = [("", body)]
    for step in _steps(path):
        pairs = [inner for where, value in pairs for inner in _inside(where, value, step)]
    yield from pairs


@cache
def _steps(path: str) -> tuple[Mapping[str, str | None], ...]:
    return tuple(match.groupdict() for match in _STEP.finditer(path))


def _inside(where: str, value: Any, step: Mapping[str, str | None]) -> Iterator[tuple[str, Any]]:
    name = step["name"]
    if name is not None:
        if isinstance(value, dict) and name in value:
            yield f"{where}.{name}" if where else name, value[name]
    elif step["own"] is not None:
        if _has(value, step["own"], step["kinds"]):
            yield where, value
    elif isinstance(value, list):
        for index, element in enumerate(value):
            if step["key"] is None or _has(element, step["key"], step["values"]):
                yield f"{where}[{index}]", element


def _has(value: Any, key: str | None, options: str | None) -> bool:
    return isinstance(value, dict) and value.get(key) in (options or "").split("|")


def root(place: str) -> str:
    """The top-level member of a place: `input` for `input[0].role`, with or without `body.`."""
    match = re.match(r"(?:body[./])?/?([A-Za-z_0-9-]+)", place)
    return match[1] if match else place
