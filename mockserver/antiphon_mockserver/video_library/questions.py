"""Questions that entities answer: superlatives, bounds and values.

A question consists of what it demands of a record (`conditions.py`) and of how the answer presents the
records that satisfy it: the first of a ranking, or all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import Any

from antiphon_mockserver.model.words import words
from antiphon_mockserver.video_library.conditions import (
    EntityCondition,
    best_field,
    conditions_of,
    without_bounds,
)
from antiphon_mockserver.video_library.entities import (
    EntityRecord,
    EntitySource,
    Field,
    fields_of,
    first_facts,
    measure,
    name_of,
    records,
    text_of,
)
from antiphon_mockserver.video_library.retrieval import texts_in
from antiphon_mockserver.video_library.terms import own_words, stem, stems
from antiphon_spec.loading.construction import dataclass

LEAST = frozenset(words("fewest least lowest minimum shortest smallest quickest fastest cheapest"))
MOST = frozenset(words("most highest maximum longest largest biggest greatest slowest"))


@dataclass(frozen=True, slots=True)
class EntityMatch:
    """A record that answers, and those of its facts that do."""

    record: EntityRecord
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntityAnswer:
    """What the entities of one source answer."""

    source: EntitySource
    lead: str
    """A sentence that sums it up, or ""."""
    entries: tuple[EntityMatch, ...]
    """Best first."""
    strength: int
    """How much of the question it takes into account."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the records of one source."""

    text: str
    source: EntitySource
    table: Sequence[EntityRecord]
    fields: Sequence[Field]
    conditions: Sequence[EntityCondition]
    words: frozenset[str]
    """The stems of the words that say what the question is about."""

    @property
    def selection(self) -> list[EntityRecord]:
        """The records that satisfy every condition, those with most of the question's words first."""
        selection = [record for record in self.table if all(test.holds(record) for test in self.conditions)]
        return sorted(selection, key=lambda record: -_overlap(self.words, record))

    @property
    def demands(self) -> str:
        """The conditions in words, such as ` with difficulty easy`, or ""."""
        demands = " and ".join(condition.text for condition in self.conditions)
        return f" with {demands}" if demands else ""

    def answer(
        self, lead: str, rows: Iterable[EntityRecord], strength: int, fields: Sequence[Field] = ()
    ) -> EntityAnswer:
        """These records, with their facts in these fields and in those that the conditions are about."""
        names = [field.name for field in (*fields, *(condition.field for condition in self.conditions))]
        entries = tuple(EntityMatch(record, self._facts(record, names)) for record in rows)
        return EntityAnswer(self.source, f"{lead}." if lead else "", entries, strength)

    def _facts(self, record: EntityRecord, names: Sequence[str]) -> dict[str, Any]:
        """The facts in fields that are named here or in the question, or that share a word with it."""
        terms = set(stems(self.text))
        in_question = [field.name for field in self.fields if terms.intersection(field.stems)]
        sharing = [
            name for name, fact in record.facts.items() if self.words & set(stems(" ".join(texts_in(fact))))
        ]
        relevant = dict.fromkeys([*names, *in_question] or sharing)
        facts = {name: record.facts[name] for name in relevant if name in record.facts}
        return facts or first_facts(record)


def ask(text: str, sources: Sequence[EntitySource], files: Container[str]) -> EntityAnswer | None:
    """What the entities of the files with these ids answer, or None when they know nothing about it.

    Of several sources, the one answers that takes most of the question into account; of these, the one whose
    name and description share most words with it.
    """
    answers = [answer for source in sources if (answer := _ask(text, source, files)) is not None]
    return max(answers, key=lambda answer: (answer.strength, _affinity(text, answer.source)), default=None)


def _ask(text: str, source: EntitySource, files: Container[str]) -> EntityAnswer | None:
    table = records(source, files)
    fields = fields_of(table)
    terms = frozenset(stem(word) for word in own_words(text))
    question = Question(text, source, table, fields, conditions_of(text, table, fields), terms)
    return next((answer for shape in SHAPES if (answer := shape(question)) is not None), None)


def _affinity(text: str, source: EntitySource) -> int:
    return len(set(stems(text)) & _vocabulary(source))


def _vocabulary(source: EntitySource) -> set[str]:
    """The words of a source, in the request and in the library: a request need not repeat what is known."""
    collection = source.collection
    names = (source.name, source.description, collection.name, collection.description or "")
    return set(stems(" ".join(names)))


def _superlative(question: Question) -> EntityAnswer | None:
    terms = stems(without_bounds(question.text))
    ranking = next((word for word in terms if word in LEAST | MOST), None)
    field = best_field(terms, question.fields, question.table) if ranking else None
    if ranking is None or field is None:
        return None
    numbers = [(record, measure(record.facts.get(field.name))) for record in question.selection]
    values = [number for _, number in numbers if number is not None]
    if not values:
        return None
    best = max(values) if ranking in MOST else min(values)
    lead = f"{ranking.capitalize()} {field.name} in {question.source.name}{question.demands}: {best}"
    rows = [record for record, number in numbers if number == best]
    return question.answer(lead, rows, 2 + len(question.conditions), [field])


def _conditional(question: Question) -> EntityAnswer | None:
    if not question.conditions:
        return None
    selection = question.selection
    lead = f"{len(selection)} of {len(question.table)} in {question.source.name}{question.demands}"
    return question.answer(lead, selection, 1 + len(question.conditions))


def _by_words(question: Question) -> EntityAnswer | None:
    """The records in which most of the question's words occur."""
    scores = [_overlap(question.words, record) for record in question.table]
    best = max(scores, default=0)
    rows = [record for record, score in zip(question.table, scores, strict=True) if score == best > 0]
    return question.answer("", rows, 1) if rows else None


def _all(question: Question) -> EntityAnswer | None:
    """All records, for a question that only says what kind of things they are."""
    kinds = _vocabulary(question.source).union(*(field.stems for field in question.fields))
    if not question.table or not question.words or not question.words <= kinds:
        return None
    names = text_of(list(dict.fromkeys(map(name_of, question.table))))
    return question.answer(f"In {question.source.name}: {names}", question.table, 1)


def _overlap(terms: Collection[str], record: EntityRecord) -> int:
    """How many of these words occur in a record or in the title of its file."""
    return len(set(terms) & set(stems(" ".join([*texts_in(record.facts), record.file.title]))))


SHAPES = (_superlative, _conditional, _by_words, _all)
"""What a question may mean; the first that fits counts."""
