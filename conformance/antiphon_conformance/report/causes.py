"""Findings by cause: one fault of a server is one entry, however many rules it breaks.

`families.py` has the table. Findings of one family and key share a cause. A cause whose every place another
one explains follows from it (`follows.py`). Rules that could not look hang under the cause that kept
them from looking. Both are named under their cause, never beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from antiphon_conformance.report.families import (
    ANY_CREATE,
    BLOCKED,
    EFFECTS,
    PARAMETERS,
    UNTRUE,
    Family,
    Sight,
    family_of,
    is_loud,
    own_words,
    sight,
)
from antiphon_conformance.report.follows import FOLLOWS, Link
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.loading.construction import dataclass

_NAMES = re.compile(r"`[\w.\[\]]+`")

_RULE = re.compile(r"\b[a-z][a-z-]+\.[a-z][a-z-]+\b")
"""The id of a rule in a note: `..., as chaining.a-chain-knows-the-whole-history reports`."""

_LAST_BRACKET = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)$")


FEWEST_LETTERS = 8
"""How many letters of the beginning of a message tell it from others."""
EFFECT_TOPICS = frozenset({
    "tool-choice", "structured-output", "chaining", "item-references", "hosted-tools", "instructions",
})  # fmt: skip
"""The topics of rules about what the model is told and what it is made to do."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a cause shows."""

    record: Record
    finding: Finding | None = None
    """None when the rule reached no verdict; the record's note says why."""
    look: Sight | None = None

    @property
    def exchange(self) -> str:
        """The id of the exchange, or the scenario."""
        return (self.finding.exchange if self.finding else "") or self.record.scenario

    @property
    def where(self) -> tuple[str, str, str]:
        """The exchange and the place in it: a member without indices, else as the finding writes it."""
        place = self.look.place if self.look else None
        if place is None or not place.member:
            return self.exchange, "", self.finding.where if self.finding else ""
        return self.exchange, place.holder, place.member


@dataclass(frozen=True, slots=True)
class Cause:
    """One fault: the places where it shows, the rules that it breaks, and what follows from it."""

    family: Family
    key: str
    outcome: Outcome
    places: tuple[Occurrence, ...]
    rules: tuple[str, ...]
    """The rules that it breaks, that of the shown place first."""
    follows: tuple[Record, ...] = ()
    """The records of other rules that fail because of it."""
    hides: tuple[Record, ...] = ()
    """The records of rules that could not look because of it."""

    @property
    def first(self) -> Occurrence:
        """The place that is shown."""
        return self.places[0]

    @property
    def record(self) -> Record:
        """The record that is shown."""
        return self.first.record

    @property
    def finding(self) -> Finding | None:
        """The finding that is shown."""
        return self.first.finding

    @property
    def records(self) -> tuple[Record, ...]:
        """Every record that it explains."""
        own = (place.record for place in self.places)
        return tuple({id(record): record for record in (*own, *self.follows, *self.hides)}.values())

    @property
    def exchanges(self) -> int:
        """The number of exchanges, or conversations, in which it shows."""
        return len({place.exchange for place in self.places})

    @property
    def subjects(self) -> tuple[str, ...]:
        """What it lists, each once: the members that are missing, the wrong requests that are accepted."""
        return self._subjects(self.places)

    @property
    def worst_subjects(self) -> tuple[str, ...]:
        """Those of its subjects that weigh as much as the place that is shown."""
        return self._subjects(place for place in self.places if place.record.outcome is self.record.outcome)

    def _subjects(self, places: Iterable[Occurrence]) -> tuple[str, ...]:
        subject = self.family.subject
        if subject is None:
            return ()
        names = (subject(place.look) for place in places if place.look)
        return tuple(dict.fromkeys(filter(None, names)))

    @property
    def further_rules(self) -> tuple[str, ...]:
        """The rules that it breaks besides the first, then those that fail because of it."""
        return tuple(dict.fromkeys((*self.rules[1:], *(record.rule for record in self.follows))))

    @property
    def hidden_rules(self) -> tuple[str, ...]:
        """The rules that could not look because of it."""
        return tuple(dict.fromkeys(record.rule for record in self.hides))


def causes(records: Iterable[Record], operations: Mapping[str, str] | None = None) -> list[Cause]:
    """The causes of these records, the deepest first; `operations` has method and path by exchange."""
    pool = tuple(records)
    seen = [record for record in pool if is_loud(record)]
    by_key: dict[tuple[str, str, str], list[Occurrence]] = {}
    families: dict[str, Family] = {}
    for place, look in _occurrences(seen, operations or {}):
        family = family_of(look)
        families[family.name] = family
        by_key.setdefault((place.record.dialect, family.name, family.key(look)), []).append(place)
    groups = ((families[name], key, places) for (_, name, key), places in by_key.items())
    separate = sorted((_cause(*group) for group in groups), key=_depth)
    blocked = [record for record in seen if not record.findings]
    blind = [record for record in pool if record.outcome is Outcome.INCONCLUSIVE]
    return _hide(_blind(_join(_fold(separate)), blind), blocked)


def _occurrences(
    records: Iterable[Record], operations: Mapping[str, str]
) -> Iterator[tuple[Occurrence, Sight]]:
    for record in records:
        for finding in record.findings:
            look = sight(record, finding, operations.get(finding.exchange, ""))
            yield Occurrence(record, finding, look), look


def _cause(family: Family, key: str, places: list[Occurrence]) -> Cause:
    places.sort(key=_weight)
    rules = tuple(dict.fromkeys(place.record.rule for place in places))
    return Cause(family, key, places[0].record.outcome, tuple(places), rules)


def _weight(place: Occurrence) -> tuple[int, int]:
    """The worst outcome first; of rules that see one effect, that whose summary tells most of it."""
    rule = place.record.rule
    if rule in PARAMETERS:
        return WORST_FIRST.index(place.record.outcome), [*PARAMETERS].index(rule)
    sides = next((rules for rules in EFFECTS.values() if rule in rules), (rule,))
    return WORST_FIRST.index(place.record.outcome), sides.index(rule)


def _depth(cause: Cause) -> tuple[int, int, bool, int, str]:
    """What comes first is deeper; of a lane whose beginning is missing, the beginning comes first."""
    is_later = cause.key.endswith(" either")
    outcome = WORST_FIRST.index(cause.outcome)
    return cause.family.layer, outcome, is_later, -len(cause.places), cause.rules[0]


def _fold(separate: Iterable[Cause]) -> list[Cause]:
    """Adds each cause to the first deeper one that explains it."""
    roots: list[Cause] = []
    for cause in separate:
        owner = next((index for index, root in enumerate(roots) if _explains(root, cause)), None)
        if owner is None:
            roots.append(cause)
        else:
            root = roots[owner]
            records = dict.fromkeys((*root.follows, *cause.records))
            worst = min(root.outcome, cause.outcome, key=WORST_FIRST.index)
            roots[owner] = replace(root, follows=tuple(records), outcome=worst)
    return roots


def _join(roots: list[Cause]) -> list[Cause]:
    """Joins causes of one family that only the same rule tells: there are never more causes than rules."""
    whole: list[Cause] = []
    for cause in roots:
        owner = next((index for index, root in enumerate(whole) if _is_joined(root, cause)), None)
        if owner is None:
            whole.append(cause)
        else:
            root = whole[owner]
            records = tuple(dict.fromkeys((*root.follows, *cause.follows)))
            whole[owner] = replace(root, places=(*root.places, *cause.places), follows=records)
    return whole


def _is_joined(root: Cause, cause: Cause) -> bool:
    """Whether a cause tells no more than another one: of different creates a server's words tell more."""
    if cause.rules[0] == ANY_CREATE and cause.key != ANY_CREATE:
        return False
    same = root.family is cause.family and root.record.dialect == cause.record.dialect
    return same and cause.family.subject is None and set(cause.rules) <= set(root.rules)


def _explains(root: Cause, cause: Cause) -> bool:
    """Whether all places of a cause follow from a deeper one: by the table, or by standing at its places."""
    if root.record.dialect != cause.record.dialect:
        return False
    if root.family.name == "member missing" and _is_untrue(cause):
        return False
    if cause.family.subject is None and (_spots(cause) <= _spots(root) or _is_inside(root, cause)):
        return True
    edges = (
        edge
        for edge in FOLLOWS
        if edge.cause == root.family.name and root.key.startswith(edge.key)
        if not (edge.link is Link.MEMBER and edge.cause == "member missing" and _is_effect(cause))
    )
    return any(
        _shares(root, cause, edge.link) for edge in edges if edge.leads_to(cause.family.name, cause.rules)
    )


def _is_effect(cause: Cause) -> bool:
    """Whether a documented effect is missing in answers that have the member in which it would show."""
    return cause.record.rule.partition(".")[0] in EFFECT_TOPICS and not all(
        place.look is not None and place.look.is_absent for place in cause.places
    )


def _is_untrue(cause: Cause) -> bool:
    """Whether an answer says of itself what is not so: nothing that is absent elsewhere explains that."""
    return bool(UNTRUE.intersection(cause.rules)) and not all(
        place.look is not None and place.look.is_absent for place in cause.places
    )


def _spots(cause: Cause) -> set[tuple[str, str, str]]:
    return {place.where for place in cause.places}


def _is_inside(root: Cause, cause: Cause) -> bool:
    """Whether all places of a cause stand in an object that the other cause says is absent."""
    gaps = {
        (place.exchange, place.look.place.holder, place.look.place.member)
        for place in root.places
        if place.look and place.look.is_absent and place.look.place.member
    }
    return bool(gaps) and all(
        any((exchange, holder) == gap[:2] and member.startswith(f"{gap[2]}/") for gap in gaps)
        for exchange, holder, member in _spots(cause)
    )


def _shares(root: Cause, cause: Cause, link: Link) -> bool:
    if link is Link.RUN:
        return True
    if link is Link.EXCHANGE:
        return {place.exchange for place in cause.places} <= {place.exchange for place in root.places}
    if link is Link.LANE:
        return "either" in (root.key + cause.key) and root.key.split()[0] == cause.key.split()[0]
    members = {place.look.place for place in root.places if place.look and place.look.place.member}
    return all(place.look and any(map(place.look.place.touches, members)) for place in cause.places)


def _blind(roots: list[Cause], records: Iterable[Record]) -> list[Cause]:
    """Hangs each rule that looked for a member under the cause that says that the member is missing."""
    hides: dict[int, list[Record]] = {}
    owners = {
        f"`{name}`": index
        for index, cause in reversed(list(enumerate(roots)))
        if cause.family.name == "member missing"
        for name in cause.subjects
    }
    for record in records:
        owner = next((owners[name] for name in _NAMES.findall(record.note) if name in owners), None)
        if owner is not None:
            hides.setdefault(owner, []).append(record)
    return [replace(cause, hides=tuple(hides.get(index, ()))) for index, cause in enumerate(roots)]


def _hide(roots: list[Cause], blocked: Iterable[Record]) -> list[Cause]:
    """Hangs each rule that could not look under the cause that kept it from looking."""
    alone: dict[tuple[str, Outcome, str], list[Record]] = {}
    for record in blocked:
        owner = next(iter(_hiders(roots, record)), None)
        if owner is None:
            reason = _reason(record.note)
            alone.setdefault((record.dialect, record.outcome, reason), []).append(record)
        else:
            roots[owner] = replace(roots[owner], hides=(*roots[owner].hides, record))
    for (_, outcome, reason), records in alone.items():
        places = tuple(Occurrence(record) for record in records)
        rules = tuple(dict.fromkeys(record.rule for record in records))
        roots.append(Cause(BLOCKED, reason, outcome, places, rules))
    return roots


def _reason(note: str) -> str:
    """What kept a rule from looking: what its note says at the end, in brackets or after a colon."""
    bracket = _LAST_BRACKET.search(note)
    return bracket[1] if bracket else note.rpartition(": ")[2] or note


def _says(words: str, key: str) -> bool:
    """Whether the server's words are those of a cause, of which an excerpt may have only the beginning."""
    beginning = key.partition("…")[0].rstrip()
    is_excerpt = "…" in key and len(beginning) >= FEWEST_LETTERS
    return bool(words) and (key.startswith(words[:40]) or (is_excerpt and words.startswith(beginning)))


def _hiders(roots: list[Cause], record: Record) -> Iterator[int]:
    """The causes that may have kept a rule from looking, the surest first."""
    words = own_words(f'"message": "{_reason(record.note)}"')
    numbered = [(index, cause) for index, cause in enumerate(roots) if cause.family is not BLOCKED]
    rules_of_note = set(_RULE.findall(record.note))
    for index, cause in numbered:
        if rules_of_note.intersection((*cause.rules, *cause.further_rules)):
            yield index
    for index, cause in numbered:
        if any(place.finding and place.exchange in record.note for place in cause.places):
            yield index
    for index, cause in numbered:
        if cause.family.name in ("right request", "server error") and _says(words, cause.key):
            yield index
    for index, cause in numbered:
        if cause.outcome is Outcome.FAILED and any(
            place.record.scenario == record.scenario for place in cause.places
        ):
            yield index
