"""What a question demands of a record: comparisons with numbers, and values that it names."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

from antiphon_mockserver.knowledge.entities import Field, Record, measure, texts
from antiphon_mockserver.knowledge.terms import ASKING, stem, stems
from antiphon_mockserver.words import words

TENS = words("twenty thirty forty fifty sixty seventy eighty ninety")
COMPARISONS = (
    ("at most", operator.le, "at most|no more than|not more than|up to|within|a maximum of", "less|fewer"),
    ("at least", operator.ge, "at least|no less than|no fewer than|not less than|a minimum of", "more"),
    (
        "under",
        operator.lt,
        "(?:less|fewer|shorter|cheaper|smaller|lower|quicker|faster|sooner) than|under|below",
        None,
    ),
    (
        "over",
        operator.gt,
        "(?:more|longer|larger|greater|bigger|higher|slower|later) than|over|above|exceeding|beyond",
        None,
    ),
    ("exactly", operator.eq, "exactly|equal to", None),
)
"""How a comparison is named, what it is, and what people say before the number, or after it and `or`."""

NUMBER_WORDS = {
    word: Decimal(number)
    for number, word in enumerate(
        words("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen")
    )
}
NUMBER_WORDS |= {word: Decimal(10 * number) for number, word in enumerate(TENS, 2)}
NUMBER_WORDS["half an"] = Decimal("0.5")

FACTORS = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
HOURS = frozenset({"hour", "hr", "h"})
MINUTES = frozenset({"minute", "min"})

TIME = frozenset(words("minute duration time second hour length"))
MONEY = frozenset(words("price cost amount usd eur dollar value budget revenue"))
SIZE = frozenset(words("size amount count number"))
HINTS = {
    **dict.fromkeys(words("shortest quickest fastest longest slowest quick fast long time take"), TIME),
    **dict.fromkeys(words("cheapest priciest costliest expensive cheap worth paid dollar usd money"), MONEY),
    **dict.fromkeys(words("smallest largest biggest greatest"), SIZE),
    **dict.fromkeys(words("people person portion guest serve"), frozenset({"serving", "portion"})),
    **dict.fromkeys(MINUTES | HOURS, TIME),
}
"""What fields a word may mean that does not name them."""
WHOLE = frozenset(words("total overall whole"))
"""Where several fields fit as well, the one with such a word in its name is meant."""
ALIKE = {"beginner": "easy", "simple": "easy", "advanced": "hard", "difficult": "hard"}
"""Words that people say, and the values that they mean."""
NOT = frozenset(words("not non no never isn aren wasn weren without"))
MOST_COMPARISONS = 8
LONGEST_VALUE = 5
"""How many words a value may have that a question names."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a question demands of one field."""

    field: Field
    told: str
    """In words, such as `total_minutes under 30`."""
    test: Callable[[Any], bool]
    weight: int
    """How surely it was meant."""

    def holds(self, record: Record) -> bool:
        """Whether a record has the field, and as demanded."""
        return self.field.name in record.facts and self.test(record.facts[self.field.name])


def demanded(question: str, table: Sequence[Record], fields: Sequence[Field]) -> list[Condition]:
    """All that a question demands."""
    compared = islice(_compared(question, table, fields), MOST_COMPARISONS)
    return [*compared, *_switched(question, table, fields), *_named(question, table, fields)]


def best_field(
    asked: Collection[str],
    fields: Sequence[Field],
    table: Sequence[Record],
    *,
    hints: bool = True,
    unit: str = "",
) -> Field | None:
    """The field with numbers or lists that these words of a question mean, by the words of its name."""
    meant = {hint for word in asked for hint in HINTS.get(word, ())} if hints else set()
    scores = {
        field.name: 2 * len(set(asked) & set(field.stems))
        + len(meant & set(field.stems))
        + 3 * (unit in field.stems)
        for field in fields
        if any(measure(record.facts.get(field.name)) is not None for record in table)
    }
    best = max(scores.values(), default=0)
    candidates = [field for field in fields if scores.get(field.name) == best] if best else []
    candidates.sort(key=lambda field: WHOLE.isdisjoint(field.stems))
    return candidates[0] if candidates else None


def without_comparisons(question: str) -> str:
    """A question without what it says of bounds: `at most an hour` asks for no maximum."""
    for pattern, _, _ in PATTERNS:
        question = pattern.sub(" ", question)
    return question


def _compared(question: str, table: Sequence[Record], fields: Sequence[Field]) -> Iterator[Condition]:
    asked = set(stems(question))
    for pattern, name, compare in PATTERNS:
        for found in pattern.finditer(question):
            number, unit = _number(found), stem((found["unit"] or "").lower())
            words_asked = asked | ({"dollar"} if found["money"] else set())
            measured_in = "minute" if unit in MINUTES | HOURS else unit
            field = best_field(words_asked, fields, table, unit=measured_in)
            if field is not None:
                bound = number * 60 if unit in HOURS and "minute" in field.stems else number
                told = f"{field.name} {name} {bound.normalize():f}"
                yield Condition(field, told, _bounded(compare, bound), 3)


def _bounded(compare: Callable[[Any, Any], bool], bound: Decimal) -> Callable[[Any], bool]:
    return lambda value: (number := measure(value)) is not None and compare(number, bound)


def _number(found: re.Match[str]) -> Decimal:
    text = found["number"].lower().replace(",", "")
    number = Decimal(text) if text[0].isdigit() else NUMBER_WORDS.get(text, Decimal(1))
    return number * FACTORS.get((found["factor"] or "").lower(), 1)


def _switched(question: str, table: Sequence[Record], fields: Sequence[Field]) -> Iterator[Condition]:
    """Fields that are true or false and that the question names, such as `vegetarian`."""
    asked = stems(question)
    for field in fields:
        if field.stems and field.stems[-1] in asked and _is_switch(field, table):
            place = asked.index(field.stems[-1])
            wanted = NOT.isdisjoint(asked[max(place - 1, 0) : place])
            told = f"{field.name} {'yes' if wanted else 'no'}"
            yield Condition(field, told, partial(operator.is_, wanted), 2)


def _is_switch(field: Field, table: Sequence[Record]) -> bool:
    return any(isinstance(record.facts.get(field.name), bool) for record in table)


def _named(question: str, table: Sequence[Record], fields: Sequence[Field]) -> Iterator[Condition]:
    """Fields one of whose values the question names; of several values, any may hold."""
    asked = [ALIKE.get(word, word) for word in stems(question)]
    for field in fields:
        values = dict.fromkeys(text for record in table for text in texts(record.facts.get(field.name)))
        named = [text for text in values if _stands_in(stems(text), asked)]
        if named:
            told = f"{field.name} {' or '.join(named)}"
            yield Condition(field, told, partial(_is_among, named), 2)


def _is_among(named: Sequence[str], value: Any) -> bool:
    return any(text in named for text in texts(value))


def _stands_in(value: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether the words of a value stand together in a question, and are not only words that ask."""
    length = len(value)
    if not 0 < length <= LONGEST_VALUE or ASKING.issuperset(value):
        return False
    return any(list(asked[place : place + length]) == list(value) for place in range(len(asked)))


_NUMBER = (
    r"(?P<money>\$|€)?\s?"
    rf"(?P<number>(?<![\d,])\d[\d,]*+(?:\.\d++)?|\b(?:{'|'.join(NUMBER_WORDS)})\b|\ban?(?=\s(?:hour|minute)))"
)
_QUANTITY = rf"{_NUMBER}\s?(?P<factor>k\b|m\b|thousand\b|million\b)?[\s-]*(?P<unit>[a-z]+)?"
PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE | re.ASCII), name, compare)
    for name, compare, before, after in COMPARISONS
    for pattern in [
        rf"\b(?:{before})\s+{_QUANTITY}",
        *([rf"{_QUANTITY}\s+or\s+(?:{after})\b"] if after else []),
    ]
)
