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

from antiphon_conformance.http.exchange import Exchange, MissingStepError, Trace
from antiphon_conformance.http.text import safe
from antiphon_conformance.requests.validity import has_unknown, is_invalid
from antiphon_conformance.rules.rule import EVERY, Finding, Rule, rules_for
from antiphon_conformance.rules.views import (
    INVALID,
    AnyReply,
    DocumentReply,
    ErrorReply,
    ResponseObject,
    ScenarioTrace,
    views,
)
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.dialect import Dialect
from antiphon_spec.profile import Profile, load_profile
from antiphon_spec.requirement import Requirement

MOST_FINDINGS = 20
"""How many findings of one rule about one subject are kept: a broken stream can fail at every event."""


@dataclass(slots=True)
class _Result:
    """The result of one rule in one scenario."""

    findings: list[Finding] = field(default_factory=list)
    missing: str = ""
    crash: str = ""
    applies: bool = False


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
        try:
            if when is not None and not when(view):
                return True
            findings = [*islice(self.rule.check(view), MOST_FINDINGS)]
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


def locate(exchange: Exchange, dialect: Dialect) -> Exchange:
    """The exchange as this dialect reads it: its path below the base URL, and its operation."""
    path = _below_base(exchange.request.path, dialect)
    match = dialect.document.match(exchange.request.method, path)
    request = exchange.request if path == exchange.request.path else replace(exchange.request, path=path)
    traits = exchange.traits | {"resumed"} if "starting_after=" in path else exchange.traits
    copy = replace(exchange, request=request, operation=match[0].id if match else None, traits=traits)
    return replace(copy, traits=traits | {INVALID}) if is_invalid(copy, dialect) else copy


def judge(
    traces: Iterable[Trace],
    dialect: Dialect,
    rules: Mapping[str, Rule] | None = None,
    profile: Profile | None = None,
) -> list[Record]:
    """One record for each rule and each scenario in which it applied; for other rules, one with the reason.

    Without `rules` they are those that the profile judges; without `profile` it is `compatible`.
    """
    copies = [_locate_episode(trace, dialect) for trace in traces]
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

    Rules over episodes need more than loose exchanges, so they do not run.
    """
    panel = _panel(dialect, rules, profile)
    for exchange in exchanges:
        copy = locate(exchange, dialect)
        _evaluate_exchange(panel, copy, copy.id)
    return [record for run in panel.runs for record in _lint_records(run, dialect)]


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


def _repeatable(view: AnyReply) -> bytes | None:
    """The bytes of a response object that a stream can repeat; None for any other subject."""
    if not isinstance(view, ResponseObject) or view.kind == "body":
        return None
    try:
        return orjson.dumps(view.object)
    except orjson.JSONEncodeError:  # integers beyond 64 bits
        return None


def _locate_episode(trace: Trace, dialect: Dialect) -> Trace:
    steps = {name: locate(exchange, dialect) for name, exchange in trace.exchanges.items()}
    return replace(trace, exchanges=steps)


def _below_base(path: str, dialect: Dialect) -> str:
    """`https://host/openai/v1/responses?x=y` -> `/responses?x=y`."""
    bare, question, query = path.partition("?")
    roots = {operation.path.split("/")[1] for operation in dialect.document.operations.values()}
    segments = bare.split("/")
    start = next((index for index, segment in enumerate(segments) if segment in roots), None)
    return path if start in (None, 1) else "/" + "/".join(segments[start:]) + question + query


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
    return Finding(
        safe(where),
        safe(finding.expected),
        safe(finding.actual),
        identity,
        finding.newer,
        requirement.model,
    )


def _last_line(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    file = last.filename.replace("\\", "/").rpartition("/")[2]
    return safe(f"{type(error).__name__}: {error} ({file}:{last.lineno})")


def _records(run: _RuleRun, dialect: Dialect, traces: Sequence[Trace]) -> Iterator[Record]:
    if not run.results:
        reason = _why_not_applied(run.rule, traces, dialect)
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
            return run.record(dialect, scenario, *_why_missing(trace, ""))
        outcome = Outcome.of_findings(result.findings, run.profile.weigh(run.requirement))
        return run.record(dialect, scenario, outcome, "", result.findings)
    if result.missing:
        return run.record(dialect, scenario, *_why_missing(trace, result.missing))
    return run.record(dialect, scenario, Outcome.PASSED)


def _is_all_about_the_probe(result: _Result, trace: Trace, dialect: Dialect) -> bool:
    """Whether every finding is about the error that showed that the target lacks an optional feature."""
    probe = _probe(trace, dialect) if trace.missing_feature else None
    return probe is not None and all(finding.exchange == probe.id for finding in result.findings)


def _lint_records(run: _RuleRun, dialect: Dialect) -> Iterator[Record]:
    clean = 0
    for identity, result in run.results.items():
        if result.findings or result.crash:
            yield _record(run, dialect, identity, result)
        elif result.applies:
            clean += 1
    if clean:
        exchanges = "exchange" if clean == 1 else "exchanges"
        yield run.record(dialect, "", Outcome.PASSED, f"nothing found in {clean} {exchanges}")


def _why_missing(trace: Trace | None, missing: str) -> tuple[Outcome, str]:
    """Why a step that a rule needs did not take place."""
    if trace is not None and trace.missing_feature:
        return Outcome.NOT_SUPPORTED, f"the target does not offer {trace.missing_feature}"
    if trace is None or not trace.stop_reason:
        return Outcome.UNTESTABLE, missing
    by_blame = {"suite": Outcome.BROKEN, "limit": Outcome.INCONCLUSIVE}
    return by_blame.get(trace.blame, Outcome.UNTESTABLE), missing


def _why_not_applied(rule: Rule, traces: Sequence[Trace], dialect: Dialect) -> tuple[Outcome, str]:
    """Why a rule never applied."""
    if rule.scenario not in (None, EVERY):
        return _why_no_scene(rule, traces)
    feature = _missing_feature(rule, traces, dialect)
    if feature:
        return Outcome.NOT_SUPPORTED, f"the target does not offer {feature}"
    if not any(exchange.reply for trace in traces for exchange in trace.exchanges.values()):
        return Outcome.UNTESTABLE, "not reached, because the target answered no request"
    note = f"not seen: {rule.needs or rule.summary}"
    needs_value = _first_stop(traces, "given")
    if needs_value:
        return Outcome.UNTESTABLE, safe(f"{note} ({needs_value})")
    limit = _first_stop(traces, "limit")
    return Outcome.INCONCLUSIVE, safe(f"{note} ({limit})") if limit else note


def _first_stop(traces: Sequence[Trace], blame: str) -> str:
    """Why the first episode stopped that ended early for this cause; empty when none did."""
    reasons = (trace.stop_reason for trace in traces if trace.blame == blame)
    return next(filter(None, reasons), "")


def _why_no_scene(rule: Rule, traces: Sequence[Trace]) -> tuple[Outcome, str]:
    trace = next((trace for trace in traces if trace.scenario == rule.scenario), None)
    if trace is None:
        return Outcome.UNTESTABLE, f"the scenario {rule.scenario} did not run"
    if trace.missing_feature or trace.stop_reason:
        return _why_missing(trace, safe(trace.stop_reason or ""))
    return Outcome.INCONCLUSIVE, f"not seen: {rule.needs or rule.summary}"


def _missing_feature(rule: Rule, traces: Sequence[Trace], dialect: Dialect) -> str | None:
    """The feature whose absence left a rule without a subject: it would have applied to the probe's error."""
    for trace in traces:
        probe = _probe(trace, dialect) if trace.missing_feature else None
        if probe is not None and _would_apply(rule, probe, dialect):
            return trace.missing_feature
    return None


def _probe(trace: Trace, dialect: Dialect) -> Exchange | None:
    """The request that showed that a feature is missing: one of its operation, else the last of all."""
    feature = dialect.features.get(trace.missing_feature or "")
    exchanges = trace.exchanges.values()
    errors = (exchange for exchange in exchanges if feature and not exchange.ok)
    probe = next(
        (exchange for exchange in errors if feature and exchange.operation == feature.operation), None
    )
    return probe or next(reversed(list(exchanges)), None)


def _would_apply(rule: Rule, probe: Exchange, dialect: Dialect) -> bool:
    if rule.when is None or rule.view not in (AnyReply, DocumentReply, ErrorReply) or probe.reply is None:
        return False
    try:
        return bool(rule.when(rule.view(probe, dialect)))
    except (LookupError, TypeError, ValueError, AttributeError):
        return False
