"""Compares two sides, conversation by conversation, above the floor of what A varies by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from antiphon_conformance.compare.difference import (
    ASPECTS,
    GRADES,
    SOFT,
    Aspect,
    Contrast,
    Difference,
    DifferenceGroup,
    Grade,
)
from antiphon_conformance.compare.exchanges import Exchanges
from antiphon_conformance.compare.pairs import Pairs
from antiphon_conformance.compare.requirements import Sentences
from antiphon_conformance.http.exchange import NOT_OFFERED, Exchange, Trace
from antiphon_conformance.requests.location import locate
from antiphon_conformance.requests.offer import without_offer
from antiphon_spec.dialect import Dialect

_SERIES = re.compile(r"(.+)-(?:limited-)?\d+")
OTHER_WAY = "a conversation follows the answers, which differ"
Floor = frozenset[tuple[str, Aspect, str]]
"""Step, aspect and place of each difference of A from itself; the step is empty for what a model varies."""


def compare(
    in_a: Sequence[Trace], in_b: Sequence[Trace], dialect: Dialect, again: Sequence[Trace] | None = None
) -> Contrast:
    """What B does otherwise than A in the conversations that both had.

    `again` is a second run of A: what varies between A and A is left out.
    """
    floor = None if again is None else _floor(differences(in_a, again, dialect))
    results = [
        item for item in differences(in_a, in_b, dialect) if floor is None or not _is_natural(item, floor)
    ]
    names = [[trace.scenario for trace in side if trace.exchanges] for side in (in_a, in_b)]
    return Contrast(
        tuple(_grouped(results, dialect)),
        sum(1 for _ in pairs(in_a, in_b)),
        None if floor is None else len(floor),
        tuple(name for name in names[0] if name not in names[1]),
        tuple(name for name in names[1] if name not in names[0]),
    )


def differences(in_a: Iterable[Trace], in_b: Iterable[Trace], dialect: Dialect) -> Iterator[Difference]:
    """Every difference, in the order of the conversations."""
    partners = {trace.scenario: trace for trace in without_offer(_located(in_b, dialect), dialect)}
    absent = _absent(tuple(partners.values()), dialect)
    for trace in _located(in_a, dialect):
        partner = partners.get(trace.scenario)
        if partner is not None and (trace.exchanges or partner.exchanges):
            yield from _conversation(trace, partner, Exchanges(dialect, Pairs(), absent))


def _located(traces: Iterable[Trace], dialect: Dialect) -> list[Trace]:
    """The traces, with the operation of each exchange in this dialect."""
    return [
        replace(
            trace, exchanges={name: locate(exchange, dialect) for name, exchange in trace.exchanges.items()}
        )
        for trace in traces
    ]


def _absent(traces: Sequence[Trace], dialect: Dialect) -> frozenset[str]:
    """The optional features that B does not offer: no request for one succeeded."""
    names = {trace.missing_feature for trace in traces if trace.missing_feature}
    unrouted = {
        exchange.operation
        for trace in traces
        for exchange in trace.exchanges.values()
        if NOT_OFFERED in exchange.traits
    }
    features = dialect.features.values()
    return frozenset(names | {row.name for row in features if row.optional and row.operation in unrouted})


def pairs(in_a: Iterable[Trace], in_b: Iterable[Trace]) -> Iterator[tuple[Exchange, Exchange]]:
    """The exchanges of the steps that both sides have."""
    partners = {trace.scenario: steps(trace) for trace in in_b}
    for trace in in_a:
        partner = partners.get(trace.scenario, {})
        yield from ((side_a, partner[name]) for name, side_a in steps(trace).items() if name in partner)


def steps(trace: Trace) -> Mapping[str, Exchange]:
    """The exchanges of a conversation by step. Of a series of polls the last one counts."""
    last: dict[str, Exchange] = {}
    for name, exchange in trace.exchanges.items():
        series = _SERIES.fullmatch(name)
        if series and "-limited-" in name:
            continue
        last[series[1] if series and series[1] in trace.exchanges else name] = exchange
    return last


def _conversation(in_a: Trace, in_b: Trace, exchanges: Exchanges) -> Iterator[Difference]:
    """The differences of one conversation, in the order of its steps."""
    side_a, side_b = steps(in_a), steps(in_b)
    is_apart = False
    for name, exchange in side_a.items():
        step = f"{in_a.scenario}/{name}"
        if name not in side_b:
            yield replace(_absent_step(in_b), step=step, follows=is_apart)
            return
        excuse = _excuse(in_b, side_a, side_b, name)
        for difference in exchanges.differences(exchange, side_b[name]):
            if difference.grade is Grade.DIFFERENT and (reason := excuse.get(difference.aspect)):
                difference = replace(difference, grade=Grade.LEGAL, reason=reason)
            yield replace(difference, step=step, follows=is_apart)
            parts = difference.aspect in (Aspect.STATUS, Aspect.NO_ANSWER)
            is_apart = is_apart or (parts and difference.grade is Grade.DIFFERENT)
    surplus = next((name for name in side_b if name not in side_a), None)
    if surplus is not None:
        step = f"{in_a.scenario}/{surplus}"
        words = in_a.stop_reason or "ends"
        grade, why = (Grade.DIFFERENT, "") if in_a.stop_reason else (Grade.LEGAL, OTHER_WAY)
        yield Difference(Aspect.STEP, "step", words, "goes on", grade, why, step=step, follows=is_apart)


def _excuse(
    in_b: Trace, side_a: Mapping[str, Exchange], side_b: Mapping[str, Exchange], name: str
) -> Mapping[Aspect, str]:
    """Why differences of a step are legal, by their aspect: what B did before, or what it does not offer."""
    if in_b.missing_feature and name == list(side_b)[-1]:
        return dict.fromkeys(Aspect, _lacks(in_b.missing_feature))
    earlier = {step: side_b[step] for step in takewhile(lambda step: step != name, side_b)}
    reasons: dict[Aspect, str] = {}
    if side_b[name].request.method == "GET" and not earlier.keys() <= side_a.keys():
        reasons[Aspect.ITEMS] = OTHER_WAY
    if side_b[name].is_turn and any(step.is_turn and step.reply and not step.ok for step in earlier.values()):
        reasons[Aspect.NO_ANSWER] = "a server may close the connection after an error"
    return reasons


def _absent_step(in_b: Trace) -> Difference:
    """B's conversation ended before a step."""
    words = in_b.stop_reason or "ends"
    if not in_b.stop_reason:
        return Difference(Aspect.STEP, "step", "goes on", words, Grade.LEGAL, OTHER_WAY)
    if in_b.missing_feature:
        why = _lacks(in_b.missing_feature)
        return Difference(Aspect.STEP, "step", "goes on", words, Grade.LEGAL, why)
    return Difference(Aspect.STEP, "step", "goes on", words)


def _lacks(feature: str) -> str:
    """Why B differs in the step that shows that it lacks a feature, and ends there."""
    return f"B does not offer {feature}, which is optional"


def _floor(results: Iterable[Difference]) -> Floor:
    return frozenset(("" if item.aspect in SOFT else item.step, item.aspect, item.place) for item in results)


def _is_natural(item: Difference, floor: Floor) -> bool:
    """Whether A varies by itself at this place."""
    return (item.step, item.aspect, item.place) in floor or ("", item.aspect, item.place) in floor


def _grouped(results: Iterable[Difference], dialect: Dialect) -> Iterator[DifferenceGroup]:
    """Equal differences as one, the most telling first."""
    sentences = Sentences(dialect)
    groups: dict[tuple[Aspect, str], list[Difference]] = {}
    for item in results:
        groups.setdefault(item.key, []).append(item)
    rows = [_group(members, sentences) for members in groups.values()]
    order = {group.example.key: number for number, group in enumerate(rows)}
    yield from sorted(rows, key=lambda group: (*_rank(group), order[group.example.key]))


def _group(members: Sequence[Difference], sentences: Sentences) -> DifferenceGroup:
    gravest = min(members, key=lambda item: (GRADES.index(item.grade), item.follows))
    return DifferenceGroup(
        gravest,
        len(members),
        tuple(dict.fromkeys(item.step for item in members)),
        tuple(dict.fromkeys(item.event for item in members if item.event)),
        gravest.grade,
        sentences.nearest(gravest),
    )


def _rank(group: DifferenceGroup) -> tuple[int, bool, int]:
    example = group.example
    return GRADES.index(group.grade), example.follows, ASPECTS.index(example.aspect)
