"""A claim names a frozen set of requirements: records have the weight of the day when it was frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.frozen import Frozen
from antiphon_spec.requirement import SEVERITY

WEIGHED = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.INFORMED})


def weigh_claim(records: Iterable[Record], frozen_set: Frozen) -> list[Record]:
    """The records of the rules in a frozen set, at the levels of that set."""
    return [_weigh(record, frozen_set) for record in records if record.rule in frozen_set.rules]


def _weigh(record: Record, frozen_set: Frozen) -> Record:
    level = frozen_set.level(record.rule)
    requirements = tuple(row for row in record.requirements if row in frozen_set.requirements)
    weighed = record.outcome in WEIGHED
    outcome = Outcome.of_findings(record.findings, SEVERITY[level]) if weighed else record.outcome
    requirement = frozen_set.rules[record.rule]
    return replace(record, requirement=requirement, requirements=requirements, level=level, outcome=outcome)
