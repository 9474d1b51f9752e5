"""The operators of filters: whether the value at a path satisfies a criterion, in each reading of the
docs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from glob import escape
from itertools import product
from typing import Any

from antiphon_spec.loading.construction import dataclass

DOCUMENTED = frozenset({"video_info", "file"})
"""The categories whose fields and types are documented; the others may hold anything."""
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FilterResult:
    """Whether a filter, or a part of it, admits a file."""

    admits: bool
    """In the reading that we prefer."""
    sure: bool = True
    """Whether every plausible reading agrees."""


OPEN = FilterResult(False, sure=False)
"""The verdict where no source says anything."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A field that is a date."""

    milliseconds: int


@dataclass(frozen=True, slots=True)
class Field:
    """The value at a path; several values when the path crosses an array."""

    values: tuple[Any, ...]
    category: str
    through_array: bool = False
    plain: bool = True
    """Whether every reading of the path leads here."""


def any_of(parts: Iterable[FilterResult]) -> FilterResult:
    """At least one part has to admit; one that surely does decides."""
    verdicts = list(parts)
    admits = any(verdict.admits for verdict in verdicts)
    relevant = (verdict.sure for verdict in verdicts if verdict.admits or not admits)
    return FilterResult(admits, any(relevant) if admits else all(relevant))


def all_of(parts: Iterable[FilterResult]) -> FilterResult:
    """All parts have to admit; one that surely does not decides."""
    opposite = any_of(FilterResult(not verdict.admits, verdict.sure) for verdict in parts)
    return FilterResult(not opposite.admits, opposite.sure)


def evaluate(criterion: Mapping[str, Any], field: Field) -> FilterResult:
    """Whether a criterion admits the value at its path."""
    operator = str(criterion.get("operator"))
    items, text = criterion.get("valueTextArray"), criterion.get("valueText")
    if operator in LISTS and isinstance(items, list):
        verdict = LISTS[operator](field, [str(item) for item in items])
    elif operator == "In" and isinstance(text, str):
        verdict = _in_commas(field, text)
    elif operator in SCALARS and isinstance(text, str):
        verdict = SCALARS[operator](field, text)
    else:
        return OPEN
    return verdict if field.plain else FilterResult(verdict.admits, sure=False)


Readings = Sequence[bool]
"""The answer of each reading, the preferred reading first."""
Compare = Callable[[Any, str, str], Readings]
"""(value, its category, text) -> whether the value satisfies the text."""


def _holding(compare: Compare) -> Callable[[Field, str], FilterResult]:
    """An operator that holds when some value at the path satisfies the text."""

    def holds(field: Field, text: str) -> FilterResult:
        return any_of(_element(value, field, compare, text) for value in field.values)

    return holds


def _element(value: Any, field: Field, compare: Compare, text: str) -> FilterResult:
    """In the preferred reading any element of an array counts; in another, no array satisfies a text."""
    if isinstance(value, list):
        inner = any_of(_compare(compare, element, field.category, text) for element in value)
        return FilterResult(inner.admits, inner.sure and not inner.admits)
    verdict = _compare(compare, value, field.category, text)
    has_source = not field.through_array or field.category == "source_metadata"
    return FilterResult(verdict.admits, verdict.sure and (has_source or not verdict.admits))


def _compare(compare: Compare, value: Any, category: str, text: str) -> FilterResult:
    readings = compare(value, category, text)
    return FilterResult(readings[0], len(set(readings)) == 1)


def _equal(value: Any, category: str, text: str) -> Readings:
    if isinstance(value, Moment):
        return _compare_dates(value, text, lambda left, right: left == right)
    if isinstance(value, bool):
        exact, form = text == as_text(value), text.lower() == as_text(value)
        return (exact, form) if category in DOCUMENTED else (exact, form, False)
    if isinstance(value, int | float):
        return _is_same_number(value, text), text == as_text(value)
    return value == text, _is_same_number(value, text) or value == text


def _by_order(holds: Callable[[Any, Any], bool]) -> Compare:
    """Numbers are compared as numbers where their fields are documented, dates of connectors as texts."""

    def compare(value: Any, category: str, text: str) -> Readings:
        if isinstance(value, Moment):
            return _compare_dates(value, text, holds)
        left, right, form = as_number(value), as_number(text), as_text(value)
        if left is not None and right is not None:
            numeric = holds(left, right)
            return (numeric,) if category in DOCUMENTED else (numeric, holds(form, text))
        if not isinstance(value, str):
            return False, isinstance(value, int | float)
        dates = ISO_DATE.fullmatch(value) and ISO_DATE.fullmatch(text)
        comparable = category == "source_metadata" and dates is not None
        return (holds(value, text),) if comparable else (holds(value, text), False)

    return compare


def _compare_dates(moment: Moment, text: str, holds: Callable[[Any, Any], bool]) -> Readings:
    """A date compared with the text of a date. Within a second it depends on how the server writes dates."""
    at = _milliseconds(text)
    if at is None:
        return False, True
    exact = holds(moment.milliseconds, at)
    return (exact,) if abs(moment.milliseconds - at) >= 1000 else (exact, not exact)


def _like(value: Any, category: str, text: str) -> Readings:
    form = as_text(value)
    if form is None:
        return (False,)
    foldings = (str.casefold, _fold_ascii)
    readings = [_fits(fold(form), fold(text), signs) for signs, fold in product(("?", "_"), foldings)]
    return readings if isinstance(value, str) else [*readings, False]


def _fits(text: str, pattern: str, wildcard: str) -> bool:
    """Whether a whole text is like a pattern; `wildcard` says what `_` stands for."""
    return fnmatchcase(text, escape(pattern).replace("%", "*").replace("_", wildcard))


def _fold_ascii(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _not_equal(field: Field, text: str) -> FilterResult:
    """No source mentions files without the field, or files with several values there."""
    equal = _holding(_equal)(field, text)
    single = len(field.values) == 1 and not isinstance(field.values[0], list) and not field.through_array
    return FilterResult(bool(field.values) and not equal.admits, equal.sure and single)


def _before_or_after(compare: Compare) -> Callable[[Field, str], FilterResult]:
    """An operator that orders. No source says how a missing field compares."""
    return lambda field, text: _holding(compare)(field, text) if field.values else OPEN


def _in(field: Field, texts: Sequence[str]) -> FilterResult:
    return any_of(_holding(_equal)(field, text) for text in texts)


def _in_commas(field: Field, text: str) -> FilterResult:
    """Blanks around commas and commas inside values can be read in several ways."""
    pieces = text.split(",")
    verdict = _in(field, [piece.strip() for piece in pieces])
    tidy = all(piece == piece.strip() for piece in pieces)
    return FilterResult(
        verdict.admits, verdict.sure and tidy and not any("," in str(value) for value in field.values)
    )


def _contains(
    count: Callable[[Iterable[FilterResult]], FilterResult],
) -> Callable[[Field, Sequence[str]], FilterResult]:
    """An operator on arrays. A single value is read as an array of one; no source says so."""

    def in_value(value: Any, category: str, texts: Sequence[str]) -> FilterResult:
        elements = value if isinstance(value, list) else [value]
        verdict = count(
            any_of(_compare(_equal, element, category, text) for element in elements) for text in texts
        )
        return FilterResult(verdict.admits, verdict.sure and isinstance(value, list))

    def contains(field: Field, texts: Sequence[str]) -> FilterResult:
        verdict = any_of(in_value(value, field.category, texts) for value in field.values)
        return FilterResult(verdict.admits, verdict.sure and bool(texts) and not field.through_array)

    return contains


SCALARS: Mapping[str, Callable[[Field, str], FilterResult]] = {
    "Equal": _holding(_equal),
    "NotEqual": _not_equal,
    "LessThan": _before_or_after(_by_order(lambda value, bound: value < bound)),
    "GreaterThan": _before_or_after(_by_order(lambda value, bound: value > bound)),
    "Like": _holding(_like),
}
LISTS: Mapping[str, Callable[[Field, Sequence[str]], FilterResult]] = {
    "In": _in,
    "ContainsAny": _contains(any_of),
    "ContainsAll": _contains(all_of),
}


def as_text(value: Any) -> str | None:
    """The text form of a value; no source gives one for objects, arrays and dates."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value) if isinstance(value, int | str) else None


def as_number(value: Any) -> float | None:
    """The value of a number or of a text that is a number; None for anything else."""
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
    """A date with time and zone as milliseconds since the epoch; None for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment - EPOCH) / timedelta(milliseconds=1) if moment.tzinfo else None
