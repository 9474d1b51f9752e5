"""The engine: rules and exchanges in, records out. It knows no network and no particular rule.

`judge` reads the episodes of a run, and accounts for rules that applied nowhere; `lint` reads loose
exchanges, and only reports findings.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import orjson

from antiphon_conformance.http.exchange import (
    BUSY,
    UNROUTED,
    BlockedError,
    Exchange,
    MissingStepError,
    NoEvidenceError,
    Part,
    Trace,
)
from antiphon_conformance.http.placeholder import is_placeholder
from antiphon_conformance.http.sse import MOST_EVENTS
from antiphon_conformance.http.text import safe
from antiphon_conformance.http.turns import missing_parts
from antiphon_conformance.recordings.unjudged import unjudged_record, why_unjudged
from antiphon_conformance.requests.location import locate
from antiphon_conformance.requests.validity import has_unknown
from antiphon_conformance.rules.reading.place import at_nearest
from antiphon_conformance.rules.rule import EVERY, Finding, Rule, rules_for
from antiphon_conformance.rules.views import (
    INVALID,
    AnyReply,
    ResponseObject,
    ScenarioTrace,
    views,
)
from antiphon_conformance.verdict.no_verdict import probe_of, why_missing, why_not_applied
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.dialect import Dialect
from antiphon_spec.profile import Profile, load_profile
from antiphon_spec.requirement import Requirement

MOST_FINDINGS = 20
"""How many findings of one rule about one subject are kept: a broken stream can fail at every event."""


LIMITED = f"we read {MOST_EVENTS} events of a stream and no more"


@dataclass(slots=True)
class _Result:
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


_CLEAN = _Result(applies=True)
"""The result of a rule that applied and found nothing. Most rules share it."""


@dataclass(frozen=True, slots=True)
class _RuleRun:
    """One rule, the requirements that it cites in this dialect, the profile, and its results by scenario."""

    rule: Rule
    requirement: Requirement
    requirements: tuple[str, ...]
    profile: Profile
    results: dict[str, _Result] = field(default_factory=dict)

    def evaluate(self, view: Any, scenario: str, exchanges: Mapping[str, Exchange]) -> bool:
        """Runs the rule on one subject. Returns whether it found no fault."""
        when = self.rule.when
        lost = _not_recorded(view)
        try:
            if _is_about_http(self.rule, view) or (when is not None and not when(view)):
                return True
            if lost and lost & self.rule.reads:
                return self._leave(scenario, lost & self.rule.reads)
            if Part.BODY_END in self.rule.reads and _is_limited(view):
                raise NoEvidenceError(view.exchange.failure or LIMITED)
            findings = [*islice(self.rule.check(view), MOST_FINDINGS)]
            if lost and any(map(_is_about_placeholder, findings)):
                return self._leave(scenario, frozenset({Part.TEXTS}))
        except NoEvidenceError as reason:
            self._result(scenario).no_evidence = safe(str(reason))
        except BlockedError as cause:
            self._result(scenario).blocked = safe(str(cause))
        except MissingStepError as missing:
            self._result(scenario).missing = safe(str(missing))
        except Exception as error:  # whatever a rule raises is our bug, never the target's
            self._result(scenario).crash = _last_line(error)
        else:
            if not findings:
                self.results.setdefault(scenario, _CLEAN).applies = True
                return True
            self._result(scenario).findings += (
                _complete(finding, view, exchanges, self.requirement) for finding in findings
            )
        return False

    def _leave(self, scenario: str, lost: frozenset[Part]) -> bool:
        """Notes that the recorder lost what the rule needs. No fault was found."""
        result = self._result(scenario)
        result.not_recorded |= lost
        return True

    def _result(self, scenario: str) -> _Result:
        """The result of a scenario that can be written to: the shared clean one is replaced."""
        result = self.results.get(scenario)
        if result is None or result is _CLEAN:
            result = self.results[scenario] = _Result(applies=result is _CLEAN)
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


@dataclass(frozen=True, slots=True)
class _Panel:
    """The rules of one dialect, by the kind of subject that they look at."""

    dialect: Dialect
    runs: Sequence[_RuleRun]
    by_subject: Mapping[type, Sequence[_RuleRun]]


def judge(
    traces: Iterable[Trace],
    dialect: Dialect,
    rules: Mapping[str, Rule] | None = None,
    profile: Profile | None = None,
) -> list[Record]:
    """One record for each rule and each scenario in which it applied; for other rules, one with the reason.

    Without `rules` they are those that the profile judges; without `profile` it is `compatible`.
    """
    copies = [_locate_trace(trace, dialect) for trace in traces]
    panel = _panel(dialect, rules, profile)
    by_scenario = {trace.scenario: trace for trace in copies}
    for trace in copies:
        for exchange in trace.exchanges.values():
            _evaluate_exchange(panel, exchange, trace.scenario, on_purpose=True)
        view = ScenarioTrace(trace, dialect, by_scenario)
        for run in panel.by_subject.get(ScenarioTrace, ()):
            if run.rule.scenario in (trace.scenario, EVERY):
                run.evaluate(view, trace.scenario, trace.exchanges)
    return [record for run in panel.runs for record in _records(run, dialect, copies)]


def lint(
    exchanges: Iterable[Exchange],
    dialect: Dialect,
    rules: Mapping[str, Rule] | None = None,
    profile: Profile | None = None,
) -> list[Record]:
    """One record for each rule and each exchange with findings, and one for all exchanges without.

    An exchange that no rule can judge has one record of its own, `unjudged` with the reason.
    Rules over episodes need more than loose exchanges, so they do not run.
    """
    panel = _panel(dialect, rules, profile)
    aside: list[Record] = []
    for exchange in exchanges:
        copy = locate(exchange, dialect)
        why = why_unjudged(copy, dialect)
        if why:
            aside.append(unjudged_record(copy, dialect, why))
        else:
            _evaluate_exchange(panel, copy, copy.id)
    return [record for run in panel.runs for record in _lint_records(run, dialect)] + aside


def _panel(dialect: Dialect, rules: Mapping[str, Rule] | None, profile: Profile | None) -> _Panel:
    profile = profile or load_profile()
    selection = rules_for(dialect, profile) if rules is None else rules
    runs = [_rule_run(rule, dialect, profile) for rule in selection.values()]
    by_subject: dict[type, list[_RuleRun]] = {}
    for run in runs:
        by_subject.setdefault(run.rule.view, []).append(run)
    return _Panel(dialect, runs, by_subject)


def _rule_run(rule: Rule, dialect: Dialect, profile: Profile) -> _RuleRun:
    rows = rule.requirements(dialect)
    heaviest = rule.requirement(dialect, profile) or next(iter(rows), None)
    if heaviest is None:
        raise ValueError(f"rule {rule.id} cites nothing that holds in {dialect.name}")
    return _RuleRun(rule, heaviest, tuple(row.id for row in rows), profile)


def _evaluate_exchange(panel: _Panel, exchange: Exchange, scenario: str, *, on_purpose: bool = False) -> None:
    """Runs the rules on an exchange. A request that is wrong `on_purpose` tests only whether the server
    rejects it: when the server accepts it, the content of the answer is a consequence and is not judged.

    A stream repeats its response in most lifecycle events: once a response is clean, an equal one is, too."""
    exchanges = {exchange.id: exchange}
    clean: set[bytes | None] = set()
    only_status = on_purpose and exchange.ok and _is_wrong(exchange, panel.dialect)
    panel_views = (AnyReply(exchange, panel.dialect),) if only_status else views(exchange, panel.dialect)
    for view in panel_views:
        content = _repeatable(view)
        if content in clean:
            continue
        runs = panel.by_subject.get(type(view), ())
        verdicts = [run.evaluate(view, scenario, exchanges) for run in runs]
        if content is not None and all(verdicts):
            clean.add(content)


def _is_wrong(exchange: Exchange, dialect: Dialect) -> bool:
    operation, body = exchange.operation, exchange.request.body
    unknown = operation is not None and body is not None and has_unknown(dialect, operation, body)
    return unknown or INVALID in exchange.traits


def _not_recorded(view: Any) -> frozenset[Part]:
    """What the recorder of a view's exchange lost; rules over a whole trace look for themselves."""
    return view.exchange.not_recorded if isinstance(view, AnyReply) else frozenset()


def _is_about_http(rule: Rule, view: Any) -> bool:
    """Whether a rule reads what a turn over WebSocket does not have, as every answer over HTTP does."""
    return (
        isinstance(view, AnyReply)
        and view.exchange.is_turn
        and bool(rule.reads & missing_parts(view.exchange))
    )


def _is_limited(view: Any) -> bool:
    """Whether we read only the beginning of a stream."""
    stream = view.reply.stream if isinstance(view, AnyReply) else None
    return stream is not None and stream.limited


def _is_about_placeholder(finding: Finding) -> bool:
    """Whether the value that a finding complains about is a recorder's and not the server's."""
    return is_placeholder(finding.actual.strip("\"'"))


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


def _records(run: _RuleRun, dialect: Dialect, traces: Sequence[Trace]) -> Iterator[Record]:
    if not run.results:
        reason = why_not_applied(run.rule, traces, dialect)
        yield run.record(dialect, run.rule.scenario or "", *reason)
    by_scenario = {trace.scenario: trace for trace in traces}
    for scenario, result in run.results.items():
        yield _record(run, dialect, scenario, result, by_scenario.get(scenario))


def _record(
    run: _RuleRun, dialect: Dialect, scenario: str, result: _Result, trace: Trace | None = None
) -> Record:
    if result.crash:
        return run.record(dialect, scenario, Outcome.BROKEN, result.crash, result.findings)
    if result.findings:
        if trace is not None and _is_all_about_the_probe(result, trace, dialect):
            return run.record(dialect, scenario, *why_missing(trace, ""))
        outcome = Outcome.of_findings(result.findings, run.profile.weigh(run.requirement))
        return run.record(dialect, scenario, outcome, "", result.findings)
    if result.no_evidence:
        return run.record(dialect, scenario, Outcome.INCONCLUSIVE, result.no_evidence)
    if result.blocked:
        return run.record(dialect, scenario, Outcome.UNTESTABLE, result.blocked)
    if result.missing:
        return run.record(dialect, scenario, *why_missing(trace, result.missing))
    if result.not_recorded and not result.applies:
        return run.record(dialect, scenario, Outcome.INCONCLUSIVE, _lost(result.not_recorded))
    return run.record(dialect, scenario, Outcome.PASSED)


def _is_all_about_the_probe(result: _Result, trace: Trace, dialect: Dialect) -> bool:
    """Whether every finding is about the error that showed that the target lacks an optional feature."""
    probe = probe_of(trace, dialect) if trace.missing_feature else None
    return probe is not None and all(finding.exchange == probe.id for finding in result.findings)


def _lint_records(run: _RuleRun, dialect: Dialect) -> Iterator[Record]:
    clean, lost, parts = 0, 0, frozenset[Part]()
    for identity, result in run.results.items():
        if result.findings or result.crash:
            yield _record(run, dialect, identity, result)
        elif result.applies:
            clean += 1
        elif result.not_recorded:
            lost, parts = lost + 1, parts | result.not_recorded
    notes = [f"nothing found in {_count(clean)}"] if clean else []
    if lost:
        notes.append(f"{_lost(parts)} (in {_count(lost)})")
    if notes:
        outcome = Outcome.PASSED if clean else Outcome.INCONCLUSIVE
        yield run.record(dialect, "", outcome, "; ".join(notes))


def _count(number: int) -> str:
    return "1 exchange" if number == 1 else f"{number} exchanges"


def _lost(parts: frozenset[Part]) -> str:
    """Why a rule did not judge: `not recorded: the ids, the status`."""
    return f"not recorded: {', '.join(sorted(parts))}"
