"""One rule on the subjects that it applies to: what it finds, and why it finds nothing."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from typing import Any, NamedTuple

from antiphon_conformance.http.exchange import BlockedError, Exchange, MissingStepError, NoEvidenceError, Part
from antiphon_conformance.http.placeholder import is_placeholder
from antiphon_conformance.http.sse import MOST_EVENTS
from antiphon_conformance.http.text import safe
from antiphon_conformance.http.turns import missing_parts
from antiphon_conformance.rules.reading.place import at_nearest
from antiphon_conformance.rules.rule import Check, Condition, Finding, Rule
from antiphon_conformance.rules.views import AnyReply
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.profile import Profile
from antiphon_spec.requirement import Requirement

MOST_FINDINGS = 20
"""How many findings of one rule about one exchange are kept: a broken stream can fail at every event."""
ENOUGH = 500
"""After so many findings about one exchange a rule is asked no more about it: nobody learns anything."""


LIMITED = f"we read {MOST_EVENTS} events of a stream and no more (--max-events)"


@dataclass(slots=True)
class Result:
    """The result of one rule in one scenario."""

    findings: list[Finding] = field(default_factory=list)
    missing: str = ""
    no_evidence: str = ""
    """Why an exchange proves nothing, and whose fault that is: ours."""
    blocked: str = ""
    """The fault that left the rule without a subject, and which rule reports it."""
    crash: str = ""
    applies: bool = False
    not_recorded: frozenset[Part] = frozenset()
    """What the rule reads and the recorder lost, where the rule would have applied."""
    counts: Counter[str] = field(default_factory=Counter)
    """How many findings there are about the parts of each exchange, with those that are not kept."""

    def has_enough(self, view: Any) -> bool:
        """Whether there is so much about the exchange of a view that nobody need look any further."""
        return bool(self.counts) and isinstance(view, AnyReply) and self.counts[view.exchange.id] >= ENOUGH

    @property
    def rest(self) -> str:
        """How many findings are not kept, in words; empty when all are."""
        rest = sum(max(0, count - MOST_FINDINGS) for count in self.counts.values())
        if not rest:
            return ""
        least = "at least " if max(self.counts.values()) >= ENOUGH else ""
        return f"{least}{rest} more {'findings are' if rest > 1 else 'finding is'} counted, not listed"


CLEAN = Result(applies=True)
"""The result of a rule that applied and found nothing. Most rules share it."""
Results = dict["RuleRun", Result]
"""What the rules found in one scenario: the results of those that applied, or that something kept from it."""


@dataclass(frozen=True, slots=True, eq=False)
class RuleRun:
    """One rule, the requirements that it cites in this dialect, and the profile."""

    rule: Rule
    requirement: Requirement
    requirements: tuple[str, ...]
    profile: Profile

    def leave(self, results: Results, gaps: frozenset[Part]) -> None:
        """Notes that the recorder lost what the rule needs."""
        self._result(results).not_recorded |= gaps

    def note(self, results: Results, error: Exception) -> None:
        """Notes what kept the rule from judging a subject."""
        result = self._result(results)
        match error:
            case NoEvidenceError():
                result.no_evidence = safe(str(error))
            case BlockedError():
                result.blocked = safe(str(error))
            case MissingStepError():
                result.missing = safe(str(error))
            case _:  # whatever a rule raises is our bug, never the target's
                result.crash = _last_line(error)

    def report(
        self, results: Results, findings: Sequence[Finding], view: Any, exchanges: Mapping[str, Exchange]
    ) -> bool:
        """Notes what the rule found in a subject. Returns whether the server is to blame for it: what a
        recorder wrote in place of a value is no fault."""
        has_gaps = isinstance(view, AnyReply) and bool(view.exchange.not_recorded)
        if has_gaps and any(map(_is_about_placeholder, findings)):
            self.leave(results, frozenset({Part.TEXTS}))
            return False
        result, room = self._result(results), MOST_FINDINGS
        if isinstance(view, AnyReply):
            room = max(0, MOST_FINDINGS - result.counts[view.exchange.id])
            result.counts[view.exchange.id] += len(findings)
        result.findings += (
            _complete(finding, view, exchanges, self.requirement) for finding in findings[:room]
        )
        return True

    def _result(self, results: Results) -> Result:
        """The result of the rule that can be written to: the shared clean one is replaced."""
        result = results.get(self)
        if result is None or result is CLEAN:
            result = results[self] = Result(applies=result is CLEAN)
        return result

    def record(
        self,
        dialect: Dialect,
        scenario: str,
        outcome: Outcome,
        note: str = "",
        findings: Iterable[Finding] = (),
    ) -> Record:
        """The record of one scenario."""
        rule, requirement = self.rule.id, self.requirement
        return Record(
            rule,
            requirement.id,
            self.requirements,
            requirement.authority,
            dialect.name,
            scenario,
            outcome,
            tuple(findings),
            note,
            requirement.kind,
            self.profile.weigh(requirement),
            self.profile.name,
        )


class Evidence(NamedTuple):
    """What of an exchange is there to be judged."""

    gaps: frozenset[Part] = frozenset()
    """What its recorder lost or changed."""
    absent: frozenset[Part] = frozenset()
    """What every answer over HTTP has, and a turn over WebSocket has not."""
    is_limited: bool = False
    """Whether we read only the beginning of its stream."""


def evidence_of(exchange: Exchange) -> Evidence:
    """What of an exchange is there to be judged."""
    stream = exchange.reply.stream if exchange.reply is not None else None
    absent = missing_parts(exchange) if exchange.is_turn else frozenset[Part]()
    return Evidence(exchange.not_recorded, absent, stream is not None and stream.limited)


class Candidate(NamedTuple):
    """A rule that may apply to subjects of one kind."""

    run: RuleRun
    check: Check
    gaps: frozenset[Part]
    """What the rule reads and the recorder lost."""
    lacks_end: bool
    """Whether it reads the end of a stream of which we read only the beginning."""


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The rules that share what the engine asks once about a subject."""

    scope: Condition | None
    """Where it does not hold, none of them applies."""
    quiet: Condition | None
    """Where it holds, none of them finds anything."""
    always: list[Candidate] = field(default_factory=list)
    """Those that apply to every subject."""
    conditional: dict[Condition, list[Candidate]] = field(default_factory=dict)
    """Those that apply where a condition holds, which is asked once for all that share it."""

    @property
    def candidates(self) -> Sequence[Candidate]:
        """All of them."""
        return [*self.always, *(candidate for group in self.conditional.values() for candidate in group)]


Selection = Sequence[RuleTable]
"""The rules that may apply to a subject, by the conditions that those of one table share."""


def select(runs: Iterable[RuleRun], evidence: Evidence) -> Selection:
    """The rules that may apply to a subject: those that read what the exchange has by its nature."""
    tables: dict[tuple[Condition | None, Condition | None], RuleTable] = {}
    for run in runs:
        rule = run.rule
        if rule.reads.isdisjoint(evidence.absent):
            table = tables.setdefault((rule.scope, rule.quiet), RuleTable(rule.scope, rule.quiet))
            lacks_end = evidence.is_limited and Part.BODY_END in rule.reads
            candidate = Candidate(run, rule.check, evidence.gaps & rule.reads, lacks_end)
            if rule.when is None:
                table.always.append(candidate)
            else:
                table.conditional.setdefault(rule.when, []).append(candidate)
    return tuple(tables.values())


def evaluate(selection: Selection, view: Any, results: Results, exchanges: Mapping[str, Exchange]) -> bool:
    """Runs rules on one subject, and adds to the results. Returns whether none found a fault."""
    is_clean = True
    for table in selection:
        applying, are_all_asked = _applying(table, view, results)
        is_clean &= are_all_asked
        is_quiet = bool(applying) and table.quiet is not None and _holds(table.quiet, view)
        for run, check, gaps, lacks_end in applying:
            try:
                if gaps:
                    run.leave(results, gaps)
                    continue
                result = results.get(run)
                if result is not None and result is not CLEAN and result.has_enough(view):
                    is_clean = False
                    continue
                if lacks_end:
                    raise NoEvidenceError(view.exchange.failure or LIMITED)
                search = iter(()) if is_quiet else iter(check(view))
                if (first := next(search, None)) is None:  # as nearly always
                    if result is None:
                        results[run] = CLEAN
                    elif result is not CLEAN:
                        result.applies = True
                    continue
                findings = [first, *islice(search, MOST_FINDINGS - 1)]
            except Exception as error:  # whatever a rule raises is our bug, never the target's
                is_clean = False
                run.note(results, error)
            else:
                if run.report(results, findings, view, exchanges):
                    is_clean = False
    return is_clean


def _applying(table: RuleTable, view: Any, results: Results) -> tuple[Sequence[Candidate], bool]:
    """The rules of a table that apply to a subject, and whether no question about that raised."""
    try:
        if table.scope is not None and not table.scope(view):
            return (), True
    except Exception as error:  # as above
        for candidate in table.candidates:
            candidate.run.note(results, error)
        return (), False
    conditional = table.conditional.items()
    try:  # nearly always none raises: a list is made in half the time of a loop that catches for each
        return [*table.always, *[entry for when, group in conditional if when(view) for entry in group]], True
    except Exception:
        return _applying_one_by_one(table, view, results), False


def _applying_one_by_one(table: RuleTable, view: Any, results: Results) -> Sequence[Candidate]:
    """The same where a question raises: it is noted for its rules, and the others are judged."""
    applying = [*table.always]
    for when, group in table.conditional.items():
        try:
            if when(view):
                applying += group
        except Exception as error:  # as above
            for candidate in group:
                candidate.run.note(results, error)
    return applying


def _holds(quiet: Condition, view: Any) -> bool:
    """Whether there is nothing to find. Where the question raises, each check raises itself, and is named."""
    try:
        return quiet(view)
    except Exception:
        return False


def _is_about_placeholder(finding: Finding) -> bool:
    """Whether the value that a finding complains about is a recorder's and not the server's."""
    return is_placeholder(finding.actual.strip("\"'"))


def _complete(
    finding: Finding, view: Any, exchanges: Mapping[str, Exchange], requirement: Requirement
) -> Finding:
    """The finding with the id of its exchange and whether the model may be to blame, safe to print even if a
    hostile server chose the names of members.

    A rule over an episode names a step, in `exchange` or before a dot.
    """
    where, identity = finding.where, finding.exchange
    if isinstance(view, AnyReply):
        identity = view.exchange.id
    elif identity in exchanges:
        identity = exchanges[identity].id
    else:
        step, dot, rest = where.partition(".")
        if not identity and dot and step in exchanges:
            where, identity = rest, exchanges[step].id
    expected, actual = finding.expected, finding.actual
    exchange = view.exchange if isinstance(view, AnyReply) else _with_id(exchanges, identity)
    if exchange is not None:
        where, expected, actual = at_nearest(replace(finding, where=where), exchange)
    return Finding(
        safe(where),
        safe(expected),
        safe(actual),
        identity,
        finding.newer,
        requirement.model,
    )


def _with_id(exchanges: Mapping[str, Exchange], identity: str) -> Exchange | None:
    return next((exchange for exchange in exchanges.values() if exchange.id == identity), None)


def _last_line(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    file = last.filename.replace("\\", "/").rpartition("/")[2]
    return safe(f"{type(error).__name__}: {error} ({file}:{last.lineno})")
