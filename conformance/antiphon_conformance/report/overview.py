"""What a report says of one dialect, in the order in which a reader needs it: every renderer shows this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.answers import NEEDS, NO_STREAM, Answer, answers
from antiphon_conformance.report.capability import (
    BROKEN,
    FLAWED,
    STATES,
    WORKS,
    Capability,
    capabilities,
)
from antiphon_conformance.report.causes import Cause, causes
from antiphon_conformance.report.families import BLOCKED, UNTRUE
from antiphon_conformance.report.features import (
    FAILING,
    IGNORED,
    LACKING,
    REJECTIONS,
    UNREADABLE,
    UNSEEN,
)
from antiphon_conformance.report.groups import TRIED
from antiphon_conformance.report.harm import (
    Breakage,
    breakages,
    breakages_without_streams,
    by_harm,
    clients_of,
    faults_of,
    worst_place_first,
)
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.reproduce import finding_command
from antiphon_conformance.report.sorts import STREAM
from antiphon_conformance.report.titles import extent_of, plural, title_of
from antiphon_conformance.rules.rule import find_rule
from antiphon_conformance.verdict.flakiness import flapping
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.verdict import Exit, Verdict, is_failure
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.requirement import Kind

LENIENT = frozenset({"leniency", "rejection"})
HABITS = "vendor habit"
BLANK = frozenset({LACKING, UNSEEN, FAILING, UNREADABLE})
"""The states of the features of a target of which nothing was seen."""
COUNTED = (Outcome.BROKEN, Outcome.FAILED, Outcome.UNTESTABLE, Outcome.WARNED)
"""The outcomes of causes that a maintainer should mend."""


@dataclass(frozen=True)
class Fault:
    """One cause with the clients that break by it."""

    number: int
    """Its place in the list, from 1."""
    cause: Cause
    breaks: tuple[Breakage, ...]
    fails: bool
    """Whether it fails the run."""
    accepted: str = ""
    """Why the baseline accepts it; empty when it does not, or not all of it."""
    detail: str = ""
    """The member or the rule that tells it from a fault of the same title; empty when no other has it."""

    @property
    def title(self) -> str:
        """What is wrong, in one sentence."""
        title = title_of(self.cause)
        return f"{title}: {self.detail}" if self.detail else title

    @property
    def clients(self) -> str:
        """The clients that break and where, those that break alike together; empty without any."""
        return clients_of(self.breaks)

    @property
    def harm(self) -> str:
        """What a breach does: the clients that break, or the kind of fault."""
        if self.breaks:
            count = len(self.breaks)
            at_times = " at some answers" if all(row.is_partial for row in self.breaks) else ""
            return f"{plural(count, 'client')} {'breaks' if count == 1 else 'break'}{at_times}"
        if self.cause.family is BLOCKED:
            return "nothing could be seen"
        if self.cause.family.name == "server error":
            return "clients repeat what cannot succeed"
        if UNTRUE.intersection(self.cause.rules):
            return "what is cut or failed passes for whole"
        words = {
            Kind.INTEROP: "clients may misread it",
            Kind.CONTRACT: "a promise is not kept",
            Kind.STRICTNESS: "too lenient",
            Kind.VENDOR: "a vendor's habit",
        }
        return words[self.cause.record.kind]


@dataclass(frozen=True)
class Overview:
    """The results of one dialect, ordered and grouped."""

    report: Report
    name: str

    @cached_property
    def dialect(self) -> Dialect:
        """The dialect."""
        return dialects.load(self.name)

    @property
    def verdict(self) -> Verdict:
        """Whether the run passes."""
        return self.report.verdicts[self.name]

    @property
    def profile(self) -> str:
        """The name of the profile that decided."""
        return self.report.profile(self.name).name

    @cached_property
    def records(self) -> list[Record]:
        """The records of the dialect, worst first."""
        return self.report.of(self.name)

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """What to mend: what breaks clients first, then what does not do what it promises; what the baseline
        accepts comes last. Lenience and the habits of a vendor have blocks of their own."""
        rows = [
            cause
            for cause in self.all_causes
            if cause.outcome in COUNTED and cause.family.name not in (*LENIENT, HABITS)
        ]
        faults = sorted(self._faults(rows), key=lambda fault: bool(fault.accepted))
        return tuple(replace(fault, number=number) for number, fault in enumerate(faults, 1))

    @cached_property
    def lenient(self) -> tuple[Fault, ...]:
        """The wrong requests that are accepted, or rejected in another way than documented."""
        return self._faults([cause for cause in self.all_causes if cause.family.name in LENIENT])

    @cached_property
    def habits(self) -> tuple[Fault, ...]:
        """The habits of the vendor that the server lacks."""
        return self._faults([cause for cause in self.all_causes if cause.family.name == HABITS])

    @cached_property
    def notes(self) -> tuple[Fault, ...]:
        """What weighs little in the profile, or is newer than our document."""
        own = [
            cause
            for cause in self.all_causes
            if cause.outcome is Outcome.NOTED and cause.family.name not in (*LENIENT, HABITS)
        ]
        return self._faults(own)

    @cached_property
    def is_blank(self) -> bool:
        """Whether nothing of the API was seen at all: then the verdict says why, and nothing is to mend."""
        rows = self.report.features.get(self.name, ())
        states = {row.state for row in rows if row.name not in REJECTIONS}
        has_crash = any(record.outcome is Outcome.BROKEN for record in self.records)
        return self.verdict.status is Exit.NOT_JUDGED and not has_crash and states <= BLANK

    @cached_property
    def all_causes(self) -> list[Cause]:
        """Every cause, by harm."""
        return by_harm(self._causes, self._breaks, int(self.report.metadata.get("requests") or 0))

    @cached_property
    def _causes(self) -> list[Cause]:
        rows = [] if self.is_blank else causes(self.records, self.report.operations)
        return [worst_place_first(cause, self.name, self.report.kinds_of_answers) for cause in rows]

    @cached_property
    def _breaks(self) -> dict[int, tuple[Breakage, ...]]:
        """The clients that break by each cause, by its identity."""
        rows = self.report.features.get(self.name, ())
        shown = {row.name for row in rows if row.has_effect}
        working = {name for name, need in NEEDS.items() if need in shown}
        lacking = {row.name for row in rows if row.state == LACKING}
        absent = {name for name, need in NEEDS.items() if need in lacking}
        sorts = self.report.kinds_of_answers
        has_streams = all(row.state not in NO_STREAM for row in rows if row.name == "stream")
        return {
            id(cause): breakages_without_streams(self.name)
            if cause.family.name == "no stream" and not has_streams
            else breakages(faults_of(cause), self.name, working, sorts, absent)
            for cause in self._causes
        }

    @cached_property
    def answers(self) -> list[Answer]:
        """For each well-known client, whether it works, feature by feature; none where nothing was seen."""
        if self.is_blank:
            return []
        rows = self.report.features.get(self.name, ())
        return answers(self.records, self.name, rows, self.report.kinds_of_answers)

    @cached_property
    def capabilities(self) -> tuple[Capability, ...]:
        """Every feature of the dialect, and whether it works; none where nothing was seen."""
        if self.is_blank:
            return ()
        counted = [fault.cause for fault in self.faults]
        return capabilities(self.report.features.get(self.name, ()), counted, self.answers)

    @property
    def states(self) -> list[tuple[str, list[Capability]]]:
        """The features by state, without the states of none."""
        groups = [(state, [row for row in self.capabilities if row.state == state]) for state in STATES]
        return [(state, rows) for state, rows in groups if rows]

    def remark(self, row: Capability) -> str:
        """What stands behind the name of a feature: why it is broken or has faults, or how a run would show
        it."""
        if row.state in (BROKEN, FLAWED):
            fault = next((fault for fault in self.faults if fault.cause is row.cause), None)
            words = fault.accepted and "accepted by the baseline" if fault else row.why
            return words or (f"cause {fault.number}" if fault else "")
        return "" if "files" in self.report.metadata else row.hint

    @property
    def unseen_records(self) -> list[Record]:
        """The records of rules that saw nothing to judge, without those whose cause is known."""
        if self.is_blank:
            return []
        hidden = {record.rule for cause in self.all_causes for record in cause.hides}
        seen = {record.rule for record in self.records if record.outcome in TRIED}
        seen |= {record.rule for record in flapping(self.records)}
        return [
            record
            for record in self.records
            if record.outcome is Outcome.INCONCLUSIVE and record.rule not in hidden | seen
        ]

    @property
    def answer(self) -> str:
        """The answer, in one line: what works, what does not, and how it was judged."""
        if self.verdict.status is Exit.NOT_JUDGED:
            return f"not judged: {safe(self.verdict.why)}"
        if self.is_part:
            return f"only a part was judged: {self.verdict.title}"
        words = (
            (WORKS, "works for"),
            (FLAWED, "works, with faults"),
            (BROKEN, "broken"),
            (IGNORED, "ignored"),
        )
        rows = [(word, self._names(state)) for state, word in (*words, (LACKING, "not offered"))]
        parts = [f"{word}: {', '.join(names)}" for word, names in rows if names]
        return "; ".join(parts) or self.verdict.title

    def _names(self, state: str) -> tuple[str, ...]:
        return tuple(row.name for row in self.capabilities if row.state == state)

    @property
    def headline(self) -> str:
        """The verdict with its counts, and what the baseline hides."""
        verdict = self.verdict
        if verdict.status is Exit.NOT_JUDGED:
            return f"not judged ({safe(verdict.why)})"
        failing = sum(fault.fails for fault in (*self.faults, *self.lenient, *self.habits))
        warned = sum(not fault.fails and not fault.accepted for fault in self.faults)
        parts = [f"{plural(failing, 'cause')} to mend"] if failing else []
        parts += [plural(warned, "warning")] if warned else []
        flaps = len(flapping(self.records))
        if flaps:
            parts.append(f"{plural(flaps, 'verdict')} {'differs' if flaps == 1 else 'differ'} between runs")
        parts += [self.acceptance] if self.acceptance else []
        parts += (
            [f"{plural(len(verdict.stale), 'stale baseline entry', 'stale baseline entries')}"]
            if verdict.stale
            else []
        )
        title = verdict.title + (self.sample if verdict.status is Exit.CONFORMANT else "")
        return f"{title}: {', '.join(parts)}" if parts else title

    @property
    def sample(self) -> str:
        """On what a verdict rests that is about recorded traffic, of which others chose the requests:
        ` in 18 recorded exchanges`; empty for a run of ours, which asks for all that it judges."""
        count = int(self.report.metadata.get("requests") or 0)
        return f" in {plural(count, 'recorded exchange')}" if "files" in self.report.metadata else ""

    @property
    def acceptance(self) -> str:
        """How many failures the baseline accepts, and how many of them can break clients."""
        return self.verdict.acceptance

    def extent(self, fault: Fault) -> str:
        """How much of the run shows a fault."""
        _, streams = self.report.kinds_of_answers.counts.get(STREAM, (0, 0))
        return extent_of(fault.cause, streams)

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What to do next: the cause to mend first, the command that checks it alone, the page that explains
        it. Empty when nothing is to mend."""
        first = next((fault for fault in (*self.faults, *self.lenient) if not fault.accepted), None)
        if first is None:
            return ()
        record = first.cause.record
        return (
            f"mend first: {first.title}",
            f"check it: {self.check_command(record)}",
            f"read on: antiphon explain {record.rule}",
        )

    def check_command(self, record: Record) -> str:
        """The command that looks at one rule again."""
        return safe(finding_command(self.report, self.name, record)) if find_rule(record.rule) else ""

    @property
    def is_part(self) -> bool:
        """Whether the run judged only some rules or conversations, which says nothing about the whole."""
        return any(self.report.metadata.get(key) for key in ("rules", "scenarios"))

    def _faults(self, rows: Iterable[Cause]) -> tuple[Fault, ...]:
        failing = {id(record) for record in self.verdict.failures}
        reasons = {id(record): reason for record, reason in self.verdict.excuses}
        faults: list[Fault] = []
        for cause in rows:
            own = [record for record in cause.records if is_failure(record)]
            fails = any(id(record) in failing for record in own)
            reason = next((reasons[id(record)] for record in own if id(record) in reasons), "")
            breaks = self._breaks.get(id(cause), ())
            crash = cause.outcome is Outcome.BROKEN
            faults.append(Fault(len(faults) + 1, cause, breaks, fails or crash, "" if fails else reason))
        return _told_apart(faults)


def _told_apart(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults of one title name the member that each is about, and those of one member the rule."""
    rows = tuple(faults)
    for detail in (_member_of, lambda fault: f"`{fault.cause.record.rule}`"):
        titles = Counter(fault.title for fault in rows)
        rows = tuple(
            replace(fault, detail=detail(fault)) if titles[fault.title] > 1 else fault for fault in rows
        )
    return rows


def _member_of(fault: Fault) -> str:
    look = fault.cause.first.look
    return f"`{safe(look.place.dotted, 60)}`" if look and look.place.member else ""


def overviews(report: Report) -> list[Overview]:
    """The overview of each dialect, in the order of the command line."""
    return [Overview(report, name) for name in report.verdicts]
