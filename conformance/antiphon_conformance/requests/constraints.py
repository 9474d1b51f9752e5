"""Constraints on members of a request: small predicates, each with its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class Legal:
    """The values that a member may have. `words` completes the sentence: expected ..."""

    words: str
    allows: Callable[[Any], bool]


def integer(least: int, most: int | None = None) -> Legal:
    """An integer in a range, or null."""
    span = f"of at least {least}" if most is None else f"from {least} to {most}"

    def allows(value: Any) -> bool:
        if value is None:
            return True
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        return whole and value >= least and (most is None or value <= most)

    return Legal(f"an integer {span}, or null", _safe(allows))


def number(least: float, most: float) -> Legal:
    """A number in a range, or null."""
    return Legal(
        f"a number from {least} to {most}, or null",
        lambda value: value is None or (_is_number(value) and least <= value <= most),
    )


def boolean() -> Legal:
    """A boolean, or null; where a dialect forbids null, the document says so."""
    return Legal("a boolean", lambda value: value is None or isinstance(value, bool))


def one_of(*values: str) -> Legal:
    """One of these strings, or null."""
    return Legal(f"one of {', '.join(values)}", lambda value: value is None or value in values)


def text(least: int = 0, most: int | None = None, pattern: str = "") -> Legal:
    """A string with a length in a range that matches a pattern, or null."""
    words = f"a string of {least} to {most} characters" if most is not None else "a string"
    words += f" of the form {pattern}" if pattern else ""

    def allows(value: Any) -> bool:
        if value is None:
            return True
        fits = isinstance(value, str) and len(value) >= least and (most is None or len(value) <= most)
        return fits and (not pattern or re.fullmatch(pattern, value) is not None)

    return Legal(words, allows)


def kinds(words: str, *types: type) -> Legal:
    """A value of one of these JSON types."""
    return Legal(
        words, lambda value: isinstance(value, types) and (bool in types or not isinstance(value, bool))
    )


def having(*names: str) -> Legal:
    """An object with these members, none of them null."""
    return Legal(
        f"an object with {' and '.join(names)}",
        lambda value: isinstance(value, Mapping) and all(value.get(name) is not None for name in names),
    )


def each(values: Iterable[str]) -> Legal:
    """An array of these values only, or null."""
    options = tuple(values)
    return Legal(
        f"an array over {', '.join(options)}",
        lambda value: (
            value is None or (isinstance(value, list) and all(element in options for element in value))
        ),
    )


def with_size(least: int, most: int) -> Legal:
    """An array or an object with a number of entries in a range, or null."""
    return Legal(
        f"{least} to {most} entries",
        lambda value: value is None or (isinstance(value, list | Mapping) and least <= len(value) <= most),
    )


def entries(words: str, allows: Callable[[str, Any], bool]) -> Legal:
    """An object in which every key and value pass; other rules judge a value that is not an object."""
    return Legal(
        words,
        lambda value: (
            not isinstance(value, Mapping) or all(allows(key, member) for key, member in value.items())
        ),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _safe(allows: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """False for infinity and NaN, which have no integer value: they are wrong where an integer is
    expected."""

    def check(value: Any) -> bool:
        try:
            return allows(value)
        except (OverflowError, ValueError):
            return False

    return check
