"""The engine: rules and exchanges in, records out. It knows no network and no particular rule.

`judge` reads the episodes of a run, and accounts for rules that applied nowhere; `lint` reads loose
exchanges, and only reports findings.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

import orjson

from antiphon_conformance.http.exchange import BUSY, UNROUTED, Exchange, NoEvidenceError, Part, Trace
from antiphon_conformance.recordings.jobs import each as in_processes
from antiphon_conformance.recordings.jobs import split
from antiphon_conformance.recordings.unjudged import unjudged_record, why_unjudged
from antiphon_conformance.requests.location import locate
from antiphon_conformance.requests.offer import without_offer
from antiphon_conformance.requests.own_ids import with_own_ids
from antiphon_conformance.requests.validity import has_unknown
from antiphon_conformance.rules.rule import EVERY, Rule, rules_for
from antiphon_conformance.rules.views import (
    INVALID,
    AnyReply,
    Item,
    ResponseObject,
    ScenarioTrace,
    views,
)
from antiphon_conformance.verdict.no_verdict import probe_of, why_missing, why_not_applied
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.rule_run import (
    CLEAN,
    MOST_FINDINGS,
    Evidence,
    Result,
    Results,
    RuleRun,
    Selection,
    evaluate,
    evidence_of,
    select,
)
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.profile import Profile, load_profile

LONGEST = 60.0
"""Seconds of the processor in which one answer is judged; the usual is a thousandth of a second."""
TOO_LONG = f"we judge an answer for {LONGEST:g} seconds of the processor, no more"
MOST_PARTS: Mapping[type, tuple[int, str]] = {
    Item: (5000, "output items"),
    ResponseObject: (200, "different response objects"),
}
"""How many parts of one answer are judged, by kind: a client has long lost patience by then."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """The rules of one dialect, by the kind of subject that they look at."""

    dialect: Dialect
    runs: Sequence[RuleRun]
    by_subject: Mapping[type, Sequence[RuleRun]]
    selections: dict[tuple[type, Evidence], Selection] = field(default_factory=dict)
    """The rules that may apply, by subject and by what is there to be judged: most exchanges share them."""

    def rules_of(self, view: type, evidence: Evidence) -> Selection:
        """The rules that may apply to a view of an exchange."""
        key = view, evidence
        if key not in self.selections:
            self.selections[key] = select(self.by_subject.get(view, ()), evidence)
        return self.selections[key]


def judge(
    traces: Iterable[Trace],
    dialect: Dialect,
    rules: Mapping[str, Rule] | None = None,
    profile: Profile | None = None,
) -> list[Record]:
    """One record for each rule and each scenario in which it applied; for other rules, one with the reason.

    Without `rules` they are those that the profile judges; without `profile` it is `compatible`.
    """
    copies = without_offer([_locate_trace(trace, dialect) for trace in with_own_ids([*traces])], dialect)
    panel = _panel(dialect, rules, profile)
    by_scenario = {trace.scenario: trace for trace in copies}
    found: dict[str, Results] = {}
    for trace in copies:
        results = found.setdefault(trace.scenario, {})
        for exchange in trace.exchanges.values():
            _evaluate_exchange(panel, exchange, results, on_purpose=True)
        runs = panel.by_subject.get(ScenarioTrace, ())
        selection = select([run for run in runs if run.rule.scenario in (trace.scenario, EVERY)], Evidence())
        evaluate(selection, ScenarioTrace(trace, dialect, by_scenario), results, trace.exchanges)
    return [record for run in panel.runs for record in _records(run, dialect, copies, found)]


def lint(
    exchanges: Iterable[Exchange],
    dialect: Dialect,
    rules: Mapping[str, Rule] | None = None,
    profile: Profile | None = None,
    jobs: int = 1,
) -> list[Record]:
    """One record for each rule and each exchange with findings, and one for all exchanges without.

    An exchange that no rule can judge has one record of its own, `unjudged` with the reason.
    Rules over episodes need more than loose exchanges, so they do not run. `jobs` is how many processes may
    share the work.
    """
    panel = _panel(dialect, rules, profile)
    parts = in_processes(partial(_lint, panel), split(tuple(exchanges), jobs))
    records = [
        record
        for run, *sums in zip(panel.runs, *(sums for sums, _ in parts), strict=True)
        for record in _lint_records(run, dialect, sums)
    ]
    return records + [record for _, aside in parts for record in aside]


@dataclass(slots=True)
class _Sum:
    """What one rule found in a part of the exchanges."""

    faults: dict[str, Result] = field(default_factory=dict)
    """The results with findings, those of rules that raised, and of rules that our limits cut short, by
    exchange."""
    clean: int = 0
    """In how many exchanges it found nothing."""
    losses: int = 0
    """In how many the recorder lost what it reads."""
    gaps: frozenset[Part] = frozenset()
    """What the recorder lost in these."""

    def add(self, identity: str, result: Result) -> None:
        """Adds the result of one exchange."""
        if result.findings or result.crash or result.no_evidence:
            self.faults[identity] = result
        elif result.applies:
            self.clean += 1
        elif result.not_recorded:
            self.losses, self.gaps = self.losses + 1, self.gaps | result.not_recorded


def _lint(panel: _Panel, exchanges: Iterable[Exchange]) -> tuple[list[_Sum], list[Record]]:
    """What each rule found in these exchanges, and the records of those that no rule can judge."""
    dialect, aside = panel.dialect, list[Record]()
    by_id: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        by_id.setdefault(exchange.id, []).append(exchange)
    sums, clean = {run: _Sum() for run in panel.runs}, Counter[RuleRun]()
    for identity, group in by_id.items():
        results: Results = {}
        for exchange in group:
            copy = locate(exchange, dialect)
            why = why_unjudged(copy, dialect)
            if why:
                aside.append(unjudged_record(copy, dialect, why))
            else:
                _evaluate_exchange(panel, copy, results)
        clean.update([run for run, result in results.items() if result is CLEAN])  # as nearly all are
        for run, result in results.items():
            if result is not CLEAN:
                sums[run].add(identity, result)
    for run, count in clean.items():
        sums[run].clean += count
    return list(sums.values()), aside


def _panel(dialect: Dialect, rules: Mapping[str, Rule] | None, profile: Profile | None) -> _Panel:
    profile = profile or load_profile()
    selection = rules_for(dialect, profile) if rules is None else rules
    runs = [_rule_run(rule, dialect, profile) for rule in selection.values()]
    by_subject: dict[type, list[RuleRun]] = {}
    for run in runs:
        by_subject.setdefault(run.rule.view, []).append(run)
    return _Panel(dialect, runs, by_subject)


def _rule_run(rule: Rule, dialect: Dialect, profile: Profile) -> RuleRun:
    rows = rule.requirements(dialect)
    heaviest = rule.requirement(dialect, profile) or next(iter(rows), None)
    if heaviest is None:
        raise ValueError(f"rule {rule.id} cites nothing that holds in {dialect.name}")
    return RuleRun(rule, heaviest, tuple(row.id for row in rows), profile)


def _evaluate_exchange(
    panel: _Panel, exchange: Exchange, results: Results, *, on_purpose: bool = False
) -> None:
    """Runs the rules on an exchange, and adds to the results of its scenario.

    A request that is wrong `on_purpose` tests only whether the server rejects it: when the server accepts it,
    the content of the answer is a consequence and is not judged.

    A stream repeats its response in most lifecycle events: once a response is clean, an equal one is, too;
    and after so many equal ones with the same faults nobody learns anything."""
    exchanges, evidence = {exchange.id: exchange}, evidence_of(exchange)
    start, late = time.thread_time(), set[type]()
    tries: defaultdict[bytes, int] = defaultdict(int)
    parts: defaultdict[type, int] = defaultdict(int)
    only_status = on_purpose and exchange.ok and _is_wrong(exchange, panel.dialect)
    panel_views = (AnyReply(exchange, panel.dialect),) if only_status else views(exchange, panel.dialect)
    for view in panel_views:
        content = _repeatable(view)
        if content is not None and tries[content] >= MOST_FINDINGS:
            continue
        kind = type(view)
        selection = panel.rules_of(kind, evidence)
        if time.thread_time() - start > LONGEST:
            if kind not in late:
                late.add(kind)
                _leave_off(selection, results, NoEvidenceError(TOO_LONG))
            continue
        most, words = MOST_PARTS.get(kind, (parts[kind] + 1, ""))
        parts[kind] += 1
        if parts[kind] == most + 1:
            _leave_off(selection, results, NoEvidenceError(f"we judge {most} {words} of an answer, no more"))
        if parts[kind] > most:
            continue
        is_clean = evaluate(selection, view, results, exchanges)
        if content is not None:
            tries[content] += MOST_FINDINGS if is_clean else 1


def _leave_off(selection: Selection, results: Results, why: NoEvidenceError) -> None:
    """Notes that the rules judged only the first parts of an answer."""
    for table in selection:
        for candidate in table.candidates:
            candidate.run.note(results, why)


def _is_wrong(exchange: Exchange, dialect: Dialect) -> bool:
    operation, body = exchange.operation, exchange.request.body
    unknown = operation is not None and body is not None and has_unknown(dialect, operation, body)
    return unknown or INVALID in exchange.traits


def _repeatable(view: AnyReply) -> bytes | None:
    """The bytes of a response object that a stream can repeat; None for any other subject."""
    if not isinstance(view, ResponseObject) or view.kind == "body":
        return None
    try:
        return orjson.dumps(view.object)
    except orjson.JSONEncodeError:  # integers beyond 64 bits
        return None


def _locate_trace(trace: Trace, dialect: Dialect) -> Trace:
    """The trace with the operations of its exchanges, without those that say only that the target is busy, or
    that it answers any path."""
    steps = {
        name: locate(exchange, dialect)
        for name, exchange in trace.exchanges.items()
        if not exchange.traits & {BUSY, UNROUTED}
    }
    return replace(trace, exchanges=steps)


def _records(
    run: RuleRun, dialect: Dialect, traces: Sequence[Trace], found: Mapping[str, Results]
) -> Iterator[Record]:
    own = {scenario: results[run] for scenario, results in found.items() if run in results}
    if not own:
        reason = why_not_applied(run.rule, traces, dialect)
        yield run.record(dialect, run.rule.scenario or "", *reason)
    by_scenario = {trace.scenario: trace for trace in traces}
    for scenario, result in own.items():
        yield _record(run, dialect, scenario, result, by_scenario.get(scenario))


def _record(
    run: RuleRun, dialect: Dialect, scenario: str, result: Result, trace: Trace | None = None
) -> Record:
    if result.crash:
        return run.record(dialect, scenario, Outcome.BROKEN, result.crash, result.findings)
    if result.findings:
        if trace is not None and _is_all_about_the_probe(result, trace, dialect):
            return run.record(dialect, scenario, *why_missing(trace, ""))
        outcome = Outcome.of_findings(result.findings, run.profile.weigh(run.requirement))
        return run.record(dialect, scenario, outcome, result.rest, result.findings)
    if result.no_evidence:
        return run.record(dialect, scenario, Outcome.INCONCLUSIVE, result.no_evidence)
    if result.blocked:
        return run.record(dialect, scenario, Outcome.UNTESTABLE, result.blocked)
    if result.missing:
        return run.record(dialect, scenario, *why_missing(trace, result.missing))
    if result.not_recorded and not result.applies:
        return run.record(dialect, scenario, Outcome.INCONCLUSIVE, _lost(result.not_recorded))
    return run.record(dialect, scenario, Outcome.PASSED)


def _is_all_about_the_probe(result: Result, trace: Trace, dialect: Dialect) -> bool:
    """Whether every finding is about the error that showed that the target lacks an optional feature."""
    probe = probe_of(trace, dialect) if trace.missing_feature else None
    return probe is not None and all(finding.exchange == probe.id for finding in result.findings)


def _lint_records(run: RuleRun, dialect: Dialect, sums: Sequence[_Sum]) -> Iterator[Record]:
    for part in sums:
        for identity, result in part.faults.items():
            yield _record(run, dialect, identity, result)
    clean = sum(part.clean for part in sums)
    losses = sum(part.losses for part in sums)
    notes = [f"nothing found in {_count(clean)}"] if clean else []
    if losses:
        gaps = frozenset[Part]().union(*(part.gaps for part in sums))
        notes.append(f"{_lost(gaps)} (in {_count(losses)})")
    if notes:
        outcome = Outcome.PASSED if clean else Outcome.INCONCLUSIVE
        yield run.record(dialect, "", outcome, "; ".join(notes))


def _count(number: int) -> str:
    return "1 exchange" if number == 1 else f"{number} exchanges"


def _lost(parts: frozenset[Part]) -> str:
    """Why a rule did not judge: `not recorded: the ids, the status`."""
    return f"not recorded: {', '.join(sorted(parts))}"
