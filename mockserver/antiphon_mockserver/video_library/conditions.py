"""What a question demands of a record: a bound such as `under 30 minutes`, or a value that it names."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from antiphon_mockserver.model.words import words
from antiphon_mockserver.video_library.entities import EntityRecord, Field, measure, texts
from antiphon_mockserver.video_library.terms import ASKING, stem, stems
from antiphon_spec.loading.construction import dataclass

COMPARISONS = (
    ("at most", operator.le, "at most|no more than|up to"),
    ("at least", operator.ge, "at least|no less than|no fewer than"),
    ("under", operator.lt, "under|below|(?<!no )(?:less|fewer|shorter) than"),
    ("over", operator.gt, "over|above|(?<!no )(?:more|longer) than"),
)
"""The name of a comparison, its function, and the words that stand before the number."""
PATTERNS = tuple(
    (
        re.compile(rf"\b(?:{phrases})\s+(?P<number>\d+(?:\.\d+)?)[\s-]*(?P<unit>[a-z]+)?", re.I | re.A),
        name,
        compare,
    )
    for name, compare, phrases in COMPARISONS
)

TIME = frozenset(words("minute duration time second hour length"))
HINTS = dict.fromkeys(words("shortest quickest fastest longest slowest"), TIME)
"""Words that mean a field without naming it."""
WHOLE = frozenset(words("total overall whole"))
"""Of several fields that fit equally well, a question means the one with such a word in its name."""
SYNONYMS = {"beginner": "easy"}
"""Words of questions, and the values that they mean."""
MOST_COMPARISONS = 8
LONGEST_NUMBER = 30
"""Digits of a number that is compared."""
LONGEST_VALUE = 5
"""Words of a value that a question names."""


@dataclass(frozen=True, slots=True)
class EntityCondition:
    """A demand on one field."""

    field: Field
    text: str
    """In words, such as `total_minutes under 30`."""
    test: Callable[[Any], bool]

    def holds(self, record: EntityRecord) -> bool:
        """Whether a record has the field, and the field satisfies the demand."""
        return self.field.name in record.facts and self.test(record.facts[self.field.name])


def conditions_of(
    question: str, table: Sequence[EntityRecord], fields: Sequence[Field]
) -> list[EntityCondition]:
    """All that a question demands."""
    bounds = islice(_bounds(question, table, fields), MOST_COMPARISONS)
    return [*bounds, *_values(question, table, fields)]


def best_field(
    terms: Collection[str], fields: Sequence[Field], table: Sequence[EntityRecord], *, unit: str = ""
) -> Field | None:
    """The field with numbers or lists that these words of a question mean, by the words of its name."""
    hints = {hint for word in terms for hint in HINTS.get(word, ())}
    scores = {
        field.name: 2 * len(set(terms) & set(field.stems))
        + len(hints & set(field.stems))
        + 3 * (unit in field.stems)
        for field in fields
        if any(measure(record.facts.get(field.name)) is not None for record in table)
    }
    best = max(scores.values(), default=0)
    candidates = [field for field in fields if scores.get(field.name) == best] if best else []
    return min(candidates, key=lambda field: WHOLE.isdisjoint(field.stems), default=None)


def without_bounds(question: str) -> str:
    """A question without its bounds: `at least 6` asks for no minimum."""
    for pattern, _, _ in PATTERNS:
        question = pattern.sub(" ", question)
    return question


def _bounds(
    question: str, table: Sequence[EntityRecord], fields: Sequence[Field]
) -> Iterator[EntityCondition]:
    terms = set(stems(question))
    for pattern, name, compare in PATTERNS:
        for match in pattern.finditer(question):
            field = best_field(terms, fields, table, unit=stem((match["unit"] or "").lower()))
            if field is not None and len(match["number"]) <= LONGEST_NUMBER:
                bound = Decimal(match["number"])
                yield EntityCondition(field, f"{field.name} {name} {bound:f}", _bound_test(compare, bound))


def _bound_test(compare: Callable[[Any, Any], bool], bound: Decimal) -> Callable[[Any], bool]:
    return lambda value: (number := measure(value)) is not None and compare(number, bound)


def _values(
    question: str, table: Sequence[EntityRecord], fields: Sequence[Field]
) -> Iterator[EntityCondition]:
    """Fields one of whose values the question names; of several values, any may hold."""
    terms = [SYNONYMS.get(word, word) for word in stems(question)]
    for field in fields:
        values = dict.fromkeys(text for record in table for text in texts(record.facts.get(field.name)))
        names = [text for text in values if _contains(terms, stems(text))]
        if names:
            yield EntityCondition(field, f"{field.name} {' or '.join(names)}", _value_test(names))


def _value_test(names: Sequence[str]) -> Callable[[Any], bool]:
    return lambda value: any(text in names for text in texts(value))


def _contains(terms: Sequence[str], value: Sequence[str]) -> bool:
    """Whether the words of a value stand together in a question, and are not only words that ask."""
    length = len(value)
    if not 0 < length <= LONGEST_VALUE or ASKING.issuperset(value):
        return False
    return any(list(terms[place : place + length]) == list(value) for place in range(len(terms)))
