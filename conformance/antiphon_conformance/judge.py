"""The engine: rules and what was seen, in; records, out. It knows no network and no particular rule.

`judge` looks at the episodes of a run, where a rule that applied nowhere has to be accounted for; `lint`
looks at loose exchanges, where it only says what it found.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import orjson

from antiphon_conformance.exchange import Episode, Exchange, StepMissing
from antiphon_conformance.legality import has_unknown, is_wrong
from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.rule import EVERY, Finding, Rule, rules_for
from antiphon_conformance.subject import WRONG, Answered, Body, Refused, Scene, Snapshot, subjects
from antiphon_conformance.text import safe
from antiphon_spec.dialect import Dialect
from antiphon_spec.requirement import Requirement

MOST_FINDINGS = 20
"""How many findings of one rule about one subject are kept: a broken stream may break it at every event."""


@dataclass(slots=True)
class _Case:
    """What one rule had to say about one scenario."""

    findings: list[Finding] = field(default_factory=list)
    missing: str = ""
    broken: str = ""
    applied: bool = False


_SILENT = _Case(applied=True)
"""The case of each rule that applied and found nothing: most do, and all of them share it."""


@dataclass(frozen=True, slots=True)
class _Docket:
    """One rule, what it cites here, and its cases so far by scenario."""

    rule: Rule
    requirement: Requirement
    cited: tuple[str, ...]
    cases: dict[str, _Case] = field(default_factory=dict)

    def hear(self, subject: Any, scenario: str, exchanges: Mapping[str, Exchange]) -> bool:
        """Asks the rule about one subject. Whether there is nothing to say against it."""
        when = self.rule.when
        try:
            if when is not None and not when(subject):
                return True
            findings = [*islice(self.rule.check(subject), MOST_FINDINGS)]
        except StepMissing as missing:
            self._case(scenario).missing = safe(str(missing))
        except Exception as error:  # whatever a rule raises is our bug, never the target's
            self._case(scenario).broken = _last_line(error)
        else:
            if not findings:
                self.cases.setdefault(scenario, _SILENT).applied = True
                return True
            self._case(scenario).findings += (_located(finding, subject, exchanges) for finding in findings)
        return False

    def _case(self, scenario: str) -> _Case:
        """Where to note what the rule has to say, when it is not nothing."""
        found = self.cases.get(scenario)
        if found is None or found is _SILENT:
            found = self.cases[scenario] = _Case(applied=found is _SILENT)
        return found

    def record(
        self, dialect: Dialect, scenario: str, outcome: Outcome, note: str = "", found: Iterable[Finding] = ()
    ) -> Record:
        """The record of one scenario."""
        rule, requirement = self.rule.id, self.requirement
        return Record(
            rule,
            requirement.id,
            self.cited,
            requirement.level,
            dialect.name,
            scenario,
            outcome,
            tuple(found),
            note,
        )


@dataclass(frozen=True, slots=True)
class _Bench:
    """The rules of one dialect, sorted by what they look at."""

    dialect: Dialect
    dockets: Sequence[_Docket]
    by_subject: Mapping[type, Sequence[_Docket]]


def locate(exchange: Exchange, dialect: Dialect) -> Exchange:
    """The exchange as this dialect sees it: its path below the base URL, and the operation that it names."""
    path = _below_base(exchange.request.path, dialect)
    matched = dialect.document.match(exchange.request.method, path)
    request = exchange.request if path == exchange.request.path else replace(exchange.request, path=path)
    traits = exchange.traits | {"resumed"} if "starting_after=" in path else exchange.traits
    found = replace(exchange, request=request, operation=matched[0].id if matched else None, traits=traits)
    return replace(found, traits=traits | {WRONG}) if is_wrong(found, dialect) else found


def judge(
    episodes: Iterable[Episode], dialect: Dialect, rules: Mapping[str, Rule] | None = None
) -> list[Record]:
    """One record for each rule and each scenario in which it applied; one that says why, for other rules."""
    seen = [_placed_episode(episode, dialect) for episode in episodes]
    bench = _bench(dialect, rules)
    run = {episode.scenario: episode for episode in seen}
    for episode in seen:
        for exchange in episode.exchanges.values():
            _hear_exchange(bench, exchange, episode.scenario, on_purpose=True)
        scene = Scene(episode, dialect, run)
        for docket in bench.by_subject.get(Scene, ()):
            if docket.rule.scenario in (episode.scenario, EVERY):
                docket.hear(scene, episode.scenario, episode.exchanges)
    return [record for docket in bench.dockets for record in _records(docket, dialect, seen)]


def lint(
    exchanges: Iterable[Exchange], dialect: Dialect, rules: Mapping[str, Rule] | None = None
) -> list[Record]:
    """One record for each rule and each exchange in which it found something, and one for its clean ones.

    Rules over episodes need more than loose exchanges and stay silent.
    """
    bench = _bench(dialect, rules)
    for exchange in exchanges:
        found = locate(exchange, dialect)
        _hear_exchange(bench, found, found.id)
    return [record for docket in bench.dockets for record in _lint_records(docket, dialect)]


def _bench(dialect: Dialect, rules: Mapping[str, Rule] | None) -> _Bench:
    chosen = rules_for(dialect) if rules is None else rules
    dockets = [_docket(rule, dialect) for rule in chosen.values()]
    by_subject: dict[type, list[_Docket]] = {}
    for docket in dockets:
        by_subject.setdefault(docket.rule.subject, []).append(docket)
    return _Bench(dialect, dockets, by_subject)


def _docket(rule: Rule, dialect: Dialect) -> _Docket:
    cited = rule.requirements(dialect)
    strictest = rule.requirement(dialect) or next(iter(cited), None)
    if strictest is None:
        raise ValueError(f"rule {rule.id} cites nothing that holds in {dialect.name}")
    return _Docket(rule, strictest, tuple(row.id for row in cited))


def _hear_exchange(bench: _Bench, exchange: Exchange, scenario: str, *, on_purpose: bool = False) -> None:
    """Asks the rules about an exchange. A request that is wrong `on_purpose` is about its refusal only: what
    the answer of a server that took it looks like is a consequence.

    A stream repeats its response in most lifecycle events: when nothing was said against it, nothing is to be
    said against an equal one."""
    alone = {exchange.id: exchange}
    spotless: set[bytes | None] = set()
    taken = on_purpose and exchange.ok and _is_wrong(exchange, bench.dialect)
    for subject in (Answered(exchange, bench.dialect),) if taken else subjects(exchange, bench.dialect):
        content = _repeated(subject)
        if content in spotless:
            continue
        silent = [docket.hear(subject, scenario, alone) for docket in bench.by_subject.get(type(subject), ())]
        if content is not None and all(silent):
            spotless.add(content)


def _is_wrong(exchange: Exchange, dialect: Dialect) -> bool:
    operation, body = exchange.operation, exchange.request.body
    unknown = operation is not None and body is not None and has_unknown(dialect, operation, body)
    return unknown or WRONG in exchange.traits


def _repeated(subject: Answered) -> bytes | None:
    """A response object as a stream may repeat it; None for any other subject."""
    if not isinstance(subject, Snapshot) or subject.kind == "body":
        return None
    try:
        return orjson.dumps(subject.object)
    except orjson.JSONEncodeError:  # integers beyond 64 bits
        return None


def _placed_episode(episode: Episode, dialect: Dialect) -> Episode:
    steps = {name: locate(exchange, dialect) for name, exchange in episode.exchanges.items()}
    return replace(episode, exchanges=steps)


def _below_base(path: str, dialect: Dialect) -> str:
    """`https://host/openai/v1/responses?x=y` -> `/responses?x=y`."""
    plain, question, query = path.partition("?")
    roots = {operation.path.split("/")[1] for operation in dialect.document.operations.values()}
    segments = plain.split("/")
    start = next((index for index, segment in enumerate(segments) if segment in roots), None)
    return path if start in (None, 1) else "/" + "/".join(segments[start:]) + question + query


def _located(finding: Finding, subject: Any, exchanges: Mapping[str, Exchange]) -> Finding:
    """The finding with its exchange's id, fit to print whatever a hostile server called its members.

    A rule over an episode names a step, in `exchange` or before a dot.
    """
    where, identity = finding.where, finding.exchange
    if isinstance(subject, Answered):
        identity = subject.exchange.id
    elif identity in exchanges:
        identity = exchanges[identity].id
    else:
        step, dot, rest = where.partition(".")
        if not identity and dot and step in exchanges:
            where, identity = rest, exchanges[step].id
    return Finding(safe(where), safe(finding.expected), safe(finding.got), identity)


def _last_line(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    file = last.filename.replace("\\", "/").rpartition("/")[2]
    return safe(f"{type(error).__name__}: {error} ({file}:{last.lineno})")


def _records(docket: _Docket, dialect: Dialect, episodes: Sequence[Episode]) -> Iterator[Record]:
    if not docket.cases:
        scenario, why = docket.rule.scenario or "", _unheard(docket.rule, episodes, dialect)
        yield docket.record(dialect, scenario, *why)
    told = {episode.scenario: episode for episode in episodes}
    for scenario, case in docket.cases.items():
        yield _said(docket, dialect, scenario, case, told.get(scenario))


def _said(
    docket: _Docket, dialect: Dialect, scenario: str, case: _Case, episode: Episode | None = None
) -> Record:
    if case.broken:
        return docket.record(dialect, scenario, Outcome.BROKEN, case.broken, case.findings)
    if case.findings:
        if episode is not None and _is_all_about_the_probe(case, episode, dialect):
            return docket.record(dialect, scenario, *_missed(episode, ""))
        outcome = Outcome.of_findings(docket.requirement.severity)
        return docket.record(dialect, scenario, outcome, "", case.findings)
    if case.missing:
        return docket.record(dialect, scenario, *_missed(episode, case.missing))
    return docket.record(dialect, scenario, Outcome.PASSED)


def _is_all_about_the_probe(case: _Case, episode: Episode, dialect: Dialect) -> bool:
    """Whether all that was found is the refusal that showed that an optional feature is not offered."""
    probe = _probe(episode, dialect) if episode.missing_feature else None
    return probe is not None and all(finding.exchange == probe.id for finding in case.findings)


def _lint_records(docket: _Docket, dialect: Dialect) -> Iterator[Record]:
    clean = 0
    for identity, case in docket.cases.items():
        if case.findings or case.broken:
            yield _said(docket, dialect, identity, case)
        elif case.applied:
            clean += 1
    if clean:
        exchanges = "exchange" if clean == 1 else "exchanges"
        yield docket.record(dialect, "", Outcome.PASSED, f"nothing found in {clean} {exchanges}")


def _missed(episode: Episode | None, missing: str) -> tuple[Outcome, str]:
    """Why a step that a rule asked for is not there."""
    if episode is not None and episode.missing_feature:
        return Outcome.NOT_SUPPORTED, f"the target does not offer {episode.missing_feature}"
    if episode is None or not episode.stop_reason:
        return Outcome.UNTESTABLE, missing
    by_blame = {"suite": Outcome.BROKEN, "limit": Outcome.INCONCLUSIVE}
    return by_blame.get(episode.blame, Outcome.UNTESTABLE), missing


def _unheard(rule: Rule, episodes: Sequence[Episode], dialect: Dialect) -> tuple[Outcome, str]:
    """Why a rule never applied."""
    if rule.scenario not in (None, EVERY):
        return _unheard_scene(rule, episodes)
    lacking = _lacking(rule, episodes, dialect)
    if lacking:
        return Outcome.NOT_SUPPORTED, f"the target does not offer {lacking}"
    if not any(exchange.reply for episode in episodes for exchange in episode.exchanges.values()):
        return Outcome.UNTESTABLE, "not reached, because the target answered nothing"
    note = f"not seen: {rule.needs or rule.summary}"
    lacking = next((one.stop_reason for one in episodes if one.stop_reason and one.blame == "given"), "")
    if lacking:
        return Outcome.UNTESTABLE, safe(f"{note} ({lacking})")
    ours = next((one.stop_reason for one in episodes if one.stop_reason and one.blame == "limit"), "")
    return Outcome.INCONCLUSIVE, safe(f"{note} ({ours})") if ours else note


def _unheard_scene(rule: Rule, episodes: Sequence[Episode]) -> tuple[Outcome, str]:
    episode = next((episode for episode in episodes if episode.scenario == rule.scenario), None)
    if episode is None:
        return Outcome.UNTESTABLE, f"the scenario {rule.scenario} did not run"
    if episode.missing_feature or episode.stop_reason:
        return _missed(episode, safe(episode.stop_reason or ""))
    return Outcome.INCONCLUSIVE, f"not seen: {rule.needs or rule.summary}"


def _last(episode: Episode) -> Exchange | None:
    return next(reversed(list(episode.exchanges.values())), None)


def _lacking(rule: Rule, episodes: Sequence[Episode], dialect: Dialect) -> str | None:
    """The feature without which a rule had nothing to look at: it would have applied to the refused probe."""
    for episode in episodes:
        probe = _probe(episode, dialect) if episode.missing_feature else None
        if probe is not None and _would_apply(rule, probe, dialect):
            return episode.missing_feature
    return None


def _probe(episode: Episode, dialect: Dialect) -> Exchange | None:
    """The request that showed that a feature is missing: of its operation, or else the last of all."""
    feature = dialect.features.get(episode.missing_feature or "")
    named = [one for one in episode.exchanges.values() if feature and one.operation == feature.operation]
    return next((one for one in named if not one.ok), _last(episode))


def _would_apply(rule: Rule, probe: Exchange, dialect: Dialect) -> bool:
    if rule.when is None or rule.subject not in (Answered, Body, Refused) or probe.reply is None:
        return False
    try:
        return bool(rule.when(rule.subject(probe, dialect)))
    except (LookupError, TypeError, ValueError, AttributeError):
        return False
