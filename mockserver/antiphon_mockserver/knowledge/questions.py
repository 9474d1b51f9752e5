"""Questions that entities answer: superlatives, comparisons, named values, counts, and who spoke most.

A question is taken apart into what it demands of a record (`conditions.py`) and into how the records that
satisfy it are to be told: the first of a ranking, their number, or all of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.knowledge.conditions import Condition, best_field, demanded, without_comparisons
from antiphon_mockserver.knowledge.entities import (
    EntitySource,
    Field,
    Record,
    fields_of,
    first_facts,
    measure,
    records,
    shown,
)
from antiphon_mockserver.knowledge.retrieval import texts_in
from antiphon_mockserver.knowledge.terms import own_words, stem, stems
from antiphon_mockserver.words import words

LEAST = frozenset(words("fewest least lowest minimum shortest smallest quickest fastest cheapest"))
MOST = frozenset(words("most highest maximum longest largest biggest greatest slowest priciest costliest"))
SPEAKING = frozenset(words("speaker person presenter host who"))
"""Names of fields that say who speaks."""
SPOKE = r"\b(?:speak|spoke|talk|said|say|discuss|mention|raise|ask|complain)"
WHO_SPOKE_MOST = re.compile(rf"\bwho\b(?=.*{SPOKE})(?=.*\bmost\b)", re.IGNORECASE | re.DOTALL)
HOW_MANY = re.compile(r"\bhow many\s+(\w+(?:\s+\w+)?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that answers, and the facts of it that do."""

    record: Record
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What entities have to say."""

    source: EntitySource
    saying: str
    """A sentence that sums it up, or ""."""
    entries: tuple[Entry, ...]
    """Best first."""
    strength: int
    """How much of the question was understood."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to the records of one collection."""

    question: str
    source: EntitySource
    table: Sequence[Record]
    fields: Sequence[Field]
    conditions: Sequence[Condition]
    words: frozenset[str]
    """The stems of the words that say what is looked for."""

    @property
    def selected(self) -> list[Record]:
        """The records that satisfy every condition, those with most of the question's words first."""
        chosen = [record for record in self.table if all(one.holds(record) for one in self.conditions)]
        return sorted(chosen, key=lambda record: -_shared(self.words, record))

    @property
    def demands(self) -> str:
        """What the conditions demand, in words."""
        return " and ".join(condition.told for condition in self.conditions)

    @property
    def weight(self) -> int:
        """How much of the question the conditions are."""
        return sum(condition.weight for condition in self.conditions)

    def found(self, saying: str, chosen: Iterable[Record], named: Sequence[Field], strength: int) -> Found:
        """These records, with their facts in the named fields and in those that the conditions are about."""
        names = [field.name for field in (*named, *(condition.field for condition in self.conditions))]
        entries = tuple(Entry(record, self._facts(record, names)) for record in chosen)
        return Found(self.source, f"{saying}." if saying else "", entries, strength)

    def _facts(self, record: Record, names: Sequence[str]) -> dict[str, Any]:
        """The facts that count: those that are named here or in the question, or share a word with it."""
        said = set(stems(self.question))
        asked = [field.name for field in self.fields if said.intersection(field.stems)]
        sharing = [
            name for name, fact in record.facts.items() if self.words & set(stems(" ".join(texts_in(fact))))
        ]
        chosen = dict.fromkeys([*names, *asked] or sharing)
        facts = {name: record.facts[name] for name in chosen if name in record.facts}
        return facts or first_facts(record)


def ask(question: str, sources: Sequence[EntitySource], admitted: Container[str]) -> Found | None:
    """What entities of these files answer, or None when none has anything to say about it.

    Of several collections, the one answers that understands most of the question; of these, the one whose
    name and description share most words with it.
    """
    answers = [found for source in sources if (found := _ask(question, source, admitted)) is not None]
    return max(answers, key=lambda found: (found.strength, _affinity(question, found.source)), default=None)


def _ask(question: str, source: EntitySource, admitted: Container[str]) -> Found | None:
    table = records(source, admitted)
    fields = fields_of(table)
    wanted = frozenset(stem(word) for word in own_words(question))
    asking = Asking(question, source, table, fields, demanded(question, table, fields), wanted)
    return next((found for shape in SHAPES if (found := shape(asking)) is not None), None)


def _affinity(question: str, source: EntitySource) -> int:
    return len(set(stems(question)) & _vocabulary(source))


def _vocabulary(source: EntitySource) -> set[str]:
    return set(stems(f"{source.name} {source.description}"))


def _who_spoke_most(asking: Asking) -> Found | None:
    speaker = next((field for field in asking.fields if not SPEAKING.isdisjoint(field.stems)), None)
    if speaker is None or not WHO_SPOKE_MOST.search(asking.question):
        return None
    about = asking.selected if asking.conditions else _best_by_words(asking)
    counted = Counter(shown(record.facts[speaker.name]) for record in about if speaker.name in record.facts)
    if not counted:
        return None
    name, count = counted.most_common(1)[0]
    theirs = [record for record in about if shown(record.facts.get(speaker.name)) == name]
    demands = f" with {asking.demands}" if asking.demands else ""
    saying = f"{name} speaks most in {asking.source.name}: {count} of {len(about)} parts{demands}"
    return asking.found(saying, theirs, [speaker], 6)


def _superlative(asking: Asking) -> Found | None:
    question = without_comparisons(asking.question)
    ranking = next((word for word in stems(question) if word in LEAST | MOST), None)
    field = best_field(stems(question), asking.fields, asking.table) if ranking else None
    if ranking is None or field is None:
        return None
    numbers = [(record, measure(record.facts.get(field.name))) for record in asking.selected]
    known = [(record, number) for record, number in numbers if number is not None]
    if not known:
        return None
    best = (max if ranking in MOST else min)(number for _, number in known)
    where = f" with {asking.demands}" if asking.demands else ""
    saying = f"{ranking.capitalize()} {field.name} in {asking.source.name}{where}: {best}"
    chosen = [record for record, number in known if number == best]
    return asking.found(saying, chosen, [field], 3 + asking.weight)


def _how_many(asking: Asking) -> Found | None:
    """A number that a record has, where the question names one; else how many records there are."""
    counted = HOW_MANY.search(asking.question)
    if not counted or asking.conditions:
        return None
    field = best_field(stems(counted[1]), asking.fields, asking.table, hints=False)
    if field is not None:
        return asking.found("", _best_by_words(asking, besides=field.stems), [field], 3)
    return asking.found(f"{len(asking.table)} in {asking.source.name}", asking.table, [], 1)


def _conditional(asking: Asking) -> Found | None:
    if not asking.conditions:
        return None
    selected = asking.selected
    saying = f"{len(selected)} of {len(asking.table)} in {asking.source.name} with {asking.demands}"
    return asking.found(saying, selected, [], asking.weight)


def _by_words(asking: Asking) -> Found | None:
    best = _best_by_words(asking)
    return asking.found("", best, [], 1) if best else None


def _all(asking: Asking) -> Found | None:
    """All records, for a question that only says what kind of things they are."""
    kinds = _vocabulary(asking.source).union(*(field.stems for field in asking.fields))
    if not asking.table or not asking.words or not asking.words <= kinds:
        return None
    return asking.found(f"{len(asking.table)} in {asking.source.name}", asking.table, [], 1)


def _best_by_words(asking: Asking, besides: Iterable[str] = ()) -> list[Record]:
    """The records in which most of the question's words occur, besides some that say nothing of them."""
    wanted = asking.words - set(besides)
    scores = [_shared(wanted, record) for record in asking.table]
    best = max(scores, default=0)
    return [record for record, score in zip(asking.table, scores, strict=True) if score == best > 0]


def _shared(wanted: Collection[str], record: Record) -> int:
    """How many of these words occur in a record or in the title of its file."""
    return len(set(wanted) & set(stems(" ".join([*texts_in(record.facts), record.file.title]))))


SHAPES = (_who_spoke_most, _superlative, _how_many, _conditional, _by_words, _all)
"""How a question may be meant; the first that fits counts."""
