"""A claim names a frozen set of requirements: records are weighed as they were when it was frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from antiphon_conformance.outcome import Outcome, Record
from antiphon_spec.frozen import Frozen
from antiphon_spec.requirement import SEVERITY

WEIGHED = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.INFORMED})


def claimed(records: Iterable[Record], frozen: Frozen) -> list[Record]:
    """The records of the rules of a frozen set, at the levels of that set."""
    return [_weighed(record, frozen) for record in records if record.rule in frozen.rules]


def _weighed(record: Record, frozen: Frozen) -> Record:
    level = frozen.level(record.rule)
    kept = tuple(one for one in record.requirements if one in frozen.requirements)
    outcome = Outcome.of_findings(SEVERITY[level]) if record.outcome in WEIGHED else record.outcome
    requirement = frozen.rules[record.rule]
    return replace(record, requirement=requirement, requirements=kept, level=level, outcome=outcome)
