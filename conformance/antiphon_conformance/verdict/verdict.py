"""The verdict over all records of a run: conformant or not, and the exit status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import IntEnum

from antiphon_conformance.verdict.baseline import Baseline, Entry
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.profile import Weight
from antiphon_spec.requirement import Kind


class Exit(IntEnum):
    """The exit status of `check`, `lint` and the test suite."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    NOT_JUDGED = 2
    USAGE = 3


TITLES = {
    Exit.CONFORMANT: "conformant",
    Exit.NOT_CONFORMANT: "not conformant",
    Exit.NOT_JUDGED: "not judged",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a whole run in one dialect, or in several."""

    status: Exit
    counts: Mapping[Outcome, int]
    failures: tuple[Record, ...]
    """The failures that the baseline does not excuse."""
    excuses: tuple[tuple[Record, str], ...] = ()
    """The failures that the baseline excuses, with its reasons."""
    stale: tuple[Entry, ...] = ()
    why: str = ""
    """Why the target could not be judged."""

    @property
    def title(self) -> str:
        """`conformant`, `not conformant` or `not judged`."""
        return TITLES[self.status]

    @property
    def acceptance(self) -> str:
        """How many failing rules the baseline accepts, and how many of them can break clients."""
        if not self.excuses:
            return ""
        rules = {record.rule for record, _ in self.excuses}
        grave = {record.rule for record, _ in self.excuses if record.kind is Kind.INTEROP}
        harm = f", {len(grave)} of them can break clients" if grave else ""
        return f"the baseline accepts {len(rules)} failing {'rule' if len(rules) == 1 else 'rules'}{harm}"

    @property
    def remark(self) -> str:
        """What stands beside the title in every headline: why, what the baseline accepts, what is stale."""
        count = len(self.stale)
        only = "only " if self.status is Exit.NOT_CONFORMANT and not self.failures else ""
        entries = f"{only}{count} stale baseline {'entry' if count == 1 else 'entries'}" if count else ""
        return "; ".join(filter(None, (self.why, self.acceptance, entries)))


def is_failure(record: Record) -> bool:
    """Whether a record counts against the target: it failed, or what would fail could not be tested."""
    if record.outcome is Outcome.UNTESTABLE:
        return record.weight is Weight.FAIL
    return record.outcome is Outcome.FAILED


def verdict(
    records: Iterable[Record],
    *,
    baseline: Baseline | None = None,
    why: str = "",
    unfinished: str = "",
    selective: bool = False,
) -> Verdict:
    """Sums records up. `why` is set when the target could not be judged, `unfinished` when only a part of
    it was.

    An unfinished run, or one in which a rule of ours broke, can show that a target does not conform, but not
    that it does, nor that an entry is stale. Nor does a `selective` one, which is about some rules only, show
    that an entry is stale.
    """
    all_records = tuple(records)
    entries = baseline or Baseline()
    failing = [record for record in all_records if is_failure(record)]
    excuses = tuple((record, reason) for record in failing if (reason := entries.reason(record)) is not None)
    failures = tuple(record for record in failing if entries.reason(record) is None)
    counts = Counter(record.outcome for record in all_records)
    broken = counts[Outcome.BROKEN]
    stale = () if unfinished or why or broken or selective else entries.stale(all_records)
    if not why and not failures:
        why = f"{broken} of our rules broke" if broken else unfinished
    return Verdict(_status(why, failures, stale), counts, failures, excuses, stale, why)


def _status(why: str, failures: tuple[Record, ...], stale: tuple[Entry, ...]) -> Exit:
    if why:
        return Exit.NOT_JUDGED
    return Exit.NOT_CONFORMANT if failures or stale else Exit.CONFORMANT
