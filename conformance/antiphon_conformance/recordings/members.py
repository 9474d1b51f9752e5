"""Members that a recording must have: the error names the one that is missing, and its place."""

from __future__ import annotations

from typing import Any


class MissingMemberError(ValueError):
    """An object in a recording lacks a member."""

    def __init__(self, where: str, member: str) -> None:
        super().__init__(f"{where}/{member} is missing (required)")
        self.where = where
        self.member = member


def required(holder: Any, member: str, where: str) -> Any:
    """The member of an object at a place such as `log/entries/0`. Raises MissingMemberError."""
    if not isinstance(holder, dict) or member not in holder:
        raise MissingMemberError(where, member)
    return holder[member]
