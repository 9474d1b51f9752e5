"""Functions of one text of a client that remember their latest results, but of no long text."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")

LONGEST = 4_000
"""Characters of a text that is kept: a few hundred long ones would fill the memory."""


def remember(most: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """The function, which keeps so many results."""

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        known = lru_cache(maxsize=most)(function)

        @wraps(function)
        def call(text: str) -> T:
            return known(text) if len(text) <= LONGEST else function(text)

        return call

    return decorate
