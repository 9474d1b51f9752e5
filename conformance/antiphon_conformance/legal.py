"""What may stand at a place of a request: small predicates that say which values are legal, and in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Legal:
    """Which values are legal at a place. `words` completes the sentence: expected ..."""

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
    """A boolean, or null; where a dialect forbids null, that is left to the document."""
    return Legal("a boolean", lambda value: value is None or isinstance(value, bool))


def one_of(*values: str) -> Legal:
    """One of these strings, or null."""
    return Legal(f"one of {', '.join(values)}", lambda value: value is None or value in values)


def text(least: int = 0, most: int | None = None, pattern: str = "") -> Legal:
    """A string of so many characters that fits a pattern, or null."""
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


def each(known: Iterable[str]) -> Legal:
    """An array whose elements are all known, or null."""
    allowed = tuple(known)
    return Legal(
        f"an array over {', '.join(allowed)}",
        lambda value: value is None or (isinstance(value, list) and all(one in allowed for one in value)),
    )


def sized(least: int, most: int) -> Legal:
    """An array, or an object, of so many members; null is legal."""
    return Legal(
        f"{least} to {most} entries",
        lambda value: value is None or (isinstance(value, list | Mapping) and least <= len(value) <= most),
    )


def entries(words: str, allows: Callable[[str, Any], bool]) -> Legal:
    """An object of which every key and value pass; what is no object is left to other rules."""
    return Legal(
        words,
        lambda value: not isinstance(value, Mapping) or all(allows(key, one) for key, one in value.items()),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _safe(allows: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Infinity and NaN cannot be made integers: they are illegal wherever an integer is expected."""

    def guarded(value: Any) -> bool:
        try:
            return allows(value)
        except (OverflowError, ValueError):
            return False

    return guarded
