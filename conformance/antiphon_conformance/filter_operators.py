"""The operators of filters: whether what stands at a path is as a text wants it, in every reading."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from glob import escape
from itertools import product
from typing import Any

DOCUMENTED = frozenset({"video_info", "file"})
"""The categories whose fields are listed, with what they are; anything may stand in the others."""
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a filter, or a part of it, says of a file."""

    admitted: bool
    """In the chosen reading."""
    sure: bool = True
    """Whether every reading that makes sense says so."""


OPEN = Verdict(False, sure=False)
"""Said of what the sources do not tell at all."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A field that is a date."""

    milliseconds: int


@dataclass(frozen=True, slots=True)
class Field:
    """What stands at a path; several things where the path crosses an array."""

    values: tuple[Any, ...]
    category: str
    crossed: bool = False
    plain: bool = True
    """Whether every reading of the path leads here."""


def any_of(said: Iterable[Verdict]) -> Verdict:
    """One has to hold: one that surely does settles it."""
    every = list(said)
    admitted = any(one.admitted for one in every)
    sure = any(one.sure for one in every if one.admitted) if admitted else all(one.sure for one in every)
    return Verdict(admitted, sure)


def all_of(said: Iterable[Verdict]) -> Verdict:
    """All have to hold: one that surely does not settles it."""
    opposite = any_of(Verdict(not one.admitted, one.sure) for one in said)
    return Verdict(not opposite.admitted, opposite.sure)


def said_by(criterion: Mapping[str, Any], field: Field) -> Verdict:
    """What a criterion says of what stands at its path."""
    operator = str(criterion.get("operator"))
    listed, text = criterion.get("valueTextArray"), criterion.get("valueText")
    if operator in LISTS and isinstance(listed, list):
        said = LISTS[operator](field, [str(one) for one in listed])
    elif operator == "In" and isinstance(text, str):
        said = _in_commas(field, text)
    elif operator in SCALARS and isinstance(text, str):
        said = SCALARS[operator](field, text)
    else:
        return OPEN
    return said if field.plain else Verdict(said.admitted, sure=False)


Readings = Sequence[bool]
"""What each reading says, the chosen one first."""
Compare = Callable[[Any, str, str], Readings]
"""(value, its category, text) -> whether the value is as the text wants it."""


def _holding(compare: Compare) -> Callable[[Field, str], Verdict]:
    """An operator that holds when something at the path is as wanted."""

    def said(field: Field, text: str) -> Verdict:
        return any_of(_element(value, field, compare, text) for value in field.values)

    return said


def _element(value: Any, field: Field, compare: Compare, text: str) -> Verdict:
    """Of an array any element counts in the chosen reading; in another, an array is as no text wants it."""
    if isinstance(value, list):
        inner = any_of(_compared(compare, element, field.category, text) for element in value)
        return Verdict(inner.admitted, inner.sure and not inner.admitted)
    said = _compared(compare, value, field.category, text)
    documented = not field.crossed or field.category == "source_metadata"
    return Verdict(said.admitted, said.sure and (documented or not said.admitted))


def _compared(compare: Compare, value: Any, category: str, text: str) -> Verdict:
    readings = compare(value, category, text)
    return Verdict(readings[0], len(set(readings)) == 1)


def _equal(value: Any, category: str, text: str) -> Readings:
    if isinstance(value, Moment):
        return _beside(value, text, lambda left, right: left == right)
    if isinstance(value, bool):
        exact, form = text == as_text(value), text.lower() == as_text(value)
        return (exact, form) if category in DOCUMENTED else (exact, form, False)
    if isinstance(value, int | float):
        return _is_same_number(value, text), text == as_text(value)
    return value == text, _is_same_number(value, text) or value == text


def _ordered(holds: Callable[[Any, Any], bool]) -> Compare:
    """Numbers are compared as such where their fields are listed, dates of connectors as texts."""

    def compare(value: Any, category: str, text: str) -> Readings:
        if isinstance(value, Moment):
            return _beside(value, text, holds)
        left, right, form = as_number(value), as_number(text), as_text(value)
        if left is not None and right is not None:
            numeric = holds(left, right)
            return (numeric,) if category in DOCUMENTED else (numeric, holds(form, text))
        if not isinstance(value, str):
            return False, isinstance(value, int | float)
        dates = ISO_DATE.fullmatch(value) and ISO_DATE.fullmatch(text)
        told = category == "source_metadata" and dates is not None
        return (holds(value, text),) if told else (holds(value, text), False)

    return compare


def _beside(moment: Moment, text: str, holds: Callable[[Any, Any], bool]) -> Readings:
    """A date beside the text of one. Within a second it depends on how the server writes its own."""
    at = _milliseconds(text)
    if at is None:
        return False, True
    exact = holds(moment.milliseconds, at)
    return (exact,) if abs(moment.milliseconds - at) >= 1000 else (exact, not exact)


def _like(value: Any, category: str, text: str) -> Readings:
    form = as_text(value)
    if form is None:
        return (False,)
    kept = (str.casefold, _folded_in_ascii)
    readings = [_fits(fold(form), fold(text), signs) for signs, fold in product(("?", "_"), kept)]
    return readings if isinstance(value, str) else [*readings, False]


def _fits(text: str, pattern: str, one: str) -> bool:
    """Whether a whole text is like a pattern; `one` says what `_` stands for."""
    return fnmatchcase(text, escape(pattern).replace("%", "*").replace("_", one))


def _folded_in_ascii(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _not_equal(field: Field, text: str) -> Verdict:
    """No source speaks of files that lack the field, nor of those that have several things there."""
    equal = _holding(_equal)(field, text)
    single = len(field.values) == 1 and not isinstance(field.values[0], list) and not field.crossed
    return Verdict(bool(field.values) and not equal.admitted, equal.sure and single)


def _before_or_after(compare: Compare) -> Callable[[Field, str], Verdict]:
    """An operator that orders: how a missing field compares, no source says."""
    return lambda field, text: _holding(compare)(field, text) if field.values else OPEN


def _in(field: Field, texts: Sequence[str]) -> Verdict:
    return any_of(_holding(_equal)(field, text) for text in texts)


def _in_commas(field: Field, text: str) -> Verdict:
    """Blanks around commas, and commas inside of values, can be read in several ways."""
    pieces = text.split(",")
    said = _in(field, [piece.strip() for piece in pieces])
    tidy = all(piece == piece.strip() for piece in pieces)
    return Verdict(said.admitted, said.sure and tidy and not any("," in str(one) for one in field.values))


def _contains(count: Callable[[Iterable[Verdict]], Verdict]) -> Callable[[Field, Sequence[str]], Verdict]:
    """An operator on arrays; a single value is read as an array of one, which no source says."""

    def held(value: Any, category: str, texts: Sequence[str]) -> Verdict:
        elements = value if isinstance(value, list) else [value]
        said = count(
            any_of(_compared(_equal, element, category, text) for element in elements) for text in texts
        )
        return Verdict(said.admitted, said.sure and isinstance(value, list))

    def contains(field: Field, texts: Sequence[str]) -> Verdict:
        said = any_of(held(value, field.category, texts) for value in field.values)
        return Verdict(said.admitted, said.sure and bool(texts) and not field.crossed)

    return contains


SCALARS: Mapping[str, Callable[[Field, str], Verdict]] = {
    "Equal": _holding(_equal),
    "NotEqual": _not_equal,
    "LessThan": _before_or_after(_ordered(lambda value, bound: value < bound)),
    "GreaterThan": _before_or_after(_ordered(lambda value, bound: value > bound)),
    "Like": _holding(_like),
}
LISTS: Mapping[str, Callable[[Field, Sequence[str]], Verdict]] = {
    "In": _in,
    "ContainsAny": _contains(any_of),
    "ContainsAll": _contains(all_of),
}


def as_text(value: Any) -> str | None:
    """The text form of a value; objects, arrays and dates have none that is told."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value) if isinstance(value, int | str) else None


def as_number(value: Any) -> float | None:
    """What a number, or a text that is one, counts; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _is_same_number(value: Any, text: str) -> bool:
    number = as_number(value)
    return number is not None and number == as_number(text)


def _milliseconds(text: str) -> float | None:
    """When a date with its time and zone is, since the epoch; None for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment - EPOCH) / timedelta(milliseconds=1) if moment.tzinfo else None
