"""Finds the members that a recording must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORDS: Mapping[type, str] = {Mapping: "an object", list: "an array", str: "a string"}
"""The kinds of members in words."""


class RecordingError(ValueError):
    """A file is not a recording that we can read."""

    def __init__(self, where: str, expected: str, actual: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {actual}")


def member(parent: Any, name: str, kind: type, where: str) -> Any:
    """The member of this name and kind; `where` is the place of its parent. Raises RecordingError."""
    words = WORDS[kind]
    if not isinstance(parent, Mapping):
        raise RecordingError(where, "an object", f"a value of type {type(parent).__name__}")
    if name not in parent:
        raise RecordingError(where, f"{words} `{name}`", "none")
    value = parent[name]
    if not isinstance(value, kind):
        raise RecordingError(where, f"{words} `{name}`", f"a value of type {type(value).__name__}")
    return value
