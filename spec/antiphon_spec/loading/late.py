"""What is made with its first use: a start needs few of the patterns and functions that modules name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, cast

METHODS = ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn")


class _LatePattern:
    """Stands for a compiled pattern."""

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """A member of the compiled pattern; from now on its methods are found without this detour."""
        pattern = re.compile(self._source, self._flags)
        vars(self).update({method: getattr(pattern, method) for method in METHODS})
        return getattr(pattern, name)


def late_pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern, compiled with its first use, when a malformed one raises `re.error`."""
    return cast("re.Pattern[str]", _LatePattern(source, flags))


def late_function(module: str, name: str) -> Callable[..., Any]:
    """The function of a module that is imported with the first call."""

    @cache
    def function() -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(import_module(module), name)
        return found

    def call(*arguments: Any, **options: Any) -> Any:
        return function()(*arguments, **options)

    return call
