"""How the fields of a file are compared with the texts of a filter: paths, values and operators.

A filter gives every value as text. What a field holds decides how that text is read: a string is compared as
it is, a boolean as `true` or `false`, a number and a date by what they mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from antiphon_spec.world import Members

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
DIGITS = re.compile(r"\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Readings:
    """What the documents leave open."""

    missing_differs: bool = False
    """Whether NotEqual holds for a file that lacks the field; as in SQL, it does not."""
    underscore_is_wildcard: bool = True
    """Whether `_` stands for any one character in Like, as in SQL."""
    dotted_keys: bool = True
    """Whether a key that itself contains dots is found by the path that spells it."""
    all_of_nothing: bool = True
    """Whether ContainsAll holds when it asks for no value at all."""


NO = "no-"


def chosen(names: Iterable[str]) -> Readings:
    """The readings of these names: `missing-differs`, or `no-dotted-keys` for one that is not to hold.

    Raises ValueError for a name that there is not.
    """
    known = {field.name.replace("_", "-"): field.name for field in fields_of(Readings)}
    for name in names:
        if name.removeprefix(NO) not in known:
            expected = ", ".join(sorted(known))
            raise ValueError(f"--reading {name}: expected one of {expected}, or no- and one of these")
    return Readings(**{known[name.removeprefix(NO)]: not name.startswith(NO) for name in names})


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
class Wanted:
    """The texts of a criterion, and what they are when they are read as numbers or dates."""

    texts: frozenset[str]
    numbers: frozenset[Decimal]
    instants: frozenset[Decimal]

    def __contains__(self, value: Any) -> bool:
        """Whether a value of a field equals one of them."""
        if isinstance(value, Instant):
            return value.milliseconds in self.instants or value.text in self.texts
        if isinstance(value, int | float) and not isinstance(value, bool):
            return as_number(value) in self.numbers
        return as_text(value) in self.texts


def wanted(texts: Iterable[str]) -> Wanted:
    """What a criterion wants, understood."""
    unlike = frozenset(texts)
    numbers = frozenset(number for text in unlike if (number := as_number(text)) is not None)
    instants = frozenset(instant for text in unlike if (instant := as_instant(text)) is not None)
    return Wanted(unlike, numbers, instants)


def as_text(value: Any) -> str | None:
    """The text form of a value of a field; arrays, objects and null have none."""
    if isinstance(value, str):
        return value
    if isinstance(value, Instant):
        return value.text
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def as_number(value: Any) -> Decimal | None:
    """A number, or a text that is one, exactly; None for anything else and for what is not finite."""
    if isinstance(value, str):
        return Decimal(value.strip()) if NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return number if number.is_finite() else None


def as_instant(text: str) -> Decimal | None:
    """Milliseconds since the epoch, of their digits or of an ISO 8601 date, in UTC where it does not say."""
    if DIGITS.fullmatch(text):
        return Decimal(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Decimal((aware - EPOCH) // timedelta(microseconds=1)) / 1000


def fields(members: Members | None, path: str, prefix: str, readings: Readings) -> list[Any]:
    """What stands at a path, null left out; several things where the path crosses an array.

    The path may begin with the name of the category, unless the members have such a field themselves.
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
"""Whether what stands at a path is as a criterion wants it."""
ValueTest = Callable[[Any], bool]


def _elements(field: Any) -> list[Any]:
    return field if isinstance(field, list) else [field]


def _any_element(holds: ValueTest) -> Test:
    return lambda found: any(holds(value) for field in found for value in _elements(field))


def _equal(texts: Sequence[str], _readings: Readings) -> Test:
    return _any_element(wanted(texts).__contains__)


def _not_equal(texts: Sequence[str], readings: Readings) -> Test:
    equal = _equal(texts, readings)
    return lambda found: (bool(found) or readings.missing_differs) and not equal(found)


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Sequence[str], Readings], Test]:
    def make(texts: Sequence[str], _readings: Readings) -> Test:
        (text,) = texts
        return _any_element(lambda value: (pair := _comparable(value, text)) is not None and holds(*pair))

    return make


def _comparable(value: Any, text: str) -> tuple[Any, Any] | None:
    """A value of a field and the text that it is compared with, both as numbers, as dates or as texts."""
    if isinstance(value, Instant):
        moment = as_instant(text)
        return (value.text, text) if moment is None else (value.milliseconds, moment)
    numbers = as_number(value), as_number(text)
    if None not in numbers:
        return numbers
    return (value, text) if isinstance(value, str) else None


def _like(texts: Sequence[str], readings: Readings) -> Test:
    (pattern,) = texts
    fits = _fitting(pattern, readings)
    return _any_element(lambda value: (text := as_text(value)) is not None and fits(text))


def _fitting(pattern: str, readings: Readings) -> Callable[[str], bool]:
    """Whether a whole text is like a pattern.

    The pieces between `%` are of fixed length, and each is taken where it occurs first: a single regular
    expression would take a power of the text's length for a pattern with many `%`.
    """
    first, *pieces = (_piece(piece, readings) for piece in pattern.split("%"))
    last_length = len(pattern.rpartition("%")[2])

    def fits(text: str) -> bool:
        if not pieces:
            return first.fullmatch(text) is not None
        found = first.match(text)
        for piece in pieces[:-1]:
            found = found and piece.search(text, found.end())
        start = len(text) - last_length
        return found is not None and found.end() <= start and pieces[-1].fullmatch(text, start) is not None

    return fits


def _piece(text: str, readings: Readings) -> re.Pattern[str]:
    wildcard = "_" if readings.underscore_is_wildcard else None
    return re.compile("".join("." if sign == wildcard else re.escape(sign) for sign in text), re.I | re.S)


def _contains_all(texts: Sequence[str], readings: Readings) -> Test:
    each = [wanted([text]) for text in texts]

    def holds(field: Any) -> bool:
        return all(any(value in one for value in _elements(field)) for one in each)

    return lambda found: any(map(holds, found)) and (bool(each) or readings.all_of_nothing)


TEXT, ARRAY, EITHER = ("valueText",), ("valueTextArray",), ("valueTextArray", "valueText")


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table."""

    takes: tuple[str, ...]
    """The members that may hold its values; the first that is there does."""
    make: Callable[[Sequence[str], Readings], Test]


OPERATORS: Mapping[str, Operator] = {
    "Equal": Operator(TEXT, _equal),
    "NotEqual": Operator(TEXT, _not_equal),
    "LessThan": Operator(TEXT, _ordered(lambda value, bound: value < bound)),
    "GreaterThan": Operator(TEXT, _ordered(lambda value, bound: value > bound)),
    "Like": Operator(TEXT, _like),
    "In": Operator(EITHER, _equal),
    "ContainsAny": Operator(ARRAY, _equal),
    "ContainsAll": Operator(ARRAY, _contains_all),
}
