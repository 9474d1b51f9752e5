"""Comparing the fields of a file with the texts of a filter: paths, values and operators.

A filter has every value as text. The type of the field decides how to read it: a string is compared as it is,
a boolean as `true` or `false`, a number as a number, a date as a date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields as fields_of
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from antiphon_mockserver.settings import SettingError
from antiphon_spec.data import nearest
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.world import Members

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
DIGITS = re.compile(r"\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Readings:
    """How to read a filter where the documents leave it open."""

    missing_differs: bool = False
    """Whether NotEqual holds for a file that lacks the field; as in SQL, it does not."""
    underscore_is_wildcard: bool = True
    """Whether `_` stands for any one character in Like, as in SQL."""
    dotted_keys: bool = True
    """Whether a path finds a key that itself contains dots."""
    all_of_nothing: bool = True
    """Whether ContainsAll holds for an empty list of values."""


NO = "no-"


def readings_of(names: Iterable[str]) -> Readings:
    """The readings with these names, such as `missing-differs`; `no-dotted-keys` switches one off.

    Raises ValueError for an unknown name.
    """
    members = {field.name.replace("_", "-"): field.name for field in fields_of(Readings)}
    for name in names:
        if name.removeprefix(NO) not in members:
            expected = ", ".join(sorted(members))
            raise SettingError(
                "readings", f"one of {expected}, or no- and one of these", nearest(name, members)
            )
    return Readings(**{members[name.removeprefix(NO)]: not name.startswith(NO) for name in names})


@dataclass(frozen=True, slots=True)
class Instant:
    """A field that is a date."""

    milliseconds: int
    """Since the Unix epoch."""

    @property
    def text(self) -> str:
        """The date as ISO 8601 writes it."""
        return f"{EPOCH + timedelta(milliseconds=self.milliseconds):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Operands:
    """The texts of a criterion, and the same texts as numbers and as dates."""

    texts: frozenset[str]
    numbers: frozenset[Decimal]
    instants: frozenset[Decimal]

    def __contains__(self, value: Any) -> bool:
        """Whether a value of a field equals one of the texts."""
        if isinstance(value, Instant):
            return value.milliseconds in self.instants or value.text in self.texts
        if isinstance(value, int | float) and not isinstance(value, bool):
            return as_number(value) in self.numbers
        return as_text(value) in self.texts


def operands(texts: Iterable[str]) -> Operands:
    """The texts of a criterion with their numbers and dates."""
    distinct = frozenset(texts)
    numbers = frozenset(number for text in distinct if (number := as_number(text)) is not None)
    instants = frozenset(instant for text in distinct if (instant := as_instant(text)) is not None)
    return Operands(distinct, numbers, instants)


def as_text(value: Any) -> str | None:
    """A value of a field as text; None for arrays, objects and null."""
    if isinstance(value, str):
        return value
    if isinstance(value, Instant):
        return value.text
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def as_number(value: Any) -> Decimal | None:
    """The exact number in a value or a text; None when it is no finite number."""
    if isinstance(value, str):
        return Decimal(value.strip()) if NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return number if number.is_finite() else None


def as_instant(text: str) -> Decimal | None:
    """Milliseconds since the epoch, from digits or from an ISO 8601 date (in UTC by default)."""
    if DIGITS.fullmatch(text):
        return Decimal(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Decimal((aware - EPOCH) // timedelta(microseconds=1)) / 1000


def fields(members: Members | None, path: str, prefix: str, readings: Readings) -> list[Any]:
    """The values at a path, without null; several where the path crosses an array.

    The path may begin with the name of the category, unless the members have a field of that name.
    """
    if members is None:
        return []
    if path not in members and prefix not in members:
        path = path.removeprefix(f"{prefix}.")
    return [value for value in _descend(members, path, readings) if value is not None]


def _descend(value: Any, path: str, readings: Readings) -> Iterator[Any]:
    if isinstance(value, list):
        for element in value:
            yield from _descend(element, path, readings)
    if not isinstance(value, Mapping):
        return
    first, dot, rest = path.partition(".")
    if path in value and (readings.dotted_keys or not dot):
        yield value[path]
    elif dot and first in value:
        yield from _descend(value[first], rest, readings)


Test = Callable[[Sequence[Any]], bool]
"""Whether the values at a path satisfy a criterion."""
ValueTest = Callable[[Any], bool]


def _elements(field: Any) -> list[Any]:
    return field if isinstance(field, list) else [field]


def _any_element(holds: ValueTest) -> Test:
    return lambda values: any(holds(value) for field in values for value in _elements(field))


def _equal(texts: Sequence[str], _readings: Readings) -> Test:
    return _any_element(operands(texts).__contains__)


def _not_equal(texts: Sequence[str], readings: Readings) -> Test:
    equal = _equal(texts, readings)
    return lambda values: (bool(values) or readings.missing_differs) and not equal(values)


def _order_test(holds: Callable[[Any, Any], bool]) -> Callable[[Sequence[str], Readings], Test]:
    def make(texts: Sequence[str], _readings: Readings) -> Test:
        (text,) = texts
        return _any_element(lambda value: (pair := _comparable(value, text)) is not None and holds(*pair))

    return make


def _comparable(value: Any, text: str) -> tuple[Any, Any] | None:
    """A value of a field and the text of a criterion, both as numbers, as dates or as texts."""
    if isinstance(value, Instant):
        moment = as_instant(text)
        return (value.text, text) if moment is None else (value.milliseconds, moment)
    numbers = as_number(value), as_number(text)
    if None not in numbers:
        return numbers
    return (value, text) if isinstance(value, str) else None


def _like(texts: Sequence[str], readings: Readings) -> Test:
    (pattern,) = texts
    fits = _like_test(pattern, readings)
    return _any_element(lambda value: (text := as_text(value)) is not None and fits(text))


def _like_test(pattern: str, readings: Readings) -> Callable[[str], bool]:
    """A test whether a whole text is like a pattern.

    It looks for each piece between two `%` where it occurs first. A single regular expression would need
    exponential time for a pattern with many `%`.
    """
    first, *pieces = (_piece(piece, readings) for piece in pattern.split("%"))
    last_length = len(pattern.rpartition("%")[2])

    def fits(text: str) -> bool:
        if not pieces:
            return first.fullmatch(text) is not None
        match = first.match(text)
        for piece in pieces[:-1]:
            match = match and piece.search(text, match.end())
        start = len(text) - last_length
        return match is not None and match.end() <= start and pieces[-1].fullmatch(text, start) is not None

    return fits


def _piece(text: str, readings: Readings) -> re.Pattern[str]:
    wildcard = "_" if readings.underscore_is_wildcard else None
    return re.compile("".join("." if sign == wildcard else re.escape(sign) for sign in text), re.I | re.S)


def _contains_all(texts: Sequence[str], readings: Readings) -> Test:
    values = [operands([text]) for text in texts]

    def holds(field: Any) -> bool:
        return all(any(element in value for element in _elements(field)) for value in values)

    return lambda fields: any(map(holds, fields)) and (bool(values) or readings.all_of_nothing)


TEXT, ARRAY, EITHER = ("valueText",), ("valueTextArray",), ("valueTextArray", "valueText")


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table."""

    takes: tuple[str, ...]
    """The members that may hold its values; the first present one counts."""
    make: Callable[[Sequence[str], Readings], Test]


OPERATORS: Mapping[str, Operator] = {
    "Equal": Operator(TEXT, _equal),
    "NotEqual": Operator(TEXT, _not_equal),
    "LessThan": Operator(TEXT, _order_test(lambda value, bound: value < bound)),
    "GreaterThan": Operator(TEXT, _order_test(lambda value, bound: value > bound)),
    "Like": Operator(TEXT, _like),
    "In": Operator(EITHER, _equal),
    "ContainsAny": Operator(ARRAY, _equal),
    "ContainsAll": Operator(ARRAY, _contains_all),
}
