"""A claim names a frozen set of requirements: records have the weight of the day when it was frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.frozen import Frozen

WEIGHED = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.NOTED})


def weigh_claim(records: Iterable[Record], frozen_set: Frozen) -> list[Record]:
    """The records of the rules in a frozen set, with the weights of that set."""
    return [_weigh(record, frozen_set) for record in records if record.rule in frozen_set.rules]


def _weigh(record: Record, frozen_set: Frozen) -> Record:
    requirement, row = frozen_set.rules[record.rule], frozen_set.row(record.rule)
    weight = frozen_set.weight(requirement)
    outcome = Outcome.of_findings(record.findings, weight) if record.outcome in WEIGHED else record.outcome
    return replace(
        record,
        requirement=requirement,
        requirements=tuple(row for row in record.requirements if row in frozen_set.requirements),
        authority=row.authority,
        kind=row.kind,
        weight=weight,
        outcome=outcome,
    )
